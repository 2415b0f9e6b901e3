"""Scores by bounded efficacy (功效系数), and competition ranks on the published score. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

K = TypeVar("K")
LEAST, MOST = 60, 100
"""Points between which an indicator scores."""


class Direction(StrEnum):
    MORE = "more"
    """The more the better."""
    LESS = "less"


@dataclass(frozen=True)
class Bounds:
    """The values of 60 and of 100 points, set before the year; in the indicator's own unit."""

    low: Fraction
    high: Fraction
    direction: Direction = Direction.MORE


def points(value: Fraction, bounds: Bounds) -> Fraction:
    """Return 60 to 100 points; where both bounds are one, 100 when it is met, else 60."""
    is_more = bounds.direction is Direction.MORE
    if bounds.low == bounds.high:
        is_met = value >= bounds.high if is_more else value <= bounds.low
        return Fraction(MOST if is_met else LEAST)
    reached = value - bounds.low if is_more else bounds.high - value
    share = reached / (bounds.high - bounds.low)
    return LEAST + (MOST - LEAST) * min(max(share, Fraction(0)), Fraction(1))


def tenths(score: Fraction) -> int:
    """Return a score as it is published, in tenths of a point, rounded half up."""
    return int((20 * score.numerator + score.denominator) // (2 * score.denominator))


def weighted(parts: Sequence[tuple[int, Fraction]]) -> Fraction:
    """Return the mean of points by weights.

    Raises:
        ValueError: no weight is above zero.
    """
    total = sum(weight for weight, _points in parts)
    if total <= 0:
        raise ValueError("a scheme needs a weight")
    return sum((weight * score for weight, score in parts), Fraction(0)) / total


@dataclass(frozen=True)
class Rank:
    """A place in a ranking; several may have it."""

    place: int
    is_shared: bool


def competition_ranks(published: Mapping[K, int]) -> dict[K, Rank]:
    """Return the rank of each by its published score: 1, 1, 3; equal scores have equal ranks."""
    scores = sorted(published.values(), reverse=True)
    return {key: Rank(scores.index(score) + 1, scores.count(score) > 1) for key, score in published.items()}


def last_ones(published: Mapping[K, int], count: int) -> tuple[set[K], set[K]]:
    """Return who is among the last `count` beyond doubt, and who only by a tie at the border."""
    if not published or count <= 0:
        return set(), set()
    ordered = sorted(published.values())
    border = ordered[min(count, len(ordered)) - 1]
    certain = {key for key, score in published.items() if score < border}
    at_border = {key for key, score in published.items() if score == border}
    if len(certain) + len(at_border) <= count:
        return certain | at_border, set()
    return certain, at_border
