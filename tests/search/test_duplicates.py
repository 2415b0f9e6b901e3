"""What counts as the same text posted twice."""

from __future__ import annotations

import random

import pytest

from market.search.duplicates import THRESHOLD, duplicate_groups, similarity

NEED = "架空导线用耐热铝合金，导电率不低于 60% IACS，长期运行温度 150 ℃，需要配套的在线淬火工艺和检测方法。"


@pytest.mark.parametrize(
    "other",
    [
        NEED,
        NEED.replace(" ", "").replace("，", ","),
        NEED.replace("导线", "導線").replace("检测", "檢測"),
        NEED + "希望三个月内见面。",
        NEED.replace("不低于", "大于"),
    ],
)
def test_the_same_text_written_a_little_differently_is_alike(other: str) -> None:
    assert similarity(NEED, other) == similarity(other, NEED) >= THRESHOLD


@pytest.mark.parametrize(
    "other",
    [
        "",
        "---",
        "铝合金",
        "架空导线用耐热铝合金的长期蠕变寿命预测模型，希望给出 150 ℃ 下三十年的伸长量和置信区间。",
        "甘蔗收获机切割器的耐磨涂层，要求寿命提高一倍。",
    ],
)
def test_another_text_on_the_same_matter_is_not(other: str) -> None:
    assert similarity(NEED, other) < THRESHOLD


def test_groups_are_those_that_comparing_all_pairs_would_find() -> None:
    chance = random.Random(4)
    words = ["铝合金", "导电率", "淬火", "甘蔗", "切割", "电池", "均温", "检测", "涂层", "寿命"]
    texts: list[tuple[int, str]] = []
    for number in range(60):
        text = "".join(chance.choices(words, k=12))
        texts.append((number, text))
        if number % 6 == 0:
            texts.append((100 + number, text.replace("甘蔗", "木薯", 1)))

    pairs = {
        frozenset(pair)
        for group in duplicate_groups(texts)
        for pair in ((a, b) for a in group for b in group)
    }

    for a, one in texts:
        for b, other in texts:
            if a < b and similarity(one, other) >= THRESHOLD:
                assert frozenset((a, b)) in pairs
