"""The audit log (责任链): who did what to which record, as one hash chain per record."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from market.audit.export_format import GENESIS, NONCE, event_hash, to_export_row
from market.audit.models import AuditEvent
from market.audit.persons import pseudonym_of
from market.kit.database import connection
from market.kit.room import rooms

if TYPE_CHECKING:
    from market.records.by import By


def text_sha256(text: str) -> str:
    """Return the SHA-256 over a text in UTF-8, in hexadecimal, by which the log knows it again."""
    return hashlib.sha256(text.encode()).hexdigest()


async def record(subject_kind: str, subject_id: UUID, action: str, *, by: By, **data: Any) -> AuditEvent:
    """Append an event to the record's chain, in the current transaction.

    `data` must hold no personal value. An advisory lock serialises writers of one record; writers of
    different records do not wait for each other. `By.job` means that a job acted by itself.
    """
    deferred = _deferred.get()
    if deferred is None:
        await connection().execute_query(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [f"{subject_kind}:{subject_id}"]
        )
    user_id = by.user_id
    head = (deferred and deferred.head(subject_kind, subject_id, user_id)) or await _read_head(
        subject_kind, subject_id, user_id
    )
    pseudonym = head.pseudonym
    if pseudonym is None and user_id is not None:
        pseudonym = await pseudonym_of(user_id)
    event = _event(
        subject_kind,
        subject_id,
        action,
        sequence=head.sequence + 1,
        previous=head.hash,
        actor=pseudonym,
        role=by.role,
        data=data,
        now=by.now,
    )
    if deferred is None:
        await event.save(force_create=True)
    else:
        deferred.add(event, user_id)
    return event


class _Head(NamedTuple):
    """A chain's last event, and the pseudonym of the person who writes the next one, if it is known."""

    sequence: int
    hash: str
    pseudonym: UUID | None


async def _read_head(subject_kind: str, subject_id: UUID, user_id: UUID | None) -> _Head:
    # One statement of plain SQL: every act runs it, and the ORM would treble its cost.
    rows = await connection().execute_query_dict(
        "SELECT head.sequence, head.hash, known.id AS pseudonym FROM (SELECT 1) AS one "
        "LEFT JOIN LATERAL (SELECT sequence, hash FROM audit_events WHERE subject_kind = $1 "
        "AND subject_id = $2 ORDER BY sequence DESC LIMIT 1) AS head ON true "
        "LEFT JOIN LATERAL (SELECT id FROM pseudonyms "
        "WHERE user_id = $3 AND salt IS NOT NULL LIMIT 1) AS known ON true",
        [subject_kind, subject_id, user_id],
    )
    row = rows[0]
    pseudonym = UUID(str(row["pseudonym"])) if row["pseudonym"] else None
    return _Head(row["sequence"] or 0, row["hash"] or GENESIS, pseudonym)


class _DeferredEvents:
    """Events that wait to be written, with the heads of their chains."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.heads: dict[tuple[str, UUID], tuple[int, str]] = {}
        self.pseudonyms: dict[UUID, UUID | None] = {}

    def head(self, subject_kind: str, subject_id: UUID, user_id: UUID | None) -> _Head | None:
        last = self.heads.get((subject_kind, subject_id))
        return None if last is None else _Head(*last, self.pseudonyms.get(user_id) if user_id else None)

    def add(self, event: AuditEvent, user_id: UUID | None) -> None:
        self.events.append(event)
        self.heads[event.subject_kind, event.subject_id] = (event.sequence, event.hash)
        if user_id is not None:
            self.pseudonyms[user_id] = event.actor

    async def flush(self) -> None:
        await AuditEvent.bulk_create(self.events, batch_size=1000)
        self.events.clear()
        self.heads.clear()


_deferred: ContextVar[_DeferredEvents | None] = ContextVar("deferred_audit", default=None)


@asynccontextmanager
async def deferred_audit() -> AsyncIterator[None]:
    """Buffer the events of the block and insert them in bulk at its end.

    Only for a transaction that no other writes beside, such as the seed's: no lock is taken.
    """
    deferred = _DeferredEvents()
    token = _deferred.set(deferred)
    try:
        yield
        await deferred.flush()
    finally:
        _deferred.reset(token)


async def flush_deferred_audit() -> None:
    """Insert what is buffered so far, for a reader of the log inside the block."""
    deferred = _deferred.get()
    if deferred is not None:
        await deferred.flush()


async def record_bulk(
    subject_kind: str,
    subject_ids: Sequence[UUID],
    action: str,
    *,
    by: By,
    details: Mapping[UUID, Mapping[str, Any]] = {},
    **data: Any,
) -> None:
    """Insert the first event of many new records in bulk, such as those of an import.

    `details` are what the log says of one record besides `data`, by its id.
    """
    pseudonym = await pseudonym_of(by.user_id) if by.user_id else None
    events = [
        _event(
            subject_kind,
            subject_id,
            action,
            sequence=1,
            previous=GENESIS,
            actor=pseudonym,
            role=by.role,
            data={**data, **details.get(subject_id, {})},
            now=by.now,
        )
        for subject_id in subject_ids
    ]
    await AuditEvent.bulk_create(events, batch_size=1000)


def _event(
    subject_kind: str,
    subject_id: UUID,
    action: str,
    *,
    sequence: int,
    previous: str,
    actor: UUID | None,
    role: str,
    data: dict[str, Any],
    now: datetime,
) -> AuditEvent:
    subject = rooms().subjects.get(subject_kind)
    if subject and subject.sealed:
        data = data | {NONCE: secrets.token_hex(16)}
    event = AuditEvent(
        subject_kind=subject_kind,
        subject_id=subject_id,
        sequence=sequence,
        action=action,
        actor=actor,
        role=role,
        data=json.loads(json.dumps(data, default=str)),
        happened_at=now,
        previous_hash=previous,
        hash="",
    )
    event.hash = event_hash(to_export_row(event))
    return event
