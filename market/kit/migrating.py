"""Applying migrations without the library's repeated rendering of models."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tortoise.migrations.executor import MigrationExecutor, PlanStep
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddField, CreateModel, RunSQL
from tortoise.migrations.schema_generator.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tortoise.migrations.schema_editor.base import BaseSchemaEditor

ADDING = (CreateModel, AddField, RunSQL)
"""Operations that only add: what the tables were before is nothing to them."""


class Adding(Migration):
    """A migration of additions: the models are drawn once for each run of operations of one kind.

    tortoise-orm 1.1.9 draws all models anew before and after every single operation. With eighty
    tables that took longer than all the rest of a new market's first start.
    """

    async def apply(
        self,
        state: State,
        *,
        dry_run: bool = False,
        schema_editor: BaseSchemaEditor | None = None,
        collect_sql: bool = False,
    ) -> State:
        if collect_sql:
            return await super().apply(
                state, dry_run=dry_run, schema_editor=schema_editor, collect_sql=collect_sql
            )
        for _kind, run in groupby(self.operations, key=type):
            operations = list(run)
            drawing = Undrawn(state.models, state.apps)
            for operation in operations:
                operation.state_forward(self.app_label, drawing)
            if drawing.undrawn:
                state.reload_models(drawing.undrawn)
            if schema_editor is None or dry_run:
                continue
            for operation in operations:
                await operation.database_forward(self.app_label, state, state, schema_editor)
        state.validate_relations_initialized()
        return state


class Undrawn(State):
    """Collects which models the operations of a run want rendered, to render them once."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.undrawn: set[tuple[str, str]] = set()

    def reload_model(self, app_label: str, model_name: str) -> None:
        self.undrawn.add((app_label, model_name))

    def reload_models(self, model_tuples: Iterable[tuple[str, str]]) -> None:
        self.undrawn.update(model_tuples)


class Executor(MigrationExecutor):
    """Applies what a database lacks."""

    def _migration_plan(self, *args: Any) -> list[PlanStep]:
        return [
            PlanStep(_adding(step.migration), backward=False)
            if not step.backward
            and all(isinstance(operation, ADDING) for operation in step.migration.operations)
            else step
            for step in super()._migration_plan(*args)
        ]


def _adding(migration: Migration) -> Migration:
    adding = Adding(migration.name, migration.app_label)
    adding.operations = migration.operations
    adding.dependencies = migration.dependencies
    adding.atomic = migration.atomic
    return adding
