"""Expert scores (专家评审) and the rate they approve, in integers and fractions. Pure.

A rule set may define weights and bands under `scoring`. Defaults (A): equal weights; 85 points and more
approve the ceiling, 70 eight tenths of it, 60 six tenths, fewer nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from market.kit.money import round_half_up

HEADINGS = ("novelty", "maturity", "benefit")
WEIGHTS = {"novelty": 1, "maturity": 1, "benefit": 1}
BANDS = ((85, 10_000), (70, 8_000), (60, 6_000))
"""Pairs of minimum points and basis points of the ceiling."""


def points_of(scores: Mapping[str, int], weights: Mapping[str, int] | None = None) -> Fraction:
    """Return one expert's weighted points, 0 to 100."""
    used = weights or WEIGHTS
    return Fraction(sum(scores[name] * used[name] for name in HEADINGS), sum(used[name] for name in HEADINGS))


def mean(points: Sequence[Fraction]) -> Fraction:
    """Return the exact mean of the experts' points."""
    return sum(points, Fraction(0)) / len(points)


def approved_rate(points: Fraction, ceiling: int, scoring: Mapping[str, Any] | None = None) -> int:
    """Return the approved rate in basis points, never above the ceiling; 0 below the last band."""
    own_bands = (scoring or {}).get("bands")
    bands = [(band["from"], band["share"]) for band in own_bands] if own_bands else list(BANDS)
    for minimum, share in sorted(bands, reverse=True):
        if points >= minimum:
            return round_half_up(Fraction(ceiling * share, 10_000))
    return 0
