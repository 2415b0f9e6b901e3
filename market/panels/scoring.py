"""Points of experts and the bands that they lie in, in integers and fractions. Pure.

A rule set may define weights and bands under `scoring`; else those of `panel_rules.json` hold (A).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

HEADINGS = ("novelty", "maturity", "benefit")
"""Of the single experts of before; a round's rules name its own."""
RULES: Mapping[str, Any] = json.loads(Path(__file__).with_name("panel_rules.json").read_text("utf-8"))
"""The panel's rules where a rule set has none of its own (A)."""
WEIGHTS: Mapping[str, int] = RULES["weights"]
BANDS = tuple((band["from"], band["share"]) for band in RULES["bands"])
"""Pairs of minimum points and basis points of the ceiling."""


def bands_of(scoring: Mapping[str, Any] | None) -> list[tuple[int, int]]:
    """Return the bands of a rule set, or of the panel's rules, the highest first."""
    own_bands = (scoring or {}).get("bands")
    bands = [(band["from"], band["share"]) for band in own_bands] if own_bands else list(BANDS)
    return sorted(bands, reverse=True)


def leave_one_out(points: Sequence[Fraction]) -> tuple[Fraction, Fraction] | None:
    """Return the lowest and the highest mean when any one expert is left out; None of fewer than two."""
    if len(points) < 2:
        return None
    means = [mean([*points[:place], *points[place + 1 :]]) for place in range(len(points))]
    return min(means), max(means)


def hundredths(points: Fraction) -> str:
    """Return points to two decimals, rounded half up."""
    rounded = (200 * points.numerator + points.denominator) // (2 * points.denominator)
    return f"{rounded // 100}.{rounded % 100:02d}"


def points_of(scores: Mapping[str, int], weights: Mapping[str, int] | None = None) -> Fraction:
    """Return one expert's weighted points, 0 to 100."""
    used = weights or WEIGHTS
    return Fraction(sum(scores[name] * used[name] for name in HEADINGS), sum(used[name] for name in HEADINGS))


def mean(points: Sequence[Fraction]) -> Fraction:
    """Return the exact mean of the experts' points."""
    return sum(points, Fraction(0)) / len(points)
