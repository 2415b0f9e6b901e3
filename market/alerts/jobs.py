"""The job of immediate alerts, enqueued by the relay once new documents are searchable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from market.alerts.models import SavedSearch
from market.alerts.saved_searches import LOADERS, run_immediate
from market.alerts.states import Frequency
from market.deps import Deps
from market.kit.jobs import enqueue, job
from market.search.outbox import IndexListener


@job("alerts.immediate")
async def immediate(deps: Deps, scope: str) -> None:
    await run_immediate(scope, search=deps.search, secret=deps.settings.secret_key, now=deps.clock())


def _listener(scope: str) -> IndexListener:
    async def enqueue_alerts(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
        """Enqueue the immediate alerts of this scope, if there is a subscriber."""
        if published and await SavedSearch.exists(scope=scope, frequency=Frequency.IMMEDIATE):
            await enqueue("alerts.immediate", lock=f"alerts:{scope}", scope=scope)

    return enqueue_alerts


LISTENERS: Mapping[str, IndexListener] = {scope: _listener(scope) for scope in LOADERS}
"""Index listeners by scope: after a relay they enqueue the immediate alerts."""
