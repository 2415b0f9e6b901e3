"""One line of somebody else's data as a listing of ours."""

from __future__ import annotations

from typing import Any

import pytest

from market.imports.open_data_rows import InvalidRow, check_text, need_of, outcome_of

ROW = {
    "id": "CN-1",
    "title": "  高导电\n铝合金 ",
    "abstract": "导电率提高 2%。强度不降。",
    "keywords": ["铝合金", " 导线 ", "铝合金", "", 5],
    "clc": "TM2",
    "source": "公开数据",
}


def test_an_outcome_takes_its_highlight_from_the_first_sentence_and_its_field_from_the_class() -> None:
    outcome = outcome_of(ROW)

    assert outcome["title"] == "高导电 铝合金"
    assert outcome["highlight"] == "导电率提高 2%。"
    assert outcome["keywords"] == ["铝合金", "导线"]
    assert outcome["field"] == "energy"
    assert outcome["source_classification"] == {"source": "公开数据", "clc": "TM2"}


def test_a_need_takes_its_text_as_it_is_and_a_number_for_its_reference() -> None:
    need = need_of({"id": 7, "title": "提高导电率", "text": "一行\r\n两行"})

    assert (need["source_reference"], need["description"]) == ("7", "一行\n两行")
    assert need["field"] == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": None}, "没有编号"),
        ({"id": "  "}, "没有编号"),
        ({"id": "长" * 200}, "编号过长"),
        ({"title": None}, "没有名称"),
        ({"title": "长" * 201}, "名称过长"),
        ({"title": 5}, "应是文字"),
        ({"abstract": "零\x00字节"}, "不能保存"),
        ({"abstract": "长" * 50_001}, "过长"),
    ],
)
def test_a_row_that_cannot_be_kept_says_why(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRow, match=reason):
        outcome_of(ROW | changes)


def test_what_is_no_record_at_all_says_so() -> None:
    with pytest.raises(InvalidRow, match="不是一条记录"):
        need_of(["CN-1"])


def test_half_a_character_cannot_be_stored() -> None:
    assert check_text("铝合金") == "铝合金"
    with pytest.raises(InvalidRow):
        check_text("半个\ud800")
