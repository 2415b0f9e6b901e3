"""Charts as numbers: what the drawing stands for."""

from __future__ import annotations

import pytest

from market.kit.charts import HEIGHT, Funnel, Line, MonthBars, ShareBar, Stage, nice_top


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (99, 100), (501, 1000)]
)
def test_a_scale_ends_at_a_round_number(largest: int, top: int) -> None:
    assert nice_top(largest) == top


def test_bars_begin_at_zero_and_are_compared_with_the_same_months_of_the_year_before() -> None:
    now, before = [100, 300, *[0] * 10], [50, 150, 900, *[0] * 9]
    chart = MonthBars("到账", 2026, now, before, months_over=2)

    assert (chart.top, chart.height(1000), chart.height(500)) == (1000, HEIGHT, HEIGHT / 2)
    assert chart.height(-5) == 0
    assert (chart.total, chart.total_before, chart.change) == (400, 1100, 1000)
    assert MonthBars("到账", 2026, now, [0] * 12, 2).change is None
    assert MonthBars("到账", 2026, [0] * 12, [0] * 12, 2).is_empty
    assert not chart.is_empty


def test_a_funnel_tells_what_each_stage_kept_of_the_one_before() -> None:
    stages = [Stage("看", 40), Stage("谈", 10), Stage("签", 0), Stage("付", 0)]
    funnel = Funnel("漏斗", stages)

    assert [funnel.width(stage) for stage in stages] == [100.0, 25.0, 0.0, 0.0]
    assert [funnel.kept(index) for index in range(4)] == [None, 25.0, 0.0, None]
    assert Funnel("空", []).width(Stage("看", 0)) == 0.0


def test_a_line_spans_its_field_whatever_its_values() -> None:
    assert Line("率", ["1", "2", "3"], [0, 1, 2]).points == "0.00,130.0 50.00,65.0 100.00,0.0"
    assert Line("率", ["1"], [0]).points == "0.00,130.0"
    assert Line("率", [], []).points == ""


def test_a_share_stays_within_its_place() -> None:
    assert [ShareBar(value).width for value in (-1, 0.5, 2)] == [0.0, 50.0, 100.0]
    assert ShareBar(1, (0.25, 2)).marks == [25.0, 100.0]
