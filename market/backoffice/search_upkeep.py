"""How far the search engine is behind the database, and what the operator may do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from market.audit.log import record
from market.backoffice.permissions import BackofficeAct
from market.backoffice.verbs import JobVerb
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound, SearchUnavailable
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.listings.models import Need, Outcome
from market.records.by import By
from market.search import jobs, outbox, relay
from market.search.engine import SearchEngine, Tenancy
from market.search.indexes import INDEXES
from market.search.models import OutboxEntry

WORDS: Mapping[str, Lazy] = {
    "outcomes": lazy("成果"),
    "needs": lazy("需求"),
    "organisations": lazy("单位"),
    "brokers": lazy("经纪人"),
    "policies": lazy("政策"),
}
MOST = 50
"""Quarantined documents shown at once."""


@dataclass(frozen=True)
class Standing:
    """How one index stands. What only the engine knows is None while it is away."""

    index: str
    words: str
    expected: int
    waiting: int
    waiting_since: datetime | None
    quarantined: int
    documents: int | None = None
    differences: int | None = None


@dataclass(frozen=True)
class Held:
    """A document in quarantine, with the reason the engine gave."""

    id: int
    words: str
    """Of its index."""
    title: str
    """What people call it; its id where it is no listing."""
    reason: str
    asked_at: datetime


async def standings(search: SearchEngine) -> tuple[list[Standing], Tenancy | None]:
    """Return how each index that a room fills stands, and how we stand on the engine; None if it is away."""
    rows = []
    try:
        tenancy = await search.tenancy()
    except SearchUnavailable:
        tenancy = None
    for index in (name for name in INDEXES if outbox.source_of(name)):
        status = None
        if tenancy is not None:
            try:
                status = await relay.status(index, search=search)
            except SearchUnavailable:
                tenancy = None
        rows.append(_standing(status) if status else await _without_engine(index))
    return rows, tenancy


def drift_lines(tenancy: Tenancy) -> list[str]:
    """Return a line for each index whose settings somebody else changed, naming these."""
    return [
        _("%(index)s：%(names)s", index=WORDS[index], names=_("、").join(names))
        for index, names in tenancy.drift.items()
    ]


async def list_held() -> list[Held]:
    """Return the documents in quarantine, the oldest first."""
    entries = await OutboxEntry.filter(is_quarantined=True).order_by("id").limit(MOST)
    titles = await _titles([one.document_id for one in entries])
    return [
        Held(
            id=one.id,
            words=str(WORDS[one.index_name]),
            title=titles.get(one.document_id, str(one.document_id)),
            reason=one.error,
            asked_at=one.asked_at,
        )
        for one in entries
    ]


@atomic()
async def retry(entry_id: int, *, by: By) -> None:
    """Let the worker send a document in quarantine once more.

    Raises:
        Conflict: it is in quarantine no longer.
    """
    by.actor.require(BackofficeAct.RUN_JOBS)
    entry = await OutboxEntry.select_for_update().get_or_none(id=entry_id, is_quarantined=True)
    if entry is None:
        raise Conflict(_("这份文档已不在隔离中，请刷新后再看。"))
    await outbox.retry(entry_id)
    await record("job", UUID(int=entry_id), JobVerb.RETRY_DOCUMENT, by=by, index=entry.index_name)


@atomic()
async def rebuild(index: str, *, by: By) -> None:
    """Have the worker build an index anew; readers keep the old one until it is whole.

    Raises:
        NotFound: there is no such index, or no room fills it.
    """
    by.actor.require(BackofficeAct.RUN_JOBS)
    if outbox.source_of(index) is None:
        raise NotFound(_("没有这个索引。"))
    await jobs.enqueue_rebuild(index)
    await record("job", UUID(int=INDEXES.index(index)), JobVerb.REBUILD_INDEX, by=by, index=index)


def _standing(status: relay.Status) -> Standing:
    return Standing(
        index=status.index,
        words=str(WORDS[status.index]),
        expected=status.expected,
        waiting=status.pending,
        waiting_since=status.pending_since,
        quarantined=status.quarantined,
        documents=status.documents,
        differences=status.differences,
    )


async def _without_engine(index: str) -> Standing:
    source = outbox.source_of(index)
    return Standing(
        index=index,
        words=str(WORDS[index]),
        expected=len(await source.revisions()) if source else 0,
        waiting=await outbox.count_pending(index),
        waiting_since=await outbox.oldest_pending_at(index),
        quarantined=await OutboxEntry.filter(index_name=index, is_quarantined=True).count(),
    )


async def _titles(ids: Sequence[UUID]) -> dict[UUID, str]:
    found = [
        row
        for kind in (Outcome, Need)
        for row in await kind.filter(id__in=list(ids)).values_list("id", "number", "title")
    ]
    return {identity: f"{number} {title}" for identity, number, title in found}
