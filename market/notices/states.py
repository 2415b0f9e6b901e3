"""What a notice's objections make of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from market.notices.models import NoticeStatus, ObjectionStatus

RUNNING = (NoticeStatus.OPEN, NoticeStatus.OBJECTED)
UNDECIDED = (ObjectionStatus.FILED, ObjectionStatus.ANSWERED)


def standing(objections: Iterable[tuple[ObjectionStatus, UUID | None]]) -> NoticeStatus:
    """Return where a running notice stands by its objections, pairs of status and entry.

    One upheld against the whole ends it; one undecided suspends it; one upheld against a single
    entry takes that entry out and lets the rest go on.
    """
    known = list(objections)
    if any(status is ObjectionStatus.UPHELD and entry is None for status, entry in known):
        return NoticeStatus.UPHELD
    if any(status in UNDECIDED for status, _entry in known):
        return NoticeStatus.OBJECTED
    return NoticeStatus.OPEN


def is_due(status: NoticeStatus, ends_at: datetime | None, now: datetime) -> bool:
    """Tell whether the period has run out without an objection in the way."""
    return status is NoticeStatus.OPEN and ends_at is not None and ends_at <= now
