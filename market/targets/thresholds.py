"""Amounts that crowd exactly at a threshold of the definition: a flag with its histogram, no number changes.

Thresholds are those from which on a contract counts and from which on every deed is examined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market.kit.database import connection
from market.targets.models import TargetDefinition

BINS = range(-5, 5)
"""Bins around a threshold; the one from 0 on begins exactly at it."""
STEP = 20
"""A bin is as wide as the threshold divided by this."""
LEAST = 5
"""With fewer deeds in the bin nothing is said (assumed)."""


@dataclass(frozen=True)
class Bin:
    """How many deeds have an amount from `least` to below `below`, in fen."""

    least: int
    below: int
    count: int


@dataclass(frozen=True)
class Histogram:
    """Deeds by amount around a threshold, in fen."""

    threshold: int
    bins: Sequence[Bin]
    exactly: int
    """How many have exactly the threshold."""

    @property
    def crowd(self) -> Bin:
        """Return the bin that begins at the threshold."""
        return next(own for own in self.bins if own.least == self.threshold)

    @property
    def usual(self) -> float:
        """Return the mean of the other bins."""
        others = [own.count for own in self.bins if own.least != self.threshold]
        return sum(others) / len(others)

    @property
    def is_crowded(self) -> bool:
        """Return whether the bin exceeds the usual by more than twice the root of both counts."""
        count, usual = self.crowd.count, self.usual
        return count >= LEAST and count - usual > 2 * (count + usual) ** 0.5


def histogram(threshold: int, amounts: Sequence[int], *, least: int = 0) -> Histogram:
    """Return how amounts lie around a threshold, without the bins below `least`, where nothing counts.

    Raises:
        ValueError: there is no threshold.
    """
    if threshold < STEP:
        raise ValueError("no threshold")
    width = threshold // STEP
    edges = [(threshold + place * width, threshold + (place + 1) * width) for place in BINS]
    bins = [
        Bin(low, high, sum(low <= amount < high for amount in amounts)) for low, high in edges if low >= least
    ]
    return Histogram(threshold, bins, sum(amount == threshold for amount in amounts))


async def histograms_of(year: int, definition: TargetDefinition) -> list[Histogram]:
    """Return how the deeds of a year lie around the thresholds of its definition."""
    thresholds = sorted({definition.least_amount, definition.sample_all_from})
    rows = await connection().execute_query_dict(
        "SELECT d.contract_amount AS amount FROM deeds d JOIN unnest($2::bigint[]) AS t "
        "ON d.contract_amount BETWEEN t * 3 / 4 AND t * 5 / 4 "
        "WHERE d.year = $1 GROUP BY d.id, d.contract_amount",
        [year, thresholds],
    )
    amounts = [int(row["amount"]) for row in rows]
    return [
        histogram(threshold, amounts, least=definition.least_amount)
        for threshold in thresholds
        if threshold >= STEP
    ]
