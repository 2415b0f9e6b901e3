"""Rules of a round and what experts type: what is read, what is refused, and where."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from market.panels.round_rules import (
    DEFAULT_RULES,
    BadRules,
    Heading,
    read_rules,
    with_bands,
    write_rules,
)
from market.panels.score_sheets import read_sheet, sheet_digest

WEIGHTED = replace(
    DEFAULT_RULES,
    headings=(Heading("a", "甲", 30, 100), Heading("b", "乙", 40, 100), Heading("c", "丙", 30, 100)),
)


def test_rules_are_written_and_read_back() -> None:
    assert read_rules(write_rules(WEIGHTED)) == WEIGHTED
    assert with_bands(WEIGHTED, [(60, 6000), (90, 10_000)]).bands == ((90, 10_000), (60, 6000))
    assert WEIGHTED.quotas.most_of_unit == 1
    assert WEIGHTED.limits.bands == (85, 70, 60)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("smallest", {"smallest": 2}),
        ("target", {"target": 2}),
        ("target", {"target": 16}),
        ("kinds", {"kinds": {"financial": 4}}),
        ("largest_share", {"largest_share": Fraction(0)}),
        ("headings", {"headings": (Heading("a", "甲", 99, 100),)}),
        ("headings", {"headings": (Heading("a", "甲", 50, 100), Heading("a", "甲", 50, 100))}),
        ("headings", {"headings": (Heading("a", "甲", 100, 0),)}),
        ("score_days", {"score_days": 0}),
    ],
)
def test_rules_that_contradict_themselves_are_refused_at_their_field(
    field: str, change: dict[str, Any]
) -> None:
    with pytest.raises(BadRules) as refused:
        read_rules(write_rules(replace(DEFAULT_RULES, **change)))
    assert refused.value.field == field


def test_weights_of_the_worked_example() -> None:
    assert WEIGHTED.points_of({"a": 80, "b": 90, "c": 70}) == 81
    assert WEIGHTED.points_of({"a": 80, "b": None, "c": 70}) == 75
    assert WEIGHTED.points_of({"a": None}) is None
    assert [WEIGHTED.band_of(Fraction(points)) for points in (85, 69, 59)] == [
        (85, 10_000),
        (60, 6000),
        (0, 0),
    ]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"score_a": "100.5"}, "score_a"),
        ({"score_a": "九十"}, "score_a"),
        ({"score_a": "101"}, "score_a"),
        ({"score_a": "-1"}, "score_a"),
        ({"score_a": ""}, "reason_a"),
        ({"score_a": "", "reason_a": "不懂"}, "reason_a"),
        ({"score_a": "", "reason_a": "长" * 301}, "reason_a"),
        ({"score_a": "80", "reason_a": "材料缺少检测报告原件"}, "reason_a"),
    ],
)
def test_a_score_that_cannot_be_read_is_told_at_its_field(typed: dict[str, str], field: str) -> None:
    sheet = read_sheet(WEIGHTED, {"score_b": "80", "score_c": "80"} | typed)

    assert set(sheet.errors) == {field}


def test_a_sheet_is_read_heading_by_heading() -> None:
    sheet = read_sheet(WEIGHTED, {"score_a": " ９０ ", "reason_b": "材料缺少检测报告原件", "score_c": "0"})

    assert dict(sheet.errors) == {}
    assert sheet.scores == {"a": 90, "b": None, "c": 0}
    assert sheet_digest(sheet, "可行", "") != sheet_digest(sheet, "可行", "另")
