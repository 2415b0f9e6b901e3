"""Deduplicates lines of bank statements, also after a spreadsheet has rewritten the file. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
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
