"""Interest on a clawback: simple, by days, at a dated yearly rate, rounded once. Pure.

That these rates apply is an assumption (A), printed with every demand. A return pays the principal first, and
interest runs on what is left of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from market.programmes.sharing import share

BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Rates:
    """Yearly rates by the day from which each applies, in order; `year_days` make a year."""

    steps: Sequence[tuple[date, int]]
    year_days: int
    source: str
    assumption: str

    def on(self, day: date) -> int:
        """Return the rate of a day in basis points; of a day before the first step the first one."""
        place = bisect_right([begins_on for begins_on, _rate in self.steps], day)
        return self.steps[max(place - 1, 0)][1]

    def changes_between(self, after: date, until: date) -> list[date]:
        """Return the last days of a rate among the days after one day and before another."""
        ends = [
            begins_on - timedelta(days=1)
            for (_before, old), (begins_on, new) in pairwise(self.steps)
            if new != old
        ]
        return [end for end in ends if after < end < until]


@dataclass(frozen=True)
class InterestLine:
    """Interest of one stretch of days with one rate and one principal."""

    after: date
    """The day before its first."""
    until: date
    """Its last day."""
    principal: int
    rate: int
    """Basis points a year."""
    amount: int
    """Its part of the rounded sum, in fen."""

    @property
    def days(self) -> int:
        return (self.until - self.after).days


@dataclass(frozen=True)
class Interest:
    """Interest up to a day: its stretches add up to it."""

    lines: Sequence[InterestLine]
    amount: int
    year_days: int


def interest_until(
    day: date, principal: int, after: date | None, returns: Sequence[tuple[date, int]], rates: Rates
) -> Interest:
    """Return the interest on a principal from the day after `after` up to and including `day`.

    `returns` are days and amounts of principal that came back, each without interest from the next day; None
    as `after` bears none. Rounded half up to the fen once, over all stretches; these share it by largest
    remainder.
    """
    if after is None or day <= after:
        return Interest((), 0, rates.year_days)
    cuts = {day, *rates.changes_between(after, day), *(on for on, _amount in returns if after < on < day)}
    stretches: list[tuple[date, date, int, int]] = []
    begin = after
    for end in sorted(cuts):
        left = principal - sum(amount for on, amount in returns if on <= begin)
        if left > 0:
            stretches.append((begin, end, left, rates.on(end)))
        begin = end
    weights = [left * rate * (end - begin).days for begin, end, left, rate in stretches]
    whole = BASIS_POINTS * rates.year_days
    total = (2 * sum(weights) + whole) // (2 * whole)
    parts = share(total, weights)
    lines = tuple(InterestLine(*stretch, amount=part) for stretch, part in zip(stretches, parts, strict=True))
    return Interest(lines, total, rates.year_days)
