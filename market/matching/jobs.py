"""Matching jobs.

They are enqueued by the relay, in the transaction in which it acknowledges outbox entries, so the index
already holds the listings to match. Rooms below need not enqueue them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from market.deps import Deps
from market.kit.jobs import enqueue, job
from market.matching.match_notices import send_digest
from market.matching.rematch import (
    LOCK,
    drop_suggestions,
    enqueue_full_rematch,
    load_progress,
    match_batch,
    rematch_need,
    rematch_outcome,
)
from market.matching.term_frequencies import count_terms
from market.search import outbox

MAX_SINGLE_REMATCHES = 20
"""Most changed listings that are matched one by one; beyond it a full rematch is enqueued."""
QUIET_PERIOD = timedelta(seconds=15)
"""Time without changes after which a full rematch starts."""


@job("matching.rematch_need")
async def match_need(deps: Deps, need_id: str) -> None:
    await rematch_need(UUID(need_id), search=deps.search, now=deps.clock())


@job("matching.rematch_outcome")
async def match_outcome(deps: Deps, outcome_id: str) -> None:
    await rematch_outcome(UUID(outcome_id), search=deps.search, now=deps.clock())


@job("matching.rematch_all")
async def match_all(deps: Deps) -> None:
    """Match a batch of needs and enqueue the next batch.

    Does nothing during an import, that is within the quiet period of the last request or while the outbox
    is long: the last request, or the relay, has enqueued a later run.
    """
    progress = await load_progress()
    if progress is None or datetime.now(UTC) < progress.not_before or await _is_far_behind():
        return
    if await match_batch(progress, search=deps.search, now=deps.clock()) is not None:
        await enqueue("matching.rematch_all", lock=LOCK)


@job("matching.nightly", cron="0 19 * * *")
async def nightly(deps: Deps) -> None:
    """Recount term frequencies and enqueue a full rematch, at 03:00 in Nanning."""
    await count_terms(deps.search)
    await enqueue_full_rematch()


@job("matching.digest", attempts=1, cron="5 0 * * *")
async def digest(deps: Deps) -> None:
    """Mail the new matches of the last day, at 08:05 in Nanning."""
    await send_digest(now=deps.clock())


async def outcomes_relayed(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
    """Enqueue matching of published outcomes and drop suggestions of removed ones."""
    await _relayed("outcome", published, removed)


async def needs_relayed(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
    """Enqueue matching of needs, likewise."""
    await _relayed("need", published, removed)


async def _relayed(kind: str, published: Sequence[UUID], removed: Sequence[UUID]) -> None:
    await drop_suggestions(kind, removed)
    if len(published) > MAX_SINGLE_REMATCHES:
        await enqueue_full_rematch(delay=QUIET_PERIOD)
        return
    for id_ in published:
        arguments: dict[str, Any] = {f"{kind}_id": id_}
        await enqueue(f"matching.rematch_{kind}", lock=f"match:{kind}:{id_}", **arguments)


async def _is_far_behind() -> bool:
    return any([await outbox.count_pending(index) > MAX_SINGLE_REMATCHES for index in ("outcomes", "needs")])
