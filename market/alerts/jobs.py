"""Alerts in the background: asked for by the relay, when readers of the index see what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from market.alerts.models import Frequency, SavedSearch
from market.alerts.records import LOADERS
from market.alerts.services import run_immediate
from market.deps import Deps
from market.kit.jobs import enqueue, job
from market.search.outbox import IndexListener


@job("alerts.immediate")
async def immediate(deps: Deps, scope: str) -> None:
    await run_immediate(scope, search=deps.search, secret=deps.settings.secret_key, now=deps.clock())


def _relayed(scope: str) -> IndexListener:
    async def relayed(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
        """Ask for the immediate alerts of this scope, if anybody wants any."""
        if published and await SavedSearch.exists(scope=scope, frequency=Frequency.IMMEDIATE):
            await enqueue("alerts.immediate", lock=f"alerts:{scope}", scope=scope)

    return relayed


LISTENERS: Mapping[str, IndexListener] = {scope: _relayed(scope) for scope in LOADERS}
"""After the relay of an index, send the immediate alerts that it concerns."""
