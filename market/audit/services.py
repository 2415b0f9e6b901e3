"""The chain of responsibility (责任链): who did what to which record, in a log that shows any tampering."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from market.audit.models import AuditEvent, DailyRoot, Pseudonym
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic, connection

if TYPE_CHECKING:
    from market.records.by import By

GENESIS = "0" * 64
"""What the first event of a chain is chained to."""
GRACE = timedelta(minutes=10)


async def record(subject_kind: str, subject_id: UUID, action: str, *, by: By, **data: Any) -> AuditEvent:
    """Append one act to the record's chain, in the current transaction.

    `data` must hold no personal value. Writers of one record wait for each other; writers of
    different records do not. `By.job` means a job acted by itself.
    """
    kept = _deferred.get()
    if kept is None:
        await connection().execute_query(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [f"{subject_kind}:{subject_id}"]
        )
    user_id = by.user_id
    last, pseudonym = (kept and kept.found(subject_kind, subject_id, user_id)) or await _read_head(
        subject_kind, subject_id, user_id
    )
    if pseudonym is None and user_id is not None:
        pseudonym = await pseudonym_of(user_id)
    event = _event(
        subject_kind,
        subject_id,
        action,
        sequence=last[0] + 1,
        previous=last[1],
        actor=pseudonym,
        role=by.role,
        data=data,
        now=by.now,
    )
    if kept is None:
        await event.save(force_create=True)
    else:
        kept.add(event, user_id)
    return event


Head = tuple[tuple[int, str], UUID | None]
"""Number and hash of a chain's last event, and who writes, as far as both are known."""


async def _read_head(subject_kind: str, subject_id: UUID, user_id: UUID | None) -> Head:
    # One plain statement: it is asked for every act, and the mapper would treble its cost.
    rows = await connection().execute_query_dict(
        "SELECT head.sequence, head.hash, known.id AS pseudonym FROM (SELECT 1) AS one "
        "LEFT JOIN LATERAL (SELECT sequence, hash FROM audit_events WHERE subject_kind = $1 "
        "AND subject_id = $2 ORDER BY sequence DESC LIMIT 1) AS head ON true "
        "LEFT JOIN LATERAL (SELECT id FROM pseudonyms WHERE user_id = $3 LIMIT 1) AS known ON true",
        [subject_kind, subject_id, user_id],
    )
    row = rows[0]
    pseudonym = UUID(str(row["pseudonym"])) if row["pseudonym"] else None
    return (row["sequence"] or 0, row["hash"] or GENESIS), pseudonym


class _DeferredEvents:
    """Acts that are not written yet, with the heads of their chains."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.heads: dict[tuple[str, UUID], tuple[int, str]] = {}
        self.people: dict[UUID, UUID | None] = {}

    def found(self, subject_kind: str, subject_id: UUID, user_id: UUID | None) -> Head | None:
        head = self.heads.get((subject_kind, subject_id))
        return None if head is None else (head, self.people.get(user_id) if user_id else None)

    def add(self, event: AuditEvent, user_id: UUID | None) -> None:
        self.events.append(event)
        self.heads[event.subject_kind, event.subject_id] = (event.sequence, event.hash)
        if user_id is not None:
            self.people[user_id] = event.actor

    async def write(self) -> None:
        await AuditEvent.bulk_create(self.events, batch_size=1000)
        self.events.clear()
        self.heads.clear()


_deferred: ContextVar[_DeferredEvents | None] = ContextVar("deferred_audit", default=None)


@asynccontextmanager
async def deferred_audit() -> AsyncIterator[None]:
    """Keep the acts of the block back and write them at once; only in a transaction that is alone."""
    kept = _DeferredEvents()
    token = _deferred.set(kept)
    try:
        yield
        await kept.write()
    finally:
        _deferred.reset(token)


async def flush_deferred_audit() -> None:
    """Write what is kept back so far, for who reads the log before the block ends."""
    kept = _deferred.get()
    if kept is not None:
        await kept.write()


async def record_bulk(
    subject_kind: str,
    subject_ids: Sequence[UUID],
    action: str,
    *,
    by: By,
    **data: Any,
) -> None:
    """Begin the chains of many records made at once, such as by an import."""
    await _append(subject_kind, subject_ids, {}, action, by=by, data=data)


async def record_all(
    subject_kind: str,
    subject_ids: Sequence[UUID],
    action: str,
    *,
    by: By,
    **data: Any,
) -> None:
    """Append one act to the chains of many records, with a fixed number of statements; see `record`.

    Each chain is locked until the transaction ends: for hundreds of records, not for an import.
    """
    if _deferred.get() is not None:
        for subject_id in subject_ids:
            await record(subject_kind, subject_id, action, by=by, **data)
        return
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) "
        "FROM (SELECT unnest($1::text[]) AS key ORDER BY 1) AS sorted",
        [[f"{subject_kind}:{subject_id}" for subject_id in subject_ids]],
    )
    rows = await connection().execute_query_dict(
        "SELECT DISTINCT ON (subject_id) subject_id, sequence, hash FROM audit_events "
        "WHERE subject_kind = $1 AND subject_id = ANY($2::uuid[]) ORDER BY subject_id, sequence DESC",
        [subject_kind, [str(subject_id) for subject_id in subject_ids]],
    )
    heads = {UUID(str(row["subject_id"])): (int(row["sequence"]), str(row["hash"])) for row in rows}
    await _append(subject_kind, subject_ids, heads, action, by=by, data=data)


async def _append(
    subject_kind: str,
    subject_ids: Sequence[UUID],
    heads: Mapping[UUID, tuple[int, str]],
    action: str,
    *,
    by: By,
    data: dict[str, Any],
) -> None:
    """Write one event for each record after the head of its chain; without a head it begins the chain."""
    pseudonym = await pseudonym_of(by.user_id) if by.user_id else None
    events = []
    for subject_id in subject_ids:
        sequence, previous = heads.get(subject_id, (0, GENESIS))
        events.append(
            _event(
                subject_kind,
                subject_id,
                action,
                sequence=sequence + 1,
                previous=previous,
                actor=pseudonym,
                role=by.role,
                data=data,
                now=by.now,
            )
        )
    await AuditEvent.bulk_create(events, batch_size=1000)


async def pseudonym_of(user_id: UUID) -> UUID:
    """Return the random name under which this person stands in the log."""
    known = await Pseudonym.filter(user_id=user_id).first()
    if known is None:
        known = await Pseudonym.create(id=uuid4(), user_id=user_id)
    return UUID(str(known.id))


@atomic()
async def make_daily_root(day: date, *, now: datetime) -> DailyRoot:
    """Publish the root over the heads of all chains as they stood at the end of `day`.

    A root once made is never made again.
    """
    made = await DailyRoot.get_or_none(day=day)
    if made is not None:
        return made
    heads = await _heads(end_of_day(day))
    return await DailyRoot.create(
        day=day,
        root=root_over((kind, str(identity), digest) for kind, identity, digest, _count in heads),
        chains=len(heads),
        events=sum(count for *_rest, count in heads),
        made_at=now,
    )


async def make_missing_roots(*, now: datetime) -> int:
    """Publish the roots of the days that are over and have none yet, and return how many were made.

    Days on which nothing happened need none, but the last day that is over always gets one. A day is
    over ten minutes after its midnight, when whoever began before it has finished.
    """
    last_day = yesterday(now - GRACE)
    if await DailyRoot.exists(day=last_day):
        return 0
    latest = await DailyRoot.all().order_by("-day").first()
    days = await _days_with_events(latest.day if latest else None, last_day)
    for day in sorted({*days, last_day}):
        await make_daily_root(day, now=now)
    return len({*days, last_day})


async def _days_with_events(after: date | None, until: date) -> list[date]:
    rows = await connection().execute_query_dict(
        "SELECT DISTINCT (happened_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM audit_events "
        "WHERE ($1::timestamptz IS NULL OR happened_at >= $1) AND happened_at < $2",
        [end_of_day(after) if after else None, end_of_day(until)],
    )
    return [row["day"] for row in rows]


async def _heads(before: datetime) -> list[tuple[str, UUID, str, int]]:
    rows = await connection().execute_query_dict(
        "SELECT DISTINCT ON (subject_kind, subject_id) subject_kind, subject_id, hash, sequence "
        "FROM audit_events WHERE happened_at < $1 ORDER BY subject_kind, subject_id, sequence DESC",
        [before],
    )
    return [(r["subject_kind"], r["subject_id"], r["hash"], r["sequence"]) for r in rows]


def root_over(heads: Any) -> str:
    """Return the hash over `(kind, id, head hash)` of every chain, in sorted order."""
    digest = hashlib.sha256()
    for kind, identity, head in sorted(heads):
        digest.update(f"{kind}:{identity}:{head}\n".encode())
    return digest.hexdigest()


def event_hash(event: dict[str, Any]) -> str:
    """Return the hash of one event as exported: every field but its own hash, as canonical JSON."""
    return hashlib.sha256(canonical_json({key: event[key] for key in FIELDS}).encode()).hexdigest()


def canonical_json(value: dict[str, Any]) -> str:
    """Return the one way in which these values are written as JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


FIELDS = (
    "subject_kind",
    "subject_id",
    "sequence",
    "action",
    "actor",
    "role",
    "data",
    "happened_at",
    "previous_hash",
)
"""What is hashed, and with `hash` what is exported."""


def to_export_row(event: AuditEvent) -> dict[str, Any]:
    """Return the event as a line of an export: plain values, moments in UTC to the microsecond."""
    return {
        "subject_kind": event.subject_kind,
        "subject_id": str(event.subject_id),
        "sequence": event.sequence,
        "action": event.action,
        "actor": str(event.actor) if event.actor else None,
        "role": event.role,
        "data": event.data,
        "happened_at": event.happened_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }


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


def yesterday(now: datetime) -> date:
    """Return the last whole day in Asia/Shanghai."""
    return date.fromordinal(local_date(now).toordinal() - 1)
