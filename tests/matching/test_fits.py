"""Which matches are shown as 很合适 or 可参考, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from market.matching.fits import (
    Group,
    Terms,
    gap_words,
    group_of,
    indicator_sentences,
    part_rows,
    term_sentences,
)
from market.matching.indicators import Gap, IndicatorFit, Verdict

REACHED, SHORT, UNCLEAR, UNSTATED = Verdict.REACHED, Verdict.SHORT, Verdict.UNCLEAR, Verdict.UNSTATED


def row(verdict: Verdict, *, name: str = "强度", must: bool = False) -> IndicatorFit:
    is_known = verdict in (REACHED, SHORT)
    return IndicatorFit(
        name,
        "≥ 20",
        "23" if verdict is not UNSTATED else "",
        verdict,
        must,
        Gap(1, "3", "") if is_known else None,
    )


@pytest.mark.parametrize(
    ("content", "rows", "misfits", "expected"),
    [
        (450, [row(REACHED), row(UNSTATED)], [], Group.GOOD),
        (450, [], [], Group.GOOD),
        (450, [row(UNSTATED)], [], Group.WORTH),
        (450, [row(REACHED), row(SHORT)], [], Group.WORTH),
        (450, [row(REACHED, must=True), row(SHORT)], [], Group.GOOD),
        (450, [row(SHORT, must=True), row(REACHED)], [], Group.WORTH),
        (450, [row(UNSTATED, must=True), row(REACHED)], [], Group.WORTH),
        (450, [row(REACHED)], ["budget_below_price"], Group.WORTH),
        (450, [row(REACHED)], ["region_far"], Group.GOOD),
        (350, [row(REACHED)], [], Group.WORTH),
        (250, [row(REACHED)], [], Group.WORTH),
        (250, [row(UNSTATED)], [], Group.REST),
        (250, [], [], Group.REST),
        (100, [row(REACHED)], [], Group.REST),
    ],
)
def test_a_match_is_shown_where_subject_numbers_and_terms_agree(
    content: int, rows: list[IndicatorFit], misfits: list[str], expected: Group
) -> None:
    parts = {"wording": content - 100, "meaning": 100, "field": 140, "budget": 80}

    assert group_of(parts, misfits, rows) is expected


@pytest.mark.parametrize(
    ("name", "gap", "words"),
    [
        ("强度", Gap(1, "3.6", "MPa"), "高 3.6"),
        ("赤泥掺量", Gap(1, "8", "个百分点"), "多 8 个百分点"),
        ("赤泥掺量（干基）", Gap(-1, "8", "个百分点"), "低 8 个百分点"),
        ("掺量", Gap(-1, "8", "个百分点"), "少 8 个百分点"),
        ("成本", Gap(-1, "8", "元"), "低 8 元"),
        ("成本", Gap(0, "0", "元"), "正好"),
    ],
)
def test_a_gap_is_told_with_the_word_that_suits_the_indicator(name: str, gap: Gap, words: str) -> None:
    assert gap_words(name, gap) == words


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        ([], ["需求没有写指标"]),
        (
            [row(REACHED, must=True), row(UNSTATED, name="透水系数")],
            ["1 项必达全部达到", "透水系数没有写，可以先问"],
        ),
        ([row(REACHED), row(REACHED)], ["2 项指标全部达到"]),
        ([row(REACHED), row(SHORT, name="成本")], ["2 项指标达到 1 项", "成本高 3，没有达到"]),
        ([row(UNCLEAR), row(UNCLEAR, name="成本")], ["强度、成本两边写法不同，请您比较"]),
        ([row(SHORT, must=True)], ["强度高 3，没有达到"]),
    ],
)
def test_the_table_is_told_in_sentences(rows: list[IndicatorFit], sentences: list[str]) -> None:
    assert indicator_sentences(rows) == sentences


NOTHING: dict[str, Any] = {
    "budget": None,
    "price": None,
    "trl_min": None,
    "trl": None,
    "modes_wanted": [],
    "modes": [],
    "region_wanted": "",
    "region": "",
}


@pytest.mark.parametrize(
    ("terms", "sentences"),
    [
        ({}, ["价格面议"]),
        ({"price": 128_500_000}, ["挂牌价 128.50 万元，需求方没有写预算"]),
        ({"price": 128_500_000, "budget": 150_000_000}, ["挂牌价在预算内"]),
        ({"price": 150_000_000, "budget": 150_000_000}, ["挂牌价正在预算的上限"]),
        ({"price": 170_000_000, "budget": 150_000_000}, ["挂牌价比预算高 20.00 万元"]),
        (
            {"modes_wanted": ["licence"], "modes": ["service", "licence"]},
            ["价格面议", "合作方式相合：普通许可"],
        ),
        (
            {"modes_wanted": ["licence"], "modes": ["service"]},
            ["价格面议", "合作方式不同：要的是普通许可，有的是技术服务"],
        ),
        ({"trl_min": 6}, ["价格面议", "成熟度没有写"]),
        ({"trl_min": 6, "trl": 4}, ["价格面议", "成熟度 TRL 4，低于要求的 TRL 6"]),
        ({"trl_min": 6, "trl": 8}, ["价格面议", "成熟度够，TRL 8"]),
        ({"region_wanted": "451000", "region": "451081"}, ["价格面议", "同在百色市"]),
        ({"region_wanted": "451000", "region": "450100"}, ["价格面议", "同在广西壮族自治区"]),
        ({"region_wanted": "110105", "region": "110101"}, ["价格面议", "同在北京市"]),
        ({"region_wanted": "451000", "region": "440100"}, ["价格面议", "成果在广东省"]),
        ({"is_exclusive_refused": True}, ["价格面议", "没有写明可以独占"]),
    ],
)
def test_price_mode_maturity_and_region_are_told_in_sentences(
    terms: dict[str, Any], sentences: list[str]
) -> None:
    assert term_sentences(Terms(**(NOTHING | terms))) == sentences


def test_the_parts_of_a_score_say_why_and_out_of_how_many() -> None:
    rows = part_rows(
        {"wording": 230, "meaning": 100, "field": 140, "budget": 0, "region": 50, "feedback": -40},
        ["赤泥", "路面砖"],
        ["budget_below_price", "like_refused"],
    )

    assert [(part.label, part.points, part.most, part.because) for part in rows] == [
        ("用词与含义", 33, 62, "赤泥、路面砖"),
        ("领域与产业", 14, 14, ""),
        ("预算与价格", 0, 8, "预算低于挂牌价"),
        ("地域", 5, 5, ""),
        ("成熟度", 0, 6, "一方没有写"),
        ("合作方式", 0, 5, "一方没有写"),
        ("反馈", -4, 0, "与不感兴趣的一条相近"),
    ]
