"""Points of experts."""

from __future__ import annotations

from fractions import Fraction

from market.panels.scoring import bands_of, mean, points_of

SCORES = {"novelty": 90, "maturity": 70, "benefit": 77}


def test_points_are_weighed_and_averaged_exactly() -> None:
    assert mean([points_of(SCORES), Fraction(80)]) == Fraction(159, 2)
    assert points_of(SCORES, {"novelty": 2, "maturity": 1, "benefit": 1}) == Fraction(327, 4)
    assert bands_of({"bands": [{"from": 50, "share": 5000}, {"from": 80, "share": 10_000}]})[0] == (
        80,
        10_000,
    )
