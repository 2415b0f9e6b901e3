"""Work of the search room: the relay, its safety nets, and rebuilding."""

from __future__ import annotations

from market.deps import Deps
from market.kit.jobs import enqueue, job
from market.search import outbox
from market.search.indexes import INDEXES
from market.search.relay import rebuild, reconcile, relay


@job("search.relay", attempts=20)
async def relay_index(deps: Deps, index: str) -> None:
    """Send what waits for an index. With the engine away it is tried again, ever less often."""
    if outbox.source_of(index):
        await relay(index, search=deps.search)


@job("search.sweep", cron="* * * * *")
async def sweep(deps: Deps) -> None:
    """Wake the relay of every index that is behind, such as after the engine was away for long."""
    for index in await outbox.indexes_behind():
        await outbox.wake(index)


@job("search.reconcile", cron="30 18 * * *")
async def reconcile_all(deps: Deps) -> None:
    """Compare every index with the database, nightly (02:30 in Nanning)."""
    for index in INDEXES:
        if outbox.source_of(index):
            await reconcile(index, search=deps.search)


@job("search.rebuild", attempts=3)
async def rebuild_index(deps: Deps, index: str) -> None:
    await rebuild(index, search=deps.search)


async def ask_rebuild(index: str) -> None:
    """Have the worker build an index anew."""
    await enqueue("search.rebuild", lock=f"search:{index}", index=index)
