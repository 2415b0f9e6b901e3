"""Reads of the log for its auditors and for whoever checks a published root."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from market.audit.models import AuditEvent, DailyRoot, Pseudonym
from market.audit.services import canonical_json, to_export_row
from market.audit.verify import all_events, root_to_export_row
from market.kit.clock import end_of_day


@dataclass(frozen=True)
class EventFilter:
    """Which rows of the log are asked for; what is None does not matter."""

    kind: str | None = None
    subject_id: UUID | None = None
    actor: UUID | None = None
    """A pseudonym."""
    action: str | None = None
    day: date | None = None


async def list_events(wanted: EventFilter, *, offset: int, limit: int) -> tuple[list[AuditEvent], int]:
    """Return rows of the log, newest first, and how many there are in all."""
    found = _filtered(wanted)
    return await found.order_by("-id").offset(offset).limit(limit), await found.count()


def _filtered(wanted: EventFilter) -> QuerySet[AuditEvent]:
    found = AuditEvent.all()
    if wanted.kind:
        found = found.filter(subject_kind=wanted.kind)
    if wanted.subject_id:
        found = found.filter(subject_id=wanted.subject_id)
    if wanted.actor:
        found = found.filter(actor=wanted.actor)
    if wanted.action:
        found = found.filter(action=wanted.action)
    if wanted.day:
        found = found.filter(
            happened_at__gte=end_of_day(wanted.day - timedelta(days=1)),
            happened_at__lt=end_of_day(wanted.day),
        )
    return found


async def list_chain(kind: str, subject_id: UUID) -> list[AuditEvent]:
    """Return all acts on one record, first to last."""
    return await AuditEvent.filter(subject_kind=kind, subject_id=subject_id).order_by("sequence")


async def list_acts_of(user_id: UUID) -> list[AuditEvent]:
    """Return what one person did, first to last."""
    pseudonyms = await Pseudonym.filter(user_id=user_id).values_list("id", flat=True)
    return await AuditEvent.filter(actor__in=list(pseudonyms)).order_by("id") if pseudonyms else []


async def list_actions() -> list[str]:
    """Return every kind of act that stands in the log."""
    return sorted(
        {str(action) for action in await AuditEvent.all().distinct().values_list("action", flat=True)}
    )


async def names_by_pseudonym(pseudonyms: Collection[UUID]) -> dict[UUID, str]:
    """Return who stands behind these pseudonyms; those of people erased are left out."""
    if not pseudonyms:
        return {}
    rows = await Pseudonym.filter(id__in=list(pseudonyms), user_id__not_isnull=True).select_related("user")
    return {UUID(str(row.id)): str(getattr(row.user, "name", "")) for row in rows}


async def list_roots(*, offset: int = 0, limit: int = 31) -> tuple[Sequence[DailyRoot], int]:
    """Return the published daily roots, newest first, and how many there are in all."""
    return await DailyRoot.all().order_by("-day").offset(offset).limit(limit), await DailyRoot.all().count()


async def export_lines() -> AsyncIterator[str]:
    """Give the whole log as lines of JSON: rows chain by chain, roots, an end mark."""
    roots = [root_to_export_row(root) for root in await DailyRoot.all().order_by("day")]
    events = 0
    async for rows in all_events():
        yield "".join(_line(to_export_row(row)) for row in rows)
        events += len(rows)
    yield "".join(_line({"root": root}) for root in roots)
    yield _line({"end": {"events": events, "roots": len(roots)}})


def _line(value: dict[str, Any]) -> str:
    return canonical_json(value) + "\n"
