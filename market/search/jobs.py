"""Jobs of the search room: relay, sweep, reconciliation, rebuild, embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from market.deps import Deps
from market.kit.jobs import enqueue, job
from market.search import outbox
from market.search.health import watch
from market.search.indexes import INDEXES, WITH_VECTORS
from market.search.listing_vectors import make_vectors
from market.search.outbox import IndexListener
from market.search.relay import rebuild, reconcile, relay

MAX_NAMED = 100
"""Most listings named in an embedding job; beyond it the job checks all."""


@job("search.relay", attempts=20, longest_wait=30)
async def relay_index(deps: Deps, index: str) -> None:
    """Relay the outbox of an index; retried with backoff while the engine is unavailable.

    All relays of an index wait for the first in line, so it never rests long.
    """
    if outbox.source_of(index):
        await relay(index, search=deps.search)


@job("search.sweep", cron="* * * * *")
async def sweep(deps: Deps) -> None:
    """Enqueue the relay of every index with pending entries, such as after a long outage."""
    for index in await outbox.indexes_with_pending():
        await outbox.schedule_relay(index)


@job("search.reconcile", cron="30 18 * * *")
async def reconcile_all(deps: Deps) -> None:
    """Reconcile every index with the database, nightly (02:30 in Nanning)."""
    for index in INDEXES:
        if outbox.source_of(index):
            await reconcile(index, search=deps.search)


@job("search.watch", cron="* * * * *", attempts=1)
async def watch_indexes(deps: Deps) -> None:
    """Look every minute whether each index is this market's and whole; mend what is not."""
    await watch(search=deps.search, now=datetime.now(UTC))


@job("search.rebuild", attempts=3)
async def rebuild_index(deps: Deps, index: str) -> None:
    await rebuild(index, search=deps.search)


async def enqueue_rebuild(index: str) -> None:
    """Enqueue the rebuild of an index."""
    await enqueue("search.rebuild", lock=f"search:{index}", index=index)


@job("search.read", attempts=20)
async def embed_listings(deps: Deps, index: str, ids: Sequence[str] | None = None) -> None:
    """Embed new and changed listings, all if none are named."""
    source = outbox.source_of(index)
    if source is None or not deps.embedders:
        return
    listing_ids = await source.revisions() if ids is None else [UUID(id_) for id_ in ids]
    await make_vectors(index, listing_ids, embedders=deps.embedders)


@job("search.read_all", cron="0 18 * * *")
async def embed_all(deps: Deps) -> None:
    """Enqueue embedding of all listings without a current vector, nightly (02:00 in Nanning)."""
    for index in WITH_VECTORS:
        await enqueue_embedding(index, None)


async def enqueue_embedding(index: str, ids: Sequence[UUID] | None) -> None:
    """Enqueue embedding of listings; None means all."""
    names = None if ids is None or len(ids) > MAX_NAMED else [str(id_) for id_ in ids]
    await enqueue("search.read", lock=f"search.read:{index}", index=index, ids=names)


def _embedding_hook(index: str) -> IndexListener:
    async def relayed(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
        if published:
            await enqueue_embedding(index, published)

    return relayed


LISTENERS: Mapping[str, IndexListener] = {index: _embedding_hook(index) for index in WITH_VECTORS}
"""After the relay of an index, enqueue embedding of what was published."""
