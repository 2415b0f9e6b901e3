"""Compares lines of bank statements: which are the same also after a spreadsheet has rewritten the file, and
which line a bank's reversal (冲正, 红字) takes back. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import IntEnum
from typing import Generic, TypeVar

from market.codes.canonical import canonical_key
from market.kit.money import Money

K = TypeVar("K", bound=Hashable)


class Likeness(IntEnum):
    """Likelihood that two lines are the same booking of the bank."""

    DIFFERENT = 0
    SIMILAR = 1
    """They may be the same: a person decides."""
    SAME = 2


@dataclass(frozen=True)
class LineIdentity(Generic[K]):
    """The identifying values of a line, and the caller's key for it.

    An empty string means that the file lacks the value, or that a spreadsheet has cut its digits.
    """

    key: K
    account: str
    """Of the organisation itself."""
    booked_on: date
    time: str
    """Hour and minute."""
    is_incoming: bool
    money: Money
    reference: str
    """The bank's serial number."""
    name: str
    """Of the other side."""
    text: str
    balance: str

    @property
    def group(self) -> Hashable:
        """Return the values that must be equal: lines that differ in any are different bookings."""
        return (self.booked_on, self.is_incoming, self.money)


def likeness(line: LineIdentity[K], other: LineIdentity[K]) -> Likeness:
    """Return the likelihood that two lines of different files are the same booking.

    Other days, directions, amounts or accounts mean different bookings. An equal serial number means the
    same one unless time, name or balance contradict it. Without a serial number the balance decides, then
    name and text together.
    """
    if line.group != other.group or _differ(line.account, other.account):
        return Likeness.DIFFERENT
    names_agree = canonical_key(line.name) == canonical_key(other.name)
    is_contradicted = _differ(line.time, other.time) or _differ(line.balance, other.balance)
    if line.reference and line.reference == other.reference:
        names_fit = names_agree or not line.name or not other.name
        return Likeness.SAME if names_fit and not is_contradicted else Likeness.SIMILAR
    if is_contradicted or _differ(line.reference, other.reference):
        return Likeness.DIFFERENT
    if line.balance and line.balance == other.balance:
        return Likeness.SAME if names_agree else Likeness.SIMILAR
    texts_agree = canonical_key(line.text) == canonical_key(other.text)
    if names_agree and texts_agree and not line.reference and not other.reference:
        return Likeness.SAME
    return Likeness.SIMILAR if names_agree and line.name else Likeness.DIFFERENT


def recognise(
    new: Sequence[LineIdentity[K]], existing: Sequence[LineIdentity[K]]
) -> dict[K, tuple[Likeness, K]]:
    """Match new lines with existing ones; return likelihood and key of the match by the new line's key.

    Each existing line is matched once: of two equal amounts on a day the second is new if only one exists.
    New lines are not compared with one another: a line that a file contains twice was booked twice.
    """
    groups: dict[Hashable, list[LineIdentity[K]]] = defaultdict(list)
    for line in existing:
        groups[line.group].append(line)
    recognised: dict[K, tuple[Likeness, K]] = {}
    # Equal lines first, so that a rewritten line is not matched in place of an unchanged one.
    for accepts, expected in (
        (_is_alike, Likeness.SAME),
        (_is_same, Likeness.SAME),
        (_is_similar, Likeness.SIMILAR),
    ):
        for line in new:
            if line.key in recognised:
                continue
            candidates = groups.get(line.group, [])
            match = next((other for other in candidates if accepts(line, other)), None)
            if match is not None:
                candidates.remove(match)
                recognised[line.key] = (expected, match.key)
    return recognised


def _is_alike(line: LineIdentity[K], other: LineIdentity[K]) -> bool:
    return replace(line, key=other.key) == other


def _is_same(line: LineIdentity[K], other: LineIdentity[K]) -> bool:
    return likeness(line, other) is Likeness.SAME


def _is_similar(line: LineIdentity[K], other: LineIdentity[K]) -> bool:
    return likeness(line, other) is Likeness.SIMILAR


def _differ(value: str, other: str) -> bool:
    """Return whether both values are given and differ."""
    return bool(value) and bool(other) and value != other


WINDOW = timedelta(days=31)
"""How long after a booking it can be reversed; an older one is left to a person."""
REVERSAL_WORDS = re.compile(
    "冲正|[冲抹错调串反][账帐]|冲[销回减]|[红反]冲|红字|反交易|反记|串户|撤[销消单]|退[汇票]|误[入记收付]|作废|更正"
    r"|取消交易|交易取消|\b(?:reversal|reversed|rvsl|void(?:ed)?|charge-?back|cancelled transaction)\b",
    re.IGNORECASE,
)
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
    own_account: str = ""
    """Of the organisation itself."""


def is_reversal_text(text: str) -> bool:
    """Return whether a text marks the booking as a reversal."""
    return REVERSAL_WORDS.search(text) is not None


def pair(reversals: Sequence[Booking[K]], bookings: Sequence[Booking[K]]) -> dict[K, K]:
    """Pair reversals with the bookings that they reverse; return the booking's key by the reversal's.

    A booking fits with the opposite direction, the same amount and currency, the same other side and the same
    account of one's own where both give them, on the same day or up to `WINDOW` before; of several the one
    whose text agrees, then the latest.
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
        and _agree(reversal.own_account, booking.own_account)
    )


def _agree(value: str, other: str) -> bool:
    """Return whether two values are equal where both are given."""
    return not value or not other or value == other


def _shares_text(reversal: Booking[K], booking: Booking[K]) -> bool:
    """Return whether the reversal's text contains the booking's, such as its payment reference."""
    text = canonical_key(booking.text)
    return bool(text) and text in canonical_key(reversal.text)
