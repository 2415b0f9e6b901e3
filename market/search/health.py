"""Whether each index is this market's, whole and up to date; what is not is rebuilt, and said aloud.

A rebuild leaves a mark in the index that the database knows. An index without documents and an index that
was lost look alike but for it: after a loss the relay makes a new one, which has no mark.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from market.kit.errors import SearchUnavailable
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.models import SystemState
from market.search import outbox
from market.search.engine import KEEPS_APART, SearchEngine
from market.search.indexes import INDEXES
from market.search.relay import mark_of_market, rebuild, reconcile, unless_held

log = logging.getLogger("market")
INCIDENT = "search_incident:"
"""Key of the state that holds the last incident of an index."""
WATCH = "search:watch"
"""The advisory lock of whoever looks."""
SECOND_LOOK = 2.0
"""Seconds after which an index that differs is looked at again: its relay may just be at work."""


class IndexState(LabelEnum):
    """What is wrong with an index, from the gravest."""

    AWAY = "away", lazy("没有回应"), "wrong"
    FOREIGN = "foreign", lazy("不是本市场的索引"), "wrong"
    DAMAGED = "damaged", lazy("已损坏"), "wrong"
    LOST = "lost", lazy("已丢失"), "wrong"
    BEHIND = "behind", lazy("与数据库不一致"), "wait"
    OK = "ok", lazy("正常"), "done"


REBUILT = (IndexState.FOREIGN, IndexState.DAMAGED, IndexState.LOST)
"""States in which an index is rebuilt."""


@dataclass(frozen=True)
class Incident:
    """An index that was not ours or not whole, and is rebuilt since."""

    index: str
    state: IndexState
    seen_at: datetime
    documents: int
    """That it holds since the rebuild."""


async def index_state(index: str, *, search: SearchEngine) -> IndexState:
    """Compare an index with the database: its mark, and the number of its documents."""
    source = outbox.source_of(index)
    if source is None:
        return IndexState.OK
    try:
        mark, documents = await search.mark(index), await search.count(index)
    except SearchUnavailable as error:
        return IndexState.DAMAGED if error.is_damaged else IndexState.AWAY
    own = await mark_of_market()
    if mark not in (None, own, KEEPS_APART):
        return IndexState.FOREIGN
    expected, pending = len(await source.revisions()), await outbox.count_pending(index)
    if abs(documents - expected) <= pending:
        return IndexState.OK
    return IndexState.LOST if mark is None or not documents else IndexState.BEHIND


async def worst_state(*, search: SearchEngine) -> IndexState:
    """Return the gravest state of all indexes."""
    order = list(IndexState)
    states = [await index_state(index, search=search) for index in INDEXES]
    return min(states, key=order.index, default=IndexState.OK)


async def watch(*, search: SearchEngine, now: datetime, pause: float = SECOND_LOOK) -> dict[str, IndexState]:
    """Mend every index that is not whole, and return what was wrong with which.

    What is lost, foreign or damaged is rebuilt; what differs also on a second look is reconciled. A whole
    index without a mark, as releases before made them, is marked. Nothing is done while another process
    looks: a rebuild may last longer than the minute after which the next look is due.
    """
    async with unless_held(WATCH) as is_alone:
        return await _watch(search=search, now=now, pause=pause) if is_alone else {}


async def _watch(*, search: SearchEngine, now: datetime, pause: float) -> dict[str, IndexState]:
    states: dict[str, IndexState] = {}
    for index in INDEXES:
        state = await index_state(index, search=search)
        if state is IndexState.BEHIND:
            await asyncio.sleep(pause)
            state = await index_state(index, search=search)
        if state in REBUILT:
            log.error("search index is %s and is rebuilt", state.value, extra={"index": index})
            documents = await rebuild(index, search=search)
            value = {"state": state.value, "at": now.isoformat(), "documents": documents}
            await SystemState.update_or_create(key=INCIDENT + index, defaults={"value": value})
            log.warning("search index is rebuilt with %s documents", documents, extra={"index": index})
        elif state is IndexState.BEHIND:
            count = await reconcile(index, search=search)
            log.warning("search index differs in %s documents", count, extra={"index": index})
        elif state is IndexState.OK and outbox.source_of(index) and await search.mark(index) is None:
            await search.set_mark(index, await mark_of_market())
        if state is not IndexState.OK:
            states[index] = state
    return states


async def list_incidents(since: datetime) -> list[Incident]:
    """Return the last incident of each index since a moment, the newest first."""
    rows = await SystemState.filter(key__startswith=INCIDENT)
    incidents = [
        Incident(
            row.key.removeprefix(INCIDENT),
            IndexState(str(row.value["state"])),
            datetime.fromisoformat(str(row.value["at"])),
            int(str(row.value["documents"])),
        )
        for row in rows
    ]
    recent = [incident for incident in incidents if incident.seen_at >= since]
    return sorted(recent, key=lambda incident: incident.seen_at, reverse=True)
