"""Sheets to look at: scored sooner than anybody reads, or with an opinion that stands twice. Pure.

A flag asks people to look and never changes a number.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from market.search.duplicates import similarity

Key = TypeVar("Key")
SHORTEST_OPINION = 20
"""Letters of an opinion that is compared: shorter ones are alike by chance."""


@dataclass(frozen=True)
class SheetLimits:
    """From where on a sheet is flagged."""

    base: int
    """Seconds that reading the sheet takes at least."""
    per_paper: int
    """Further seconds for each paper."""
    alike: int
    """Per cent of similarity from which two opinions are alike."""

    def floor(self, papers: int) -> timedelta:
        """Return the time that nobody needs less than to read so many papers."""
        return timedelta(seconds=self.base + self.per_paper * papers)


@dataclass(frozen=True)
class HandedIn:
    """When an expert handed in a sheet, and what stands in it."""

    seat: Hashable
    item: Hashable
    expert: Hashable
    accepted_at: datetime
    first_at: datetime
    """When its first version was handed in."""
    papers: int
    """That the expert could open then."""
    version: int
    """Of the sheet that counts."""
    alike: Collection[tuple[Hashable, int]]
    """Seats and versions whose opinion was like that of this version when it was handed in."""


def fast_seats(
    sheets: Iterable[HandedIn],
    submissions: Mapping[Hashable, Sequence[datetime]],
    limits: SheetLimits,
) -> set[Hashable]:
    """Return the seats whose sheet was first handed in sooner than it can be read.

    Reading begins when the expert accepts, or hands in another sheet of the round; `submissions` are the
    moments of all sheets by expert.
    """
    flagged: set[Hashable] = set()
    for sheet in sheets:
        earlier = [at for at in submissions.get(sheet.expert, ()) if at < sheet.first_at]
        began = max([sheet.accepted_at, *earlier])
        if sheet.first_at - began < limits.floor(sheet.papers):
            flagged.add(sheet.seat)
    return flagged


def alike_opinions(opinion: str, others: Iterable[tuple[Key, str]], limits: SheetLimits) -> list[Key]:
    """Return those of other opinions that are like this one; short ones are like none."""
    if not _is_compared(opinion):
        return []
    return [
        key
        for key, other in others
        if _is_compared(other) and similarity(opinion, other) * 100 >= limits.alike
    ]


def _is_compared(opinion: str) -> bool:
    return sum(char.isalnum() for char in opinion) >= SHORTEST_OPINION


def copied_seats(sheets: Sequence[HandedIn]) -> set[Hashable]:
    """Return the seats whose opinion is like that of another seat, where both versions still count."""
    counted = {(sheet.seat, sheet.version) for sheet in sheets}
    return {
        seat
        for sheet in sheets
        for other in sheet.alike
        if other in counted
        for seat in (sheet.seat, other[0])
    }
