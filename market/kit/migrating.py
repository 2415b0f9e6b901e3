"""Applying migrations without the library's repeated rendering of every model."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tortoise.fields.relational import RelationalField
from tortoise.migrations.executor import MigrationExecutor, PlanStep
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import Operation
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tortoise.migrations.schema_editor.base import BaseSchemaEditor
    from tortoise.migrations.schema_generator.state import ModelState

    Key = tuple[str, str]


class Undrawn(State):
    """Follows what operations do to the models without rendering any."""

    def reload_model(self, app_label: str, model_name: str) -> None: ...

    def reload_models(self, model_tuples: Iterable[Key]) -> None: ...


class Sparing(Migration):
    """A migration that renders only the models it names.

    tortoise-orm 1.1.9 renders a model together with all that are related to it, which here are all of
    them, before and after each operation: most of a new market's first start.
    """

    async def apply(
        self,
        state: State,
        *,
        dry_run: bool = False,
        schema_editor: BaseSchemaEditor | None = None,
        collect_sql: bool = False,
    ) -> State:
        undrawn = Undrawn(state.models, state.apps)
        for _kind, run in groupby(self.operations, key=type):
            operations = list(run)
            names = {name for operation in operations if (name := _model_of(operation))}
            keys = [(self.app_label, name) for name in sorted(names)]
            is_written = schema_editor is not None and (collect_sql or not dry_run)
            before = _render(undrawn, keys) if is_written else undrawn
            for operation in operations:
                operation.state_forward(self.app_label, undrawn)
            if not is_written:
                continue
            after = _render(undrawn, keys)
            for operation in operations:
                await operation.database_forward(self.app_label, before, after, schema_editor)
        return state


def _model_of(operation: Operation) -> str | None:
    """Return the name of the model that an operation is about; None: it is about none, such as plain SQL."""
    return getattr(operation, "model_name", None) or getattr(operation, "name", None)


def _render(state: State, keys: Iterable[Key]) -> State:
    """Return a state in which the models of the keys can be asked for as classes.

    What they refer to is there too, with no more than the columns that they refer to.
    """
    models = {key: state.models[key].clone() for key in keys if key in state.models}
    waiting = list(models.values())
    while waiting:
        for key, target in _targets(state, waiting.pop()):
            if key not in models:
                models[key] = target
                waiting.append(target)
    apps = StateApps(dict(state.apps._default_connections), state.apps._connections)
    for (app_label, _name), model in models.items():
        apps.register_model(app_label, model.render(apps, deepcopy_fields=False))
    apps._init_relations()
    apps._build_initial_querysets()
    return State(models, apps)


def _targets(state: State, model: ModelState) -> Iterable[tuple[Key, ModelState]]:
    for field in model.fields.values():
        if isinstance(field, RelationalField):
            key = state.apps.split_reference(_reference(field))
            target = state.models[key]
            names = {target.pk_field_name, getattr(field, "to_field", None)}
            columns = {name: target.fields[name] for name in target.fields if name in names}
            yield key, replace(target, fields=columns, options=_plain(target.options)).clone()


def _reference(field: RelationalField[Any]) -> Any:
    return getattr(field, "model_name")  # noqa: B009  the library's base class does not declare it


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Leave out what names other columns."""
    return {
        name: value
        for name, value in options.items()
        if name not in ("indexes", "unique_together", "constraints")
    }


class Executor(MigrationExecutor):
    """Applies what a database lacks."""

    def _migration_plan(self, *args: Any) -> list[PlanStep]:
        nodes = self.loader.graph.nodes
        for key, migration in list(nodes.items()):
            if migration:
                nodes[key] = _sparing(migration)
        return super()._migration_plan(*args)


def _sparing(migration: Migration) -> Migration:
    sparing = Sparing(migration.name, migration.app_label)
    sparing.operations = migration.operations
    sparing.dependencies = migration.dependencies
    sparing.atomic = migration.atomic
    return sparing
