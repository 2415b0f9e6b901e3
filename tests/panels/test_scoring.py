"""Expert scores and the rate they approve."""

from __future__ import annotations

from fractions import Fraction

import pytest

from market.panels.scoring import approved_rate, mean, points_of
from tests.panels.factories import SCORES


@pytest.mark.parametrize(
    ("points", "rate"),
    [(100, 5000), (85, 5000), (84, 4000), (70, 4000), (69, 3000), (60, 3000), (59, 0), (0, 0)],
)
def test_points_approve_a_part_of_the_ceiling(points: int, rate: int) -> None:
    assert approved_rate(Fraction(points), 5000) == rate


def test_points_are_weighed_and_averaged_exactly() -> None:
    assert mean([points_of(SCORES), Fraction(80)]) == Fraction(159, 2)
    assert points_of(SCORES, {"novelty": 2, "maturity": 1, "benefit": 1}) == Fraction(327, 4)
    assert approved_rate(Fraction(50), 3333, {"bands": [{"from": 50, "share": 5000}]}) == 1667
