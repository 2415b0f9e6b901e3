"""Expert scores (专家评审) and the rate they approve, in integers and fractions. Pure.

A rule set may define weights and bands under `scoring`; else those of `panel_rules.json` hold (A).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from market.kit.money import round_half_up

HEADINGS = ("novelty", "maturity", "benefit")
RULES: Mapping[str, Any] = json.loads(Path(__file__).with_name("panel_rules.json").read_text("utf-8"))
"""The panel's rules where a rule set has none of its own (A)."""
SMALLEST: int = RULES["smallest"]
"""Experts of a panel, at least."""
MORE: int = RULES["more"]
"""Experts asked once more where the scores lie in different bands."""
WEIGHTS: Mapping[str, int] = RULES["weights"]
BANDS = tuple((band["from"], band["share"]) for band in RULES["bands"])
"""Pairs of minimum points and basis points of the ceiling."""


def bands_of(scoring: Mapping[str, Any] | None) -> list[tuple[int, int]]:
    """Return the bands of a rule set, or of the panel's rules, the highest first."""
    own_bands = (scoring or {}).get("bands")
    bands = [(band["from"], band["share"]) for band in own_bands] if own_bands else list(BANDS)
    return sorted(bands, reverse=True)


def band_of(points: Fraction, scoring: Mapping[str, Any] | None = None) -> int:
    """Return the minimum points of the band that points lie in; 0 below the last."""
    return next((minimum for minimum, _share in bands_of(scoring) if points >= minimum), 0)


def is_crossed(points: Sequence[Fraction], scoring: Mapping[str, Any] | None = None) -> bool:
    """Return whether the experts' points lie in different bands."""
    return len({band_of(one, scoring) for one in points}) > 1


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


def approved_rate(points: Fraction, ceiling: int, scoring: Mapping[str, Any] | None = None) -> int:
    """Return the approved rate in basis points, never above the ceiling; 0 below the last band."""
    for minimum, share in bands_of(scoring):
        if points >= minimum:
            return round_half_up(Fraction(ceiling * share, 10_000))
    return 0
