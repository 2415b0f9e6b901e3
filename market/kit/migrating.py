"""Applying migrations without the library's repeated rendering of models."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tortoise.migrations.executor import MigrationExecutor, PlanStep
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddField, CreateModel, RemoveField, RunSQL
from tortoise.migrations.schema_generator.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tortoise.fields import Field
    from tortoise.migrations.schema_editor.base import BaseSchemaEditor
    from tortoise.models import Model

PLAIN = (CreateModel, AddField, RemoveField, RunSQL)
"""Operations that need nothing of what the tables were before, but for a column that they take away."""


class Plain(Migration):
    """A migration of plain operations: the models are drawn once for each run of operations of one kind.

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
            columns = [
                _column(state, self.app_label, operation)
                for operation in operations
                if isinstance(operation, RemoveField)
            ]
            drawing = Undrawn(state.models, state.apps)
            for operation in operations:
                operation.state_forward(self.app_label, drawing)
            if drawing.undrawn:
                state.reload_models(drawing.undrawn)
            if schema_editor is None or dry_run:
                continue
            for model, field in columns:
                await schema_editor.remove_field(model, field)
            for operation in operations if not columns else ():
                await operation.database_forward(self.app_label, state, state, schema_editor)
        state.validate_relations_initialized()
        return state


def _column(state: State, app_label: str, operation: RemoveField) -> tuple[type[Model], Field[Any]]:
    """Return the model as it still is, and the field that the operation takes from it."""
    model = state.apps.get_model(f"{app_label}.{operation.model_name}")
    return model, model._meta.fields_map[operation.name]


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
        nodes = self.loader.graph.nodes
        for key, migration in list(nodes.items()):
            if migration and all(isinstance(operation, PLAIN) for operation in migration.operations):
                nodes[key] = _plain(migration)
        return super()._migration_plan(*args)


def _plain(migration: Migration) -> Migration:
    plain = Plain(migration.name, migration.app_label)
    plain.operations = migration.operations
    plain.dependencies = migration.dependencies
    plain.atomic = migration.atomic
    return plain
