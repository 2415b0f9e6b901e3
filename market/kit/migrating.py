"""Applying migrations, without what makes the library slow on many tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.schema_generator.state import State

if TYPE_CHECKING:
    from tortoise.migrations.graph import MigrationKey
    from tortoise.migrations.schema_generator.state import ModelState
    from tortoise.migrations.schema_generator.state_apps import StateApps


class LazyState(State):
    """What the tables looked like at one moment; the models are drawn when somebody asks.

    tortoise-orm 1.1.9 draws all models anew before each operation, for those operations that look
    at what was before. Few do, and with fifty tables it was eight of the ten seconds of a new
    market's migrations.
    """

    def __init__(self, models: dict[tuple[str, str], ModelState], origin: StateApps) -> None:
        self.models = models
        self._origin = origin
        self._drawn: StateApps | None = None

    @property
    def apps(self) -> StateApps:  # type: ignore[override]
        if self._drawn is None:
            self._drawn = self._origin.clone(model_states=self.models)
        return self._drawn

    def clone(self) -> LazyState:
        return LazyState({key: model.clone() for key, model in self.models.items()}, self._origin)


class Executor(MigrationExecutor):
    """Applies what a database lacks."""

    async def _project_state(self, applied: set[MigrationKey], **limits: Any) -> State:
        state = await super()._project_state(applied, **limits)
        return LazyState(state.models, state.apps)
