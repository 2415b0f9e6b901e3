"""Transactional outbox of the search index.

A service enqueues an entry for each changed document in its own transaction. The relay sends the current
state and deletes the entry when the engine has confirmed that very revision.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from market.kit import jobs
from market.kit.database import atomic, connection
from market.kit.room import rooms
from market.search.engine import Document
from market.search.indexes import INDEXES
from market.search.models import OutboxEntry

Builder = Callable[[Sequence[UUID]], Awaitable[dict[UUID, Document | None]]]
"""Builds the current public documents of these ids; None or absent: not searchable."""
Revisions = Callable[[], Awaitable[dict[UUID, int]]]
"""Returns id and revision of all searchable records."""
IndexListener = Callable[[Sequence[UUID], Sequence[UUID]], Awaitable[None]]
"""Called with published and removed ids after a relay, in its transaction; may only enqueue jobs."""
DocumentFacts = Callable[[Sequence[Any]], Awaitable[Mapping[UUID, Mapping[str, Any]]]]
"""Returns, by record, public facts that a room above adds to documents. Takes public records with their
organisations. A writer of such a fact enqueues the document again."""


@dataclass(frozen=True)
class DocumentSource:
    """The functions that provide the documents of an index."""

    build: Builder
    revisions: Revisions


@dataclass(frozen=True)
class PendingEntry:
    """A pending outbox entry."""

    document_id: UUID
    revision: int


def source_of(index: str) -> DocumentSource | None:
    """Return the source of an index, if any room declares one."""
    return rooms().documents.get(index)


async def enqueue(index: str, document_id: UUID) -> None:
    """Enqueue an entry for one document, relayed after this transaction commits."""
    await enqueue_many(index, [document_id])


@atomic()
async def enqueue_many(index: str, document_ids: Collection[UUID]) -> None:
    """Enqueue entries for many documents and one relay job."""
    if index not in INDEXES:
        raise ValueError(f"no index {index}")
    if not document_ids:
        return
    # Rows are locked in one order, so that concurrent writers do not deadlock. Revisions come from a
    # sequence: a re-inserted row gets a new one.
    await connection().execute_query(
        "INSERT INTO search_outbox "
        "(index_name, document_id, revision, attempts, error, is_quarantined, asked_at) "
        "SELECT $1, id, nextval('search_outbox_id_seq'), 0, '', false, clock_timestamp() "
        "FROM (SELECT DISTINCT unnest($2::uuid[]) AS id ORDER BY 1) AS ids "
        "ON CONFLICT (index_name, document_id) DO UPDATE SET revision = excluded.revision, "
        "attempts = 0, error = '', is_quarantined = false",
        [index, list(document_ids)],
    )
    await schedule_relay(index)


async def schedule_relay(index: str) -> None:
    """Enqueue the relay job of an index."""
    await jobs.enqueue("search.relay", lock=f"search:{index}", index=index)


async def pending(index: str, *, after: int = 0, most: int = 2000) -> list[PendingEntry]:
    """Return pending entries by revision, without quarantined ones."""
    rows = (
        await OutboxEntry.filter(index_name=index, is_quarantined=False, revision__gt=after)
        .order_by("revision")
        .limit(most)
        .values_list("document_id", "revision")
    )
    return [PendingEntry(*row) for row in rows]


async def count_pending(index: str) -> int:
    """Return the number of pending entries."""
    return await OutboxEntry.filter(index_name=index, is_quarantined=False).count()


async def oldest_pending_at(index: str) -> datetime | None:
    """Return when the oldest pending entry was enqueued, in real time."""
    first = await OutboxEntry.filter(index_name=index, is_quarantined=False).order_by("asked_at").first()
    return first.asked_at if first else None


async def indexes_with_pending() -> list[str]:
    """Return the indexes that have pending entries."""
    names = await OutboxEntry.filter(is_quarantined=False).distinct().values_list("index_name", flat=True)
    return [str(index) for index in names]


async def acknowledge(index: str, entries: Sequence[PendingEntry]) -> None:
    """Delete entries whose revision has not changed since; skip rows locked by others."""
    await connection().execute_query(
        "DELETE FROM search_outbox WHERE id IN (SELECT o.id FROM search_outbox o "
        "JOIN unnest($2::uuid[], $3::bigint[]) AS sent(document_id, revision) "
        "ON o.document_id = sent.document_id AND o.revision = sent.revision "
        "WHERE o.index_name = $1 FOR UPDATE OF o SKIP LOCKED)",
        [index, [entry.document_id for entry in entries], [entry.revision for entry in entries]],
    )


async def quarantine(index: str, entry: PendingEntry, reason: str) -> None:
    """Quarantine an entry that the engine rejects, until its document changes again."""
    await OutboxEntry.filter(index_name=index, document_id=entry.document_id, revision=entry.revision).update(
        is_quarantined=True, error=reason[:1000]
    )


async def retry(entry_id: int) -> None:
    """Retry a quarantined entry."""
    entry = await OutboxEntry.get_or_none(id=entry_id, is_quarantined=True)
    if entry:
        await enqueue(entry.index_name, entry.document_id)
