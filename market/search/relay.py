"""Bringing the index up to date: what waits in the outbox, a whole rebuild, and comparing the two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from market.kit.database import connection, in_transaction, own_session
from market.kit.errors import SearchUnavailable
from market.search import outbox
from market.search.engine import Document, Refused, SearchEngine
from market.search.models import OutboxEntry
from market.search.outbox import Entry, Source
from market.search.vectors import with_vectors

BATCH = 2000
PATIENCE = 60.0
"""Seconds to wait for another relay or rebuild of the same index."""
Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


class NobodyKnows(LookupError):
    """No room has registered documents for this index."""


async def relay(index: str, *, search: SearchEngine, on_progress: Progress = lambda done, total: None) -> int:
    """Send all that waits for this index and return how many documents that were.

    Raises:
        SearchUnavailable: the engine is away; what it did not confirm keeps waiting.
    """
    source = _source(index)
    done, after = 0, 0
    async with _alone(index):
        while entries := await outbox.waiting(index, after=after, most=BATCH):
            await _send(index, source, entries, search)
            after = entries[-1].revision
            done += len(entries)
            on_progress(done, done + await outbox.count_waiting(index))
    return done


async def rebuild(
    index: str, *, search: SearchEngine, on_progress: Progress = lambda done, total: None
) -> int:
    """Build the index anew from the database beside the old one, and return how many it holds.

    An index that no room fills yet stays as it is.

    Readers have the old index until the new one is whole. What changes meanwhile waits in the
    outbox and is sent afterwards.
    """
    source = outbox.source_of(index)
    if source is None:
        return 0
    async with _alone(index):
        ids = list(await source.everything())
        on_progress(0, len(ids))
        count = await search.rebuild(index, _documents(index, source, ids, on_progress))
        for hook in outbox.hooks_of(index):
            async with in_transaction():
                await hook(ids, [])
    await relay(index, search=search)
    return count


@dataclass(frozen=True)
class Status:
    """How far an index is behind the database."""

    index: str
    documents: int
    """In the index."""
    expected: int
    waiting: int
    waiting_since: datetime | None
    quarantined: int
    differences: int
    """Documents that are missing, outdated or too many, wishes that wait included."""


async def status(index: str, *, search: SearchEngine) -> Status:
    """Compare an index with the database."""
    source = outbox.source_of(index)
    found = await search.ids_and_revisions(index)
    expected = await source.everything() if source else {}
    return Status(
        index=index,
        documents=len(found),
        expected=len(expected),
        waiting=await outbox.count_waiting(index),
        waiting_since=await outbox.oldest_wish(index),
        quarantined=await OutboxEntry.filter(index_name=index, is_quarantined=True).count(),
        differences=len(_differences(expected, found)),
    )


async def reconcile(index: str, *, search: SearchEngine) -> int:
    """Ask for every document in which index and database differ, and return how many."""
    expected = await _source(index).everything()
    ids = _differences(expected, await search.ids_and_revisions(index))
    held = await OutboxEntry.filter(index_name=index, is_quarantined=True).values_list(
        "document_id", flat=True
    )
    ids -= {UUID(str(one)) for one in held}
    await outbox.changed_many(index, ids)
    return len(ids)


def _differences(expected: dict[UUID, int], found: dict[UUID, int]) -> set[UUID]:
    return {one for one in expected.keys() | found.keys() if expected.get(one) != found.get(one)}


def _source(index: str) -> Source:
    source = outbox.source_of(index)
    if source is None:
        raise NobodyKnows(index)
    return source


async def _send(index: str, source: Source, entries: Sequence[Entry], search: SearchEngine) -> None:
    built = await source.build([one.document_id for one in entries])
    public = [document for one in entries if (document := built.get(one.document_id))]
    with_meaning = {one["id"]: one for one in await with_vectors(index, public)}
    documents = {one: with_meaning[one.document_id] for one in entries if one.document_id in with_meaning}
    absent = [one for one in entries if one not in documents]
    refused = await _put(index, documents, search)
    await search.delete(index, [one.document_id for one in (*absent, *refused)])
    sent = [one for one in entries if one not in refused]
    async with in_transaction():
        await outbox.forget(index, sent)
        for entry, reason in refused.items():
            await outbox.quarantine(index, entry, reason)
        for hook in outbox.hooks_of(index):
            published = [one.document_id for one in documents if one not in refused]
            await hook(published, [one.document_id for one in (*absent, *refused)])


async def _put(index: str, documents: dict[Entry, Document], search: SearchEngine) -> dict[Entry, str]:
    """Send documents; return those that the engine refuses, found by halving, each with the reason."""
    try:
        await search.put(index, list(documents.values()))
    except Refused as error:
        if len(documents) == 1:
            return dict.fromkeys(documents, str(error))
        entries = list(documents)
        half = len(entries) // 2
        first = await _put(index, {one: documents[one] for one in entries[:half]}, search)
        return first | await _put(index, {one: documents[one] for one in entries[half:]}, search)
    return {}


async def _documents(
    index: str, source: Source, ids: Sequence[UUID], on_progress: Progress
) -> AsyncIterator[Sequence[Document]]:
    for start in range(0, len(ids), BATCH):
        built = await source.build(ids[start : start + BATCH])
        yield await with_vectors(index, [document for document in built.values() if document])
        on_progress(min(start + BATCH, len(ids)), len(ids))


@asynccontextmanager
async def _alone(index: str) -> AsyncIterator[None]:
    """Be the only one who writes this index, among all processes on the database.

    Two relays at once could send an older state after a newer one.
    """
    key = f"search:{index}"
    async with _connection() as lock:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not await _asked(lock, "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got", key):
            if asyncio.get_running_loop().time() > deadline:
                raise SearchUnavailable(f"index {index} is being written by another process")
            await asyncio.sleep(0.05)
        try:
            yield
        finally:
            await _asked(lock, "SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS got", key)


@asynccontextmanager
async def _connection() -> AsyncIterator[Any]:
    """Hold one connection for the lock; inside a transaction (of a test) there is but that one."""
    client = connection()
    if isinstance(client, TransactionalDBClient):
        yield client
        return
    async with own_session() as own:
        yield own


async def _asked(lock: Any, sql: str, key: str) -> bool:
    if isinstance(lock, TransactionalDBClient):
        return bool((await lock.execute_query_dict(sql, [key]))[0]["got"])
    return bool(await lock.fetchval(sql, key))
