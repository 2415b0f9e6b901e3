"""Service of documents (送达) and the period for a review that begins with it.

Served on the day its addressee first opened it, at the latest on the third working day after it was
issued (A). Days count as those of every legal period, see `notices.periods`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from market.codes.holidays import Calendar
from market.documents.models import IssuedDocument
from market.documents.states import REVIEWABLE
from market.kit.clock import local_date
from market.notices.models import DayKind
from market.notices.periods import period_end, publication_region

DEEMED_AFTER = 3
"""Working days after which a document counts as served (A)."""
REVIEW_DAYS = 60
"""Calendar days within which the addressee may apply for a review (A)."""


@dataclass(frozen=True)
class Service:
    """When a document was served, and until when its addressee may apply for a review."""

    deemed_on: date | None
    """The third working day; None while the calendar does not reach so far."""
    opened_on: date | None
    served_on: date | None
    """None: it is not served yet."""
    review_until: date | None
    """None: it is not served yet, or knows no review."""

    def may_review(self, today: date) -> bool:
        """Return whether the addressee may still apply; before the service it may too."""
        return self.review_until is None or today <= self.review_until


def service_of(document: IssuedDocument, opened_on: date | None, calendar: Calendar, today: date) -> Service:
    """Return the service of a document as of today."""
    region = publication_region("")
    issued_on = local_date(document.issued_at)
    deemed_on = period_end(issued_on, DEEMED_AFTER, DayKind.WORKING, region=region, calendar=calendar)
    days = [day for day in (opened_on, deemed_on) if day is not None and day <= today]
    served_on = min(days, default=None)
    review_until = None
    if served_on is not None and document.kind in REVIEWABLE:
        review_until = period_end(served_on, REVIEW_DAYS, DayKind.CALENDAR, region=region, calendar=calendar)
    return Service(deemed_on, opened_on, served_on, review_until)
