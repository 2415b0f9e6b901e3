"""Matching in the background.

Relay first, then matching: these jobs are asked for by the relay itself, in the transaction in which
it takes its wishes away, so the index already holds what is to be matched. Rooms below need not ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from market.deps import Deps
from market.kit.jobs import enqueue, job
from market.matching.everything import LOCK, ask_rematch_all, find_wish, match_batch
from market.matching.frequencies import count_terms
from market.matching.rematch import drop_suggestions, rematch_need, rematch_outcome
from market.search import outbox

FEW = 20
"""Up to so many changed listings are matched one by one; more, and the whole market is."""
SETTLED = timedelta(seconds=15)
"""How long an import must have been quiet before the whole market is matched."""


@job("matching.rematch_need")
async def match_need(deps: Deps, need_id: str) -> None:
    await rematch_need(UUID(need_id), search=deps.search, now=deps.clock())


@job("matching.rematch_outcome")
async def match_outcome(deps: Deps, outcome_id: str) -> None:
    await rematch_outcome(UUID(outcome_id), search=deps.search, now=deps.clock())


@job("matching.rematch_all")
async def match_all(deps: Deps) -> None:
    """Match a batch of needs against the whole market and ask for the next batch.

    Waits for an import to end: nothing is done while it was asked for again lately or while the
    index is far behind; whoever asked last, or the relay, has asked for a later run.
    """
    wish = await find_wish()
    if wish is None or datetime.now(UTC) < wish.not_before or await _is_far_behind():
        return
    if await match_batch(wish, search=deps.search, now=deps.clock()) is not None:
        await enqueue("matching.rematch_all", lock=LOCK)


@job("matching.nightly", cron="0 19 * * *")
async def nightly(deps: Deps) -> None:
    """Count the terms anew and match everything, at 03:00 in Nanning."""
    await count_terms(deps.search)
    await ask_rematch_all()


async def outcomes_relayed(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
    """Have outcomes matched that readers now find, or no longer."""
    await _relayed("outcome", published, removed)


async def needs_relayed(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
    """Have needs matched, likewise."""
    await _relayed("need", published, removed)


async def _relayed(kind: str, published: Sequence[UUID], removed: Sequence[UUID]) -> None:
    await drop_suggestions(kind, removed)
    if len(published) > FEW:
        await ask_rematch_all(delay=SETTLED)
        return
    for one in published:
        arguments: dict[str, Any] = {f"{kind}_id": one}
        await enqueue(f"matching.rematch_{kind}", lock=f"match:{kind}:{one}", **arguments)


async def _is_far_behind() -> bool:
    return any([await outbox.count_pending(index) > FEW for index in ("outcomes", "needs")])
