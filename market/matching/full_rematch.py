"""Full rematch of the market in batches, resumable: its progress is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from market.kit.database import atomic
from market.kit.jobs import enqueue
from market.kit.models import SystemState
from market.listings.models import Need
from market.listings.search import VISIBLE_NEEDS
from market.matching.models import Match
from market.matching.rematch import rematch_needs
from market.matching.scoring import WEIGHTS
from market.search.engine import SearchEngine
from market.search.indexes import WITH_VECTORS
from market.search.jobs import enqueue_embedding

BATCH = 50
"""Needs matched by one run of the job."""
LOCK = "matching.all"
KEY = "matching.all"
SCORER = "matching.scorer"
"""Key of the scorer version of the last full rematch."""


@dataclass(frozen=True)
class Progress:
    """Progress of a full rematch."""

    token: str
    """Changes with every request, which restarts the rematch."""
    after: UUID
    done: int
    not_before: datetime
    """In real time."""


@atomic()
async def enqueue_full_rematch(*, delay: timedelta = timedelta()) -> None:
    """Enqueue a full rematch from the beginning, after `delay`."""
    start = datetime.now(UTC) + delay
    progress = Progress(uuid4().hex, UUID(int=0), 0, start)
    await SystemState.update_or_create(key=KEY, defaults={"value": _to_json(progress)})
    await enqueue("matching.rematch_all", lock=LOCK, at=start + timedelta(seconds=1) if delay else None)


@atomic()
async def enqueue_full_rematch_if_scorer_changed() -> bool:
    """Enqueue a full rematch if matches were made by another scorer; return whether it was enqueued.

    Embedding of all listings is enqueued as well, which skips those that are up to date.
    """
    scorer = await SystemState.get_or_none(key=SCORER)
    if scorer is not None and scorer.value.get("version") == WEIGHTS.version:
        return False
    await SystemState.update_or_create(key=SCORER, defaults={"value": {"version": WEIGHTS.version}})
    for index in WITH_VECTORS:
        await enqueue_embedding(index, None)
    if not await Match.exclude(scorer_version=WEIGHTS.version).exists():
        return False
    await enqueue_full_rematch()
    return True


async def load_progress() -> Progress | None:
    """Load the progress of the full rematch, None if none is under way."""
    row = await SystemState.get_or_none(key=KEY)
    if row is None:
        return None
    stored = {name: str(value) for name, value in row.value.items()}
    return Progress(
        stored["token"],
        UUID(stored["after"]),
        int(stored["done"]),
        datetime.fromisoformat(stored["not_before"]),
    )


async def match_batch(progress: Progress, *, search: SearchEngine, now: datetime) -> Progress | None:
    """Match the next batch of needs. Return the progress after it, None when all are done."""
    ids = await _next_need_ids(progress.after)
    await rematch_needs(ids, search=search, now=now)
    if len(ids) < BATCH:
        await _save_progress(progress, None)
        return None
    after = Progress(progress.token, ids[-1], progress.done + len(ids), progress.not_before)
    await _save_progress(progress, after)
    return after


async def rematch_all(
    *, search: SearchEngine, now: datetime, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Match every need synchronously, for commands; return their number.

    Resumes a rematch that was interrupted.
    """
    if await load_progress() is None:
        await enqueue_full_rematch()
    total = await Need.filter(status__in=VISIBLE_NEEDS).count()
    progress = await load_progress()
    done = progress.done if progress else 0
    while progress is not None:
        on_progress(min(progress.done, total), total)
        done = progress.done
        progress = await match_batch(progress, search=search, now=now)
    on_progress(total, total)
    return max(total, done)


async def _next_need_ids(after: UUID) -> list[UUID]:
    rows = Need.filter(status__in=VISIBLE_NEEDS, id__gt=after).order_by("id").limit(BATCH)
    return [UUID(str(id_)) for id_ in await rows.values_list("id", flat=True)]


@atomic()
async def _save_progress(before: Progress, after: Progress | None) -> None:
    """Save the progress, unless the rematch was requested again meanwhile."""
    row = await SystemState.select_for_update().get_or_none(key=KEY)
    if row is None or row.value.get("token") != before.token:
        return
    if after is None:
        await row.delete()
    else:
        row.value = _to_json(after)
        await row.save(update_fields=["value"])


def _to_json(progress: Progress) -> dict[str, object]:
    return {
        "token": progress.token,
        "after": str(progress.after),
        "done": progress.done,
        "not_before": progress.not_before.isoformat(),
    }
