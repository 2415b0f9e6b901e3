"""What the index still has to learn.

A service that changes what may be found says so here, in its own transaction; the relay then sends
the current state and takes the wish away when the engine has confirmed that very revision.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from market.kit import jobs
from market.kit.database import atomic, connection
from market.search.engine import Document
from market.search.indexes import INDEXES
from market.search.models import OutboxEntry

Builder = Callable[[Sequence[UUID]], Awaitable[dict[UUID, Document | None]]]
"""Loads the public documents of these ids as they are now; None or left out: not to be found."""
Everything = Callable[[], Awaitable[dict[UUID, int]]]
"""Returns id and revision of all that should be found."""
Hook = Callable[[Sequence[UUID], Sequence[UUID]], Awaitable[None]]
"""Told which documents readers now find, and which no longer. Runs in a transaction: only asks for jobs."""


@dataclass(frozen=True)
class Source:
    """Where the documents of an index come from."""

    build: Builder
    everything: Everything


@dataclass(frozen=True)
class Entry:
    """One wish as the relay read it."""

    document_id: UUID
    revision: int


_sources: dict[str, Source] = {}
_hooks: dict[str, list[Hook]] = {}


def register_documents(index: str, build: Builder, everything: Everything) -> None:
    """Say which functions make the documents of an index. Called by a room when it is imported."""
    _sources[index] = Source(build, everything)


def after_relay(index: str, hook: Hook) -> None:
    """Have `hook` told of every change that readers of the index now see."""
    _hooks.setdefault(index, []).append(hook)


def source_of(index: str) -> Source | None:
    """Return where the documents of an index come from, if any room registered itself."""
    return _sources.get(index)


def hooks_of(index: str) -> Sequence[Hook]:
    return tuple(_hooks.get(index, ()))


async def changed(index: str, document_id: UUID) -> None:
    """Have the copy of one document in the index brought up to date, once this transaction is done."""
    await changed_many(index, [document_id])


@atomic()
async def changed_many(index: str, document_ids: Collection[UUID]) -> None:
    """Have many documents brought up to date, by one job."""
    if index not in INDEXES:
        raise ValueError(f"no index {index}")
    if not document_ids:
        return
    # Rows are taken in one order, so that two who change the same documents do not lock each other
    # out. The revision comes from a sequence: a row that was removed and came back is another wish.
    await connection().execute_query(
        "INSERT INTO search_outbox "
        "(index_name, document_id, revision, attempts, error, is_quarantined, asked_at) "
        "SELECT $1, id, nextval('search_outbox_id_seq'), 0, '', false, clock_timestamp() "
        "FROM (SELECT DISTINCT unnest($2::uuid[]) AS id ORDER BY 1) AS ids "
        "ON CONFLICT (index_name, document_id) DO UPDATE SET revision = excluded.revision, "
        "attempts = 0, error = '', is_quarantined = false",
        [index, list(document_ids)],
    )
    await wake(index)


async def wake(index: str) -> None:
    """Ask for the relay of an index."""
    await jobs.enqueue("search.relay", lock=f"search:{index}", index=index)


async def waiting(index: str, *, after: int = 0, most: int = 2000) -> list[Entry]:
    """Return wishes in the order they were made, without those in quarantine."""
    rows = (
        await OutboxEntry.filter(index_name=index, is_quarantined=False, revision__gt=after)
        .order_by("revision")
        .limit(most)
        .values_list("document_id", "revision")
    )
    return [Entry(*row) for row in rows]


async def count_waiting(index: str) -> int:
    """Return how many documents the index is behind."""
    return await OutboxEntry.filter(index_name=index, is_quarantined=False).count()


async def oldest_wish(index: str) -> datetime | None:
    """Return since when the index is behind, in real time."""
    first = await OutboxEntry.filter(index_name=index, is_quarantined=False).order_by("asked_at").first()
    return first.asked_at if first else None


async def indexes_behind() -> list[str]:
    """Return the indexes that have wishes waiting."""
    found = await OutboxEntry.filter(is_quarantined=False).distinct().values_list("index_name", flat=True)
    return [str(index) for index in found]


async def forget(index: str, entries: Sequence[Entry]) -> None:
    """Take the wishes away that have not grown since; rows that somebody is just changing stay."""
    await connection().execute_query(
        "DELETE FROM search_outbox WHERE id IN (SELECT o.id FROM search_outbox o "
        "JOIN unnest($2::uuid[], $3::bigint[]) AS sent(document_id, revision) "
        "ON o.document_id = sent.document_id AND o.revision = sent.revision "
        "WHERE o.index_name = $1 FOR UPDATE OF o SKIP LOCKED)",
        [index, [one.document_id for one in entries], [one.revision for one in entries]],
    )


async def quarantine(index: str, entry: Entry, reason: str) -> None:
    """Set a document aside that the engine will never take, until it is changed again."""
    await OutboxEntry.filter(index_name=index, document_id=entry.document_id, revision=entry.revision).update(
        is_quarantined=True, error=reason[:1000]
    )


async def release(entry_id: int) -> None:
    """Try a document in quarantine once more."""
    entry = await OutboxEntry.get_or_none(id=entry_id, is_quarantined=True)
    if entry:
        await changed(entry.index_name, entry.document_id)
