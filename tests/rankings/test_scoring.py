"""Scores and ranks: bounded, set before the year, equal for equal published scores."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.rankings.scoring import (
    Bounds,
    Direction,
    Rank,
    competition_ranks,
    last_ones,
    points,
    tenths,
    weighted,
)

FROM_120_TO_400 = Bounds(Fraction(120), Fraction(400))
PUBLISHED = {"南宁": 923, "柳州": 923, "桂林": 911, "北海": 880, "梧州": 880, "钦州": 701}


@pytest.mark.parametrize(
    ("value", "expected"), [(120, "60.00"), (200, "71.43"), (400, "100.00"), (500, "100.00"), (100, "60.00")]
)
def test_efficacy_is_bounded_between_sixty_and_a_hundred(value: int, expected: str) -> None:
    assert f"{float(points(Fraction(value), FROM_120_TO_400)):.2f}" == expected


def test_less_may_be_better_and_equal_bounds_are_met_or_not() -> None:
    less = Bounds(Fraction(2), Fraction(10), Direction.LESS)
    met, at_most = Bounds(Fraction(5), Fraction(5)), Bounds(Fraction(5), Fraction(5), Direction.LESS)

    assert [points(Fraction(value), less) for value in (2, 6, 10, 12)] == [100, 80, 60, 60]
    assert [points(Fraction(value), met) for value in (4, 5, 6)] == [60, 100, 100]
    assert [points(Fraction(value), at_most) for value in (4, 5, 6)] == [100, 100, 60]


def test_equal_published_scores_have_equal_ranks_and_the_next_is_left_out() -> None:
    ranks = competition_ranks(PUBLISHED)

    assert {key: rank.place for key, rank in ranks.items()} == {
        "南宁": 1,
        "柳州": 1,
        "桂林": 3,
        "北海": 4,
        "梧州": 4,
        "钦州": 6,
    }
    assert ranks["南宁"] == Rank(1, True)
    assert ranks["桂林"] == Rank(3, False)


def test_a_tie_at_the_border_of_the_last_ones_is_left_to_people() -> None:
    assert last_ones(PUBLISHED, 1) == ({"钦州"}, set())
    assert last_ones(PUBLISHED, 2) == ({"钦州"}, {"北海", "梧州"})
    assert last_ones(PUBLISHED, 3) == ({"钦州", "北海", "梧州"}, set())
    assert last_ones({}, 2) == (set(), set())
    assert last_ones(PUBLISHED, 0) == (set(), set())


def test_scores_are_rounded_once_as_they_are_published() -> None:
    assert weighted([(30, Fraction(100)), (10, Fraction(60))]) == 90
    assert tenths(Fraction(9225, 100)) == 923
    assert tenths(Fraction(9224, 100)) == 922
    with pytest.raises(ValueError, match="weight"):
        weighted([(0, Fraction(100))])


@given(st.dictionaries(st.integers(), st.integers(600, 1000), min_size=1, max_size=20))
def test_ranks_do_not_depend_on_the_order_or_on_the_scale(scores: dict[int, int]) -> None:
    doubled = {key: 2 * score + 7 for key, score in reversed(scores.items())}

    assert competition_ranks(scores) == competition_ranks(doubled)


@given(st.fractions(), st.fractions(), st.fractions(), st.sampled_from(Direction))
def test_points_are_bounded_whatever_the_value(
    value: Fraction, low: Fraction, width: Fraction, way: Direction
) -> None:
    score = points(value, Bounds(low, low + abs(width), way))

    assert 60 <= score <= 100
    assert 600 <= tenths(score) <= 1000


@given(st.dictionaries(st.integers(), st.integers(0, 1000), min_size=1, max_size=20), st.randoms())
def test_ranks_depend_on_the_order_of_scores_alone(scores: dict[int, int], chance: Random) -> None:
    keys = list(scores)
    chance.shuffle(keys)
    risen = {key: scores[key] ** 3 + scores[key] for key in keys}
    ranks = competition_ranks(scores)

    assert ranks == competition_ranks(risen)
    for first in scores:
        for second in scores:
            assert (scores[first] == scores[second]) == (ranks[first].place == ranks[second].place)
            assert (scores[first] > scores[second]) == (ranks[first].place < ranks[second].place)


@given(st.dictionaries(st.integers(), st.integers(0, 1000), min_size=1, max_size=14), st.integers(1, 10))
def test_of_the_last_ones_no_more_are_certain_than_there_are(scores: dict[int, int], count: int) -> None:
    certain, in_doubt = last_ones(scores, count)

    assert len(certain) <= count
    assert not certain & in_doubt
    assert len({scores[key] for key in in_doubt}) <= 1
    assert len(certain | in_doubt) >= min(count, len(scores))
