"""Pairs a bank's reversal (冲正, 红字) with the line that it reverses. Pure."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

from market.codes.canonical import canonical_key
from market.kit.money import Money

K = TypeVar("K", bound=Hashable)
WINDOW = timedelta(days=31)
"""How long after a booking it can be reversed; an older one is left to a person."""
REVERSAL_WORDS = re.compile("冲正|冲账|冲销|冲回|红冲|红字|抹账|抹帐|反交易|错账|错帐|撤销|退汇|误入")
"""Words by which banks mark a reversal."""


@dataclass(frozen=True)
class Booking(Generic[K]):
    """The values of a line that pairing compares, and the caller's key for it."""

    key: K
    booked_on: date
    row: int
    """Orders the bookings of one day within a file."""
    is_incoming: bool
    money: Money
    name: str
    account: str
    """Of the other side."""
    text: str


def is_reversal_text(text: str) -> bool:
    """Return whether a text marks the booking as a reversal."""
    return REVERSAL_WORDS.search(text) is not None


def pair(reversals: Sequence[Booking[K]], bookings: Sequence[Booking[K]]) -> dict[K, K]:
    """Pair reversals with the bookings that they reverse; return the booking's key by the reversal's.

    A booking fits with the opposite direction, the same amount and currency, the same other side where both
    give it, on the same day or up to `WINDOW` before; of several the one whose text agrees, then the latest.
    Each booking is reversed once.
    """
    free = {booking.key: booking for booking in bookings}
    pairs: dict[K, K] = {}
    for reversal in sorted(reversals, key=lambda booking: (booking.booked_on, booking.row)):
        candidates = [booking for booking in free.values() if _fits(reversal, booking)]
        if not candidates:
            continue
        original = max(
            candidates, key=lambda booking: (_shares_text(reversal, booking), booking.booked_on, booking.row)
        )
        del free[original.key]
        pairs[reversal.key] = original.key
    return pairs


def _fits(reversal: Booking[K], booking: Booking[K]) -> bool:
    return (
        booking.is_incoming != reversal.is_incoming
        and booking.money == reversal.money
        and timedelta(0) <= reversal.booked_on - booking.booked_on <= WINDOW
        and _agree(canonical_key(reversal.name), canonical_key(booking.name))
        and _agree(reversal.account, booking.account)
    )


def _agree(value: str, other: str) -> bool:
    """Return whether two values are equal where both are given."""
    return not value or not other or value == other


def _shares_text(reversal: Booking[K], booking: Booking[K]) -> bool:
    """Return whether the reversal's text contains the booking's, such as its payment reference."""
    text = canonical_key(booking.text)
    return bool(text) and text in canonical_key(reversal.text)
