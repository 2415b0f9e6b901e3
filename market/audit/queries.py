"""Queries of the log for auditors, and its export."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from market.audit.export_format import (
    canonical_json,
    hourly_root_to_export_row,
    root_to_export_row,
    to_export_row,
    to_sealed_row,
)
from market.audit.models import AuditEvent, DailyRoot, HourlyRoot, Pseudonym
from market.audit.verify import all_events
from market.kit.clock import end_of_day
from market.kit.room import rooms
from market.kit.signing import Signer
from market.kit.statements import Statement


@dataclass(frozen=True)
class EventFilter:
    """Conditions on events; None: any."""

    kind: str | None = None
    subject_id: UUID | None = None
    actor: UUID | None = None
    """A pseudonym."""
    role: str | None = None
    """The role that somebody acted in; `job`: the system."""
    action: str | None = None
    day: date | None = None
    without: Collection[UUID] = ()
    """Records that are left out."""


async def list_events(event_filter: EventFilter, *, offset: int, limit: int) -> tuple[list[AuditEvent], int]:
    """Return a page of events, newest first, and the total count."""
    events = _filter(event_filter)
    return await events.order_by("-id").offset(offset).limit(limit), await events.count()


def _filter(event_filter: EventFilter) -> QuerySet[AuditEvent]:
    events = AuditEvent.all()
    if event_filter.kind:
        events = events.filter(subject_kind=event_filter.kind)
    if event_filter.subject_id:
        events = events.filter(subject_id=event_filter.subject_id)
    if event_filter.actor:
        events = events.filter(actor=event_filter.actor)
    if event_filter.role:
        events = events.filter(role=event_filter.role)
    if event_filter.action:
        events = events.filter(action=event_filter.action)
    if event_filter.without:
        events = events.exclude(subject_id__in=list(event_filter.without))
    if event_filter.day:
        events = events.filter(
            happened_at__gte=end_of_day(event_filter.day - timedelta(days=1)),
            happened_at__lt=end_of_day(event_filter.day),
        )
    return events


_CHAIN = Statement(
    lambda kind, subject_id: AuditEvent.filter(subject_kind=kind, subject_id=subject_id).order_by("sequence"),
    "a kind",
    UUID(int=1),
)


async def list_chain(kind: str, subject_id: UUID) -> list[AuditEvent]:
    """Return the events of one record, oldest first."""
    return await _CHAIN.all(kind, subject_id)


async def list_acts_of(user_id: UUID) -> list[AuditEvent]:
    """Return the events of one person, oldest first."""
    pseudonyms = await Pseudonym.filter(user_id=user_id).values_list("id", flat=True)
    return await AuditEvent.filter(actor__in=list(pseudonyms)).order_by("id") if pseudonyms else []


async def list_subjects_of(actor: UUID, kind: str) -> list[UUID]:
    """Return the records of a kind on which a person acted, named by pseudonym."""
    ids = AuditEvent.filter(actor=actor, subject_kind=kind).distinct().values_list("subject_id", flat=True)
    return [UUID(str(identity)) for identity in await ids]


async def sealed_among(events: Iterable[AuditEvent]) -> set[tuple[str, UUID]]:
    """Return the records of these events of which nobody is told yet who acted on them."""
    records = {(event.subject_kind, event.subject_id) for event in events}
    kinds = {kind: rooms().subjects.get(kind) for kind, _id in records}
    return {
        (kind, identity)
        for kind, subject in kinds.items()
        if subject and subject.sealed
        for identity in await subject.sealed([own for other, own in records if other == kind])
    }


async def list_actions() -> list[tuple[str, str]]:
    """Return the distinct actions in the log, each with a kind of record it was done to."""
    rows = await AuditEvent.all().distinct().values_list("action", "subject_kind")
    return sorted({(str(action), str(kind)) for action, kind in rows})


async def list_roles() -> list[str]:
    """Return the distinct roles in the log."""
    return sorted({str(role) for role in await AuditEvent.all().distinct().values_list("role", flat=True)})


async def names_by_pseudonym(pseudonyms: Collection[UUID]) -> dict[UUID, str]:
    """Return the names behind these pseudonyms, without those of erased people."""
    if not pseudonyms:
        return {}
    rows = await Pseudonym.filter(id__in=list(pseudonyms), user_id__not_isnull=True).select_related("user")
    return {UUID(str(row.id)): str(getattr(row.user, "name", "")) for row in rows}


async def list_roots(*, offset: int = 0, limit: int = 31) -> tuple[Sequence[DailyRoot], int]:
    """Return a page of the published daily roots, newest first, and the total count."""
    return await DailyRoot.all().order_by("-day").offset(offset).limit(limit), await DailyRoot.all().count()


async def export_lines(signer: Signer | None = None) -> AsyncIterator[str]:
    """Yield the whole log as lines of JSON: events chain by chain, roots, an end mark, a signature of it all.

    Of records of which nobody is told yet who acted on them, the links of the chain alone.
    What is signed is the SHA-256 of every byte before the line of the signature.
    """
    digest = hashlib.sha256()
    async for lines in _unsigned_lines():
        digest.update(lines.encode())
        yield lines
    if signer is not None:
        signature = signer.sign(digest.hexdigest().encode())
        yield _line({"key": signer.public_key, "signature": signature})


async def _unsigned_lines() -> AsyncIterator[str]:
    days = [{"root": root_to_export_row(root)} for root in await DailyRoot.all().order_by("day")]
    hours = [{"hour": hourly_root_to_export_row(root)} for root in await HourlyRoot.all().order_by("until")]
    events = 0
    async for rows in all_events():
        sealed = await sealed_among(rows)
        yield "".join(
            _line(to_sealed_row(row) if (row.subject_kind, row.subject_id) in sealed else to_export_row(row))
            for row in rows
        )
        events += len(rows)
    yield "".join(_line(root) for root in (*days, *hours))
    yield _line({"end": {"events": events, "roots": len(days) + len(hours)}})


def _line(value: dict[str, Any]) -> str:
    return canonical_json(value) + "\n"
