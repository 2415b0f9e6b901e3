"""Matching the whole market, batch by batch. Where it stands is kept, so that it can go on later."""

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
"""Where the version of the scorer is kept that the market was last matched by."""


@dataclass(frozen=True)
class Wish:
    """Somebody wants everything matched; how far that is."""

    token: str
    """Another wish has another token, and then all begins anew."""
    after: UUID
    done: int
    not_before: datetime
    """In real time."""


@atomic()
async def ask_rematch_all(*, delay: timedelta = timedelta()) -> None:
    """Have every need matched against the whole market, from the beginning, after `delay`."""
    start = datetime.now(UTC) + delay
    wish = Wish(uuid4().hex, UUID(int=0), 0, start)
    await SystemState.update_or_create(key=KEY, defaults={"value": _packed(wish)})
    await enqueue("matching.rematch_all", lock=LOCK, at=start + timedelta(seconds=1) if delay else None)


@atomic()
async def ask_rematch_if_new_scorer() -> bool:
    """Have everything matched again when matches were made by another scorer; tell whether that is so.

    What models read is read again as well, if it is kept otherwise than before.
    """
    known = await SystemState.get_or_none(key=SCORER)
    if known is not None and known.value.get("version") == WEIGHTS.version:
        return False
    await SystemState.update_or_create(key=SCORER, defaults={"value": {"version": WEIGHTS.version}})
    for index in WITH_VECTORS:
        await enqueue_embedding(index, None)
    if not await Match.exclude(scorer_version=WEIGHTS.version).exists():
        return False
    await ask_rematch_all()
    return True


async def find_wish() -> Wish | None:
    """Return how far the matching of everything is, None if nobody waits for it."""
    row = await SystemState.get_or_none(key=KEY)
    if row is None:
        return None
    kept = {name: str(one) for name, one in row.value.items()}
    return Wish(
        kept["token"], UUID(kept["after"]), int(kept["done"]), datetime.fromisoformat(kept["not_before"])
    )


async def match_batch(wish: Wish, *, search: SearchEngine, now: datetime) -> Wish | None:
    """Match the next needs. Return how far it is then, None when all are done."""
    ids = await _next_needs(wish.after)
    await rematch_needs(ids, search=search, now=now)
    if len(ids) < BATCH:
        await _settle(wish, None)
        return None
    further = Wish(wish.token, ids[-1], wish.done + len(ids), wish.not_before)
    await _settle(wish, further)
    return further


async def rematch_all(
    *, search: SearchEngine, now: datetime, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Match every need here and now, for commands; return how many needs that were.

    Killed half-way it goes on where it stood.
    """
    if await find_wish() is None:
        await ask_rematch_all()
    total = await Need.filter(status__in=VISIBLE_NEEDS).count()
    wish = await find_wish()
    done = wish.done if wish else 0
    while wish is not None:
        on_progress(min(wish.done, total), total)
        done = wish.done
        wish = await match_batch(wish, search=search, now=now)
    on_progress(total, total)
    return max(total, done)


async def _next_needs(after: UUID) -> list[UUID]:
    found = Need.filter(status__in=VISIBLE_NEEDS, id__gt=after).order_by("id").limit(BATCH)
    return [UUID(str(one)) for one in await found.values_list("id", flat=True)]


@atomic()
async def _settle(wish: Wish, further: Wish | None) -> None:
    """Write how far it is, unless somebody asked anew meanwhile."""
    row = await SystemState.select_for_update().get_or_none(key=KEY)
    if row is None or row.value.get("token") != wish.token:
        return
    if further is None:
        await row.delete()
    else:
        row.value = _packed(further)
        await row.save(update_fields=["value"])


def _packed(wish: Wish) -> dict[str, object]:
    return {
        "token": wish.token,
        "after": str(wish.after),
        "done": wish.done,
        "not_before": wish.not_before.isoformat(),
    }
