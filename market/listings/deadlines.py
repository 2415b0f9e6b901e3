"""What falls due for a listing on offer: its expiry, and the reminders before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from market.kit.clock import end_of_day, start_of_day
from market.listings.kinds import Kind, Listing, kind_of
from market.listings.states import LIVE
from market.records.moments import set_moments

REMINDERS = (30, 7)
"""Days before the expiry on which a reminder is sent."""


def expiry_act(kind: Kind) -> str:
    """Return the act that falls due when a listing of this kind expires."""
    return f"listings.expire_{kind.key}"


def reminder_act(kind: Kind) -> str:
    """Return the act that falls due when authors are reminded of a listing of this kind."""
    return f"listings.remind_{kind.key}"


def reminder_due(listing: Listing, today: date) -> bool:
    """Return whether a reminder is due today.

    Each is sent once. One whose day lay before the verification is not sent, and a missed one is not made
    up for when the next is due.
    """
    next_day = next_reminder(listing)
    return next_day is not None and listing.expires_on is not None and next_day <= today <= listing.expires_on


def next_reminder(listing: Listing) -> date | None:
    """Return the day from which the next reminder is due; None where none is left."""
    if listing.status not in LIVE or listing.expires_on is None:
        return None
    days = (listing.expires_on - timedelta(days=days) for days in REMINDERS)
    return min(
        (
            day
            for day in days
            if day > (listing.verified_on or date.min)
            and (listing.reminded_on is None or listing.reminded_on < day)
        ),
        default=None,
    )


async def set_deadlines(*listings: Listing) -> None:
    """Set the moments of listings of one kind by their current state; one not on offer has none."""
    if listings:
        await set_moments(kind_of(listings[0]).key, [*_moments(listings)])


def _moments(listings: Collection[Listing]) -> Iterator[tuple[UUID, str, datetime | None]]:
    for listing in listings:
        kind, reminder = kind_of(listing), next_reminder(listing)
        expires_on = listing.expires_on if listing.status in LIVE else None
        yield listing.id, expiry_act(kind), end_of_day(expires_on) if expires_on else None
        yield listing.id, reminder_act(kind), start_of_day(reminder) if reminder else None
