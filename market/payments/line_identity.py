"""Recognises lines of a bank statement that came before, also after a spreadsheet rewrote the file. Pure."""

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
    """How sure it is that two lines are one booking of the bank."""

    DIFFERENT = 0
    SIMILAR = 1
    """They may be one: a person decides."""
    SAME = 2


@dataclass(frozen=True)
class LineIdentity(Generic[K]):
    """What of a line tells it from others, and a key by which the caller finds it again.

    An empty string means that the file does not tell it, or that a spreadsheet took digits off it.
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
        """Lines that differ in any of these are two bookings, whatever else they say."""
        return (self.booked_on, self.is_incoming, self.money)


def likeness(one: LineIdentity[K], other: LineIdentity[K]) -> Likeness:
    """Return how sure it is that two lines of different files are one booking.

    Day, direction and amount decide against, and so do two accounts that differ. The bank's serial number
    decides for, unless time, name or balance contradict it. Without one, the balance decides, then name and
    text together.
    """
    if one.group != other.group or _differ(one.account, other.account):
        return Likeness.DIFFERENT
    names_agree = canonical_key(one.name) == canonical_key(other.name)
    is_contradicted = _differ(one.time, other.time) or _differ(one.balance, other.balance)
    if one.reference and one.reference == other.reference:
        names_fit = names_agree or not one.name or not other.name
        return Likeness.SAME if names_fit and not is_contradicted else Likeness.SIMILAR
    if is_contradicted or _differ(one.reference, other.reference):
        return Likeness.DIFFERENT
    if one.balance and one.balance == other.balance:
        return Likeness.SAME if names_agree else Likeness.SIMILAR
    texts_agree = canonical_key(one.text) == canonical_key(other.text)
    if names_agree and texts_agree and not one.reference and not other.reference:
        return Likeness.SAME
    return Likeness.SIMILAR if names_agree and one.name else Likeness.DIFFERENT


def recognise(
    new: Sequence[LineIdentity[K]], known: Sequence[LineIdentity[K]]
) -> dict[K, tuple[Likeness, K]]:
    """Return for each new line that came before, or may have, how sure it is and which known line it is.

    Each known line is taken once: a bank may book two equal amounts on a day, and the second of them is new
    when only one is known. New lines are not compared with one another: what a file says twice came twice.
    """
    groups: dict[Hashable, list[LineIdentity[K]]] = defaultdict(list)
    for line in known:
        groups[line.group].append(line)
    recognised: dict[K, tuple[Likeness, K]] = {}
    # What is alike in everything first, so that a rewritten line does not take the place of an unchanged one.
    for accepts, wanted in (
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
                recognised[line.key] = (wanted, match.key)
    return recognised


def _is_alike(one: LineIdentity[K], other: LineIdentity[K]) -> bool:
    return replace(one, key=other.key) == other


def _is_same(one: LineIdentity[K], other: LineIdentity[K]) -> bool:
    return likeness(one, other) is Likeness.SAME


def _is_similar(one: LineIdentity[K], other: LineIdentity[K]) -> bool:
    return likeness(one, other) is Likeness.SIMILAR


def _differ(one: str, other: str) -> bool:
    """Return whether both are told and are not the same."""
    return bool(one) and bool(other) and one != other
