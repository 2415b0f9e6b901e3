"""Statistics of small panels: the worked examples, and what no order of experts may change."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.panels.scoring import hundredths
from market.panels.statistics import (
    MOST_EXACT,
    Flag,
    Limits,
    Statistic,
    Unconnected,
    additive_biases,
    has_identical,
    summarise,
)

LIMITS = Limits(smallest=3, spread=30, bands=(85, 70, 60))
POINTS = st.lists(st.integers(0, 100).map(Fraction), min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("points", "mean", "trimmed", "median", "deviation", "left_out", "flags", "crossed"),
    [
        ([88, 85, 90, 86, 87], "87.20", "87.00", 87, 1, "86.50–87.75", [], ()),
        (
            [88, 85, 90, 86, 30],
            "75.80",
            "86.33",
            86,
            2,
            "72.25–87.25",
            [Flag.SPREAD, Flag.OUTLIER, Flag.CROSSES],
            (85,),
        ),
        (
            [92, 91, 58],
            "80.33",
            None,
            91,
            1,
            "74.50–91.50",
            [Flag.SPREAD, Flag.OUTLIER, Flag.CROSSES],
            (85,),
        ),
        ([90, 60, 75], "75.00", None, 75, 15, "67.50–82.50", [Flag.CROSSES], (70,)),
        ([80, 80, 80, 80, 80], "80.00", "80.00", 80, 0, "80.00–80.00", [], ()),
    ],
)
def test_the_worked_examples(
    points: list[int],
    mean: str,
    trimmed: str | None,
    median: int,
    deviation: int,
    left_out: str,
    flags: list[Flag],
    crossed: tuple[int, ...],
) -> None:
    summary = summarise([Fraction(value) for value in points], LIMITS)

    assert hundredths(summary.mean) == mean
    assert (summary.trimmed and hundredths(summary.trimmed)) == trimmed
    assert summary.median == median
    assert summary.deviation == deviation
    assert summary.left_out is not None
    assert "–".join(map(hundredths, summary.left_out)) == left_out
    assert (list(summary.flags), summary.crossed) == (flags, crossed)


def test_an_outlier_is_named_and_stays_in_every_number() -> None:
    summary = summarise([Fraction(value) for value in (88, 85, 90, 86, 30)], LIMITS)

    assert summary.outliers == (4,)
    assert summary.spread == 60
    assert [summary.value(statistic) for statistic in Statistic] == [
        Fraction(379, 5),
        Fraction(259, 3),
        Fraction(86),
    ]


def test_two_points_are_too_few_and_one_leaves_nothing_out() -> None:
    few = summarise([Fraction(80), Fraction(80)], LIMITS)
    single = summarise([Fraction(80)], LIMITS)

    assert few.flags == single.flags == (Flag.SMALL,)
    assert (single.left_out, single.crossed) == (None, ())
    assert few.value(Statistic.TRIMMED) == 80
    with pytest.raises(ValueError, match="no points"):
        summarise([], LIMITS)


def test_two_experts_with_the_same_score_under_every_heading_are_flagged() -> None:
    same = {"novelty": 80, "maturity": None}
    assert has_identical([same, dict(same)])
    assert not has_identical([same, {"novelty": 81, "maturity": None}])
    assert not has_identical([{"novelty": 80}, {"novelty": 80}])
    points = [Fraction(80), Fraction(80), Fraction(80)]
    assert summarise(points, LIMITS, [same, same, {**same, "novelty": 79}]).flags == (Flag.IDENTICAL,)


def test_the_additive_model_of_the_worked_example() -> None:
    scores = {
        ("A", "r1"): 90,
        ("A", "r2"): 80,
        ("B", "r1"): 85,
        ("B", "r3"): 70,
        ("C", "r2"): 78,
        ("C", "r3"): 68,
        ("D", "r1"): 88,
        ("D", "r2"): 78,
    }
    model = additive_biases({pair: Fraction(value) for pair, value in scores.items()})

    assert dict(model.biases) == {"r1": Fraction(26, 3), "r2": Fraction(-1, 3), "r3": Fraction(-25, 3)}
    assert {item: hundredths(value) for item, value in model.adjusted.items()} == {
        "A": "80.83",
        "B": "77.33",
        "C": "77.33",
        "D": "78.83",
    }


def test_an_unconnected_design_is_refused() -> None:
    with pytest.raises(Unconnected):
        additive_biases({("A", "r1"): Fraction(90), ("B", "r2"): Fraction(80)})
    with pytest.raises(Unconnected):
        additive_biases({})


@settings(deadline=None, max_examples=40)
@given(POINTS.flatmap(lambda points: st.tuples(st.just(points), st.permutations(points))))
def test_the_order_of_experts_changes_nothing(orders: tuple[list[Fraction], list[Fraction]]) -> None:
    first, second = (summarise(points, LIMITS) for points in orders)

    assert (first.mean, first.trimmed, first.median, first.deviation, first.left_out, first.flags) == (
        second.mean,
        second.trimmed,
        second.median,
        second.deviation,
        second.left_out,
        second.flags,
    )
    assert sorted(first.points[place] for place in first.outliers) == sorted(
        second.points[place] for place in second.outliers
    )


@settings(deadline=None, max_examples=40)
@given(POINTS)
def test_every_statistic_lies_between_the_lowest_and_the_highest(points: list[Fraction]) -> None:
    summary = summarise(points, LIMITS)

    for statistic in Statistic:
        assert min(points) <= summary.value(statistic) <= max(points)


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ABCDE"), st.sampled_from(["r1", "r2", "r3", "r4"])),
        st.integers(0, 100).map(Fraction),
        min_size=1,
    ),
    st.integers(-40, 40),
)
def test_a_constant_added_to_one_expert_never_changes_the_adjusted_order(
    scores: dict[tuple[str, str], Fraction], constant: int
) -> None:
    expert = next(iter(scores))[1]
    shifted = {pair: value + constant * (pair[1] == expert) for pair, value in scores.items()}
    try:
        before = additive_biases(scores).adjusted
    except Unconnected:
        with pytest.raises(Unconnected):
            additive_biases(shifted)
        return
    after = additive_biases(shifted).adjusted

    assert len({after[item] - before[item] for item in before}) == 1
    assert sum(additive_biases(shifted).biases.values()) == 0


@pytest.mark.parametrize("count", [MOST_EXACT, MOST_EXACT + 5])
def test_biases_leave_no_residual_of_an_expert_or_an_item_however_many_experts_there_are(count: int) -> None:
    chance = Random(7)
    experts = [f"r{number:02}" for number in range(count)]
    panels = [{experts[item], *chance.sample(experts, 5)} for item in range(count)]
    pairs = [(f"i{item}", expert) for item, panel in enumerate(panels) for expert in sorted(panel)]
    scores = {pair: Fraction(chance.randrange(50, 95)) for pair in pairs}

    model = additive_biases(scores)

    residuals = {
        (item, expert): value - model.adjusted[item] - model.biases[expert]
        for (item, expert), value in scores.items()
    }
    assert len(model.biases) == count
    for place in (0, 1):
        for name in {pair[place] for pair in pairs}:
            rest = sum(value for pair, value in residuals.items() if pair[place] == name)
            assert abs(float(rest)) < 1e-9
