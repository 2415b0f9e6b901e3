"""Work of the search room: the relay, its safety nets, and rebuilding."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from market.deps import Deps
from market.kit.jobs import enqueue, job
from market.search import outbox
from market.search.indexes import INDEXES, WITH_VECTORS
from market.search.outbox import Hook
from market.search.relay import rebuild, reconcile, relay
from market.search.vectors import make_vectors

FEW = 100
"""Up to so many changed listings are named to the job that reads them; more, and it looks at all."""


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


@job("search.read", attempts=20)
async def read_listings(deps: Deps, index: str, ids: Sequence[str] | None = None) -> None:
    """Have the models read listings that are new or changed, all that there are if none are named."""
    source = outbox.source_of(index)
    if source is None or not deps.embedders:
        return
    asked = await source.everything() if ids is None else [UUID(one) for one in ids]
    await make_vectors(index, asked, embedders=deps.embedders)


@job("search.read_all", cron="0 18 * * *")
async def read_all(deps: Deps) -> None:
    """Have every listing read that a model does not know, nightly (02:00 in Nanning)."""
    for index in WITH_VECTORS:
        await ask_reading(index, None)


async def ask_reading(index: str, ids: Sequence[UUID] | None) -> None:
    """Have listings read in the background; None means all."""
    named = None if ids is None or len(ids) > FEW else [str(one) for one in ids]
    await enqueue("search.read", lock=f"search.read:{index}", index=index, ids=named)


def _reading(index: str) -> Hook:
    async def relayed(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
        if published:
            await ask_reading(index, published)

    return relayed


for _index in WITH_VECTORS:
    outbox.after_relay(_index, _reading(_index))
