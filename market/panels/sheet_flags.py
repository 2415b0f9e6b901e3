"""Sheets to look at: scored sooner than anybody reads, or with an opinion that stands twice. Pure.

A flag asks people to look and never changes a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from market.search.duplicates import duplicate_groups

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
    opinion: str
    """Of the version that counts."""


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


def copied_seats(sheets: Iterable[HandedIn], limits: SheetLimits) -> set[Hashable]:
    """Return the seats with an opinion like that of another expert of the item, or of the same elsewhere."""
    buckets: defaultdict[tuple[str, Hashable], list[tuple[Hashable, str]]] = defaultdict(list)
    for sheet in sheets:
        if sum(char.isalnum() for char in sheet.opinion) >= SHORTEST_OPINION:
            buckets["item", sheet.item].append((sheet.seat, sheet.opinion))
            buckets["expert", sheet.expert].append((sheet.seat, sheet.opinion))
    threshold = Fraction(limits.alike, 100)
    return {
        seat
        for texts in buckets.values()
        if len(texts) > 1
        for group in duplicate_groups(texts, float(threshold))
        for seat in group
    }
