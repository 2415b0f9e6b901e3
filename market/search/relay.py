"""Synchronisation of the index: relay of the outbox, rebuild, reconciliation with the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from market.kit.database import connection, dedicated_connection, in_transaction
from market.kit.errors import SearchUnavailable
from market.kit.memory import release_free_memory
from market.kit.models import SystemState
from market.kit.room import rooms
from market.search import outbox
from market.search.engine import Document, Rejected, SearchEngine
from market.search.listing_vectors import with_vectors
from market.search.models import OutboxEntry
from market.search.outbox import DocumentSource, PendingEntry

BATCH = 1000
MARK = "search_mark"
"""Key of the state that holds the mark of this market's indexes."""
TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS got"
PATIENCE = 60.0
"""Seconds to wait for another relay or rebuild of the same index."""
Progress = Callable[[int, int], None]
"""Called with the numbers done and in total."""


class NoDocumentSource(LookupError):
    """No room has registered documents for this index."""


async def relay(
    index: str, *, search: SearchEngine, on_progress: Progress = lambda count, total: None
) -> int:
    """Send all pending entries of an index and return how many they were.

    Raises:
        SearchUnavailable: the engine does not answer; what it did not confirm stays pending.
    """
    source = _source(index)
    count, after = 0, 0
    async with _exclusive(index):
        while entries := await outbox.pending(index, after=after, most=BATCH):
            await _send(index, source, entries, search)
            after = entries[-1].revision
            count += len(entries)
            if len(entries) == BATCH:
                await asyncio.to_thread(release_free_memory)
            on_progress(count, count + await outbox.count_pending(index))
    return count


async def rebuild(
    index: str, *, search: SearchEngine, on_progress: Progress = lambda done, total: None
) -> int:
    """Rebuild an index from the database and return the number of its documents.

    Readers keep the old index until the new one is swapped in; changes made meanwhile stay in the
    outbox and are relayed afterwards. An index without a source is left alone.
    """
    source = outbox.source_of(index)
    if source is None:
        return 0
    async with _exclusive(index):
        ids = list(await source.revisions())
        on_progress(0, len(ids))
        count = await search.rebuild(index, _documents(index, source, ids, on_progress))
        await search.set_mark(index, await mark_of_market())
        for hook in rooms().index_listeners(index):
            async with in_transaction():
                await hook(ids, [])
    await relay(index, search=search)
    return count


async def mark_of_market() -> str:
    """Return by what this market's indexes are known; made once and kept in the database."""
    state, _is_new = await SystemState.get_or_create(key=MARK, defaults={"value": {"mark": token_hex(8)}})
    return str(state.value["mark"])


@dataclass(frozen=True)
class Status:
    """How far an index is behind the database."""

    index: str
    documents: int
    """In the index."""
    expected: int
    pending: int
    pending_since: datetime | None
    quarantined: int
    differences: int
    """Documents that are missing, outdated or surplus, pending entries included."""


async def status(index: str, *, search: SearchEngine) -> Status:
    """Compare an index with the database."""
    source = outbox.source_of(index)
    indexed = await search.ids_and_revisions(index)
    expected = await source.revisions() if source else {}
    return Status(
        index=index,
        documents=len(indexed),
        expected=len(expected),
        pending=await outbox.count_pending(index),
        pending_since=await outbox.oldest_pending_at(index),
        quarantined=await OutboxEntry.filter(index_name=index, is_quarantined=True).count(),
        differences=len(_differences(expected, indexed)),
    )


async def reconcile(index: str, *, search: SearchEngine) -> int:
    """Enqueue every document in which index and database differ, and return how many."""
    expected = await _source(index).revisions()
    ids = _differences(expected, await search.ids_and_revisions(index))
    quarantined = await OutboxEntry.filter(index_name=index, is_quarantined=True).values_list(
        "document_id", flat=True
    )
    ids -= {UUID(str(id_)) for id_ in quarantined}
    await outbox.enqueue_many(index, ids)
    return len(ids)


def _differences(expected: dict[UUID, int], indexed: dict[UUID, int]) -> set[UUID]:
    return {id_ for id_ in expected.keys() | indexed.keys() if expected.get(id_) != indexed.get(id_)}


def _source(index: str) -> DocumentSource:
    source = outbox.source_of(index)
    if source is None:
        raise NoDocumentSource(index)
    return source


async def _send(
    index: str, source: DocumentSource, entries: Sequence[PendingEntry], search: SearchEngine
) -> None:
    current = await source.build([entry.document_id for entry in entries])
    public = [document for entry in entries if (document := current.get(entry.document_id))]
    embedded = {document["id"]: document for document in await with_vectors(index, public)}
    documents = {entry: embedded[entry.document_id] for entry in entries if entry.document_id in embedded}
    absent = [entry for entry in entries if entry not in documents]
    rejected = await _put_bisecting(index, documents, search)
    await search.delete(index, [entry.document_id for entry in (*absent, *rejected)])
    accepted = [entry for entry in entries if entry not in rejected]
    async with in_transaction():
        await outbox.acknowledge(index, accepted)
        for entry, reason in rejected.items():
            await outbox.quarantine(index, entry, reason)
        for hook in rooms().index_listeners(index):
            published = [entry.document_id for entry in documents if entry not in rejected]
            await hook(published, [entry.document_id for entry in (*absent, *rejected)])


async def _put_bisecting(
    index: str, documents: dict[PendingEntry, Document], search: SearchEngine
) -> dict[PendingEntry, str]:
    """Send documents; return the rejected ones with reasons, isolated by bisection."""
    try:
        await search.put(index, list(documents.values()))
    except Rejected as error:
        if len(documents) == 1:
            return dict.fromkeys(documents, str(error))
        entries = list(documents)
        half = len(entries) // 2
        first = await _put_bisecting(index, {entry: documents[entry] for entry in entries[:half]}, search)
        return first | await _put_bisecting(
            index, {entry: documents[entry] for entry in entries[half:]}, search
        )
    return {}


async def _documents(
    index: str, source: DocumentSource, ids: Sequence[UUID], on_progress: Progress
) -> AsyncIterator[Sequence[Document]]:
    for start in range(0, len(ids), BATCH):
        current = await source.build(ids[start : start + BATCH])
        yield await with_vectors(index, [document for document in current.values() if document])
        await asyncio.to_thread(release_free_memory)
        on_progress(min(start + BATCH, len(ids)), len(ids))


@asynccontextmanager
async def _exclusive(index: str) -> AsyncIterator[None]:
    """Hold the index's advisory lock: concurrent relays could send an older state after a newer one."""
    key = f"search:{index}"
    async with _connection() as lock:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not await _fetch_bool(lock, TRY_LOCK, key):
            if asyncio.get_running_loop().time() > deadline:
                raise SearchUnavailable(f"index {index} is being written by another process")
            await asyncio.sleep(0.05)
        try:
            yield
        finally:
            await _fetch_bool(lock, UNLOCK, key)


@asynccontextmanager
async def unless_held(name: str) -> AsyncIterator[bool]:
    """Hold an advisory lock where nobody holds it; yield whether it is held, without waiting."""
    async with _connection() as lock:
        is_held = await _fetch_bool(lock, TRY_LOCK, name)
        try:
            yield is_held
        finally:
            if is_held:
                await _fetch_bool(lock, UNLOCK, name)


@asynccontextmanager
async def _connection() -> AsyncIterator[Any]:
    """Yield a connection of its own for the lock, or the current one inside a transaction (of a test)."""
    client = connection()
    if isinstance(client, TransactionalDBClient):
        yield client
        return
    async with dedicated_connection() as own:
        yield own


async def _fetch_bool(lock: Any, sql: str, key: str) -> bool:
    if isinstance(lock, TransactionalDBClient):
        return bool((await lock.execute_query_dict(sql, [key]))[0]["got"])
    return bool(await lock.fetchval(sql, key))
