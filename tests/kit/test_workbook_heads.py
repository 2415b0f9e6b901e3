from __future__ import annotations

import pytest

from market.kit.workbooks.cells import Sheet
from market.kit.workbooks.heads import Head, HeadRow, HeadsNotFound, find_heads, head_key
from market.kit.workbooks.reading import read_sheets
from tests.kit.books import row_of, xlsx

NAME = Head("name", ("成果名称", "名称"))
PRICE = Head("price", ("价格（万元）",))
OWNER = Head("owner", ("单位", "完成单位"), is_needed=False)
LOW, HIGH = Head("low", ("预算下限",)), Head("high", ("预算上限",))


def sheet_of(*rows: list[str], merged: str = "", before: str = "") -> Sheet:
    written = "".join(row_of(number, *texts) for number, texts in enumerate(rows, start=1))
    ranges = "".join(f'<mergeCell ref="{span}"/>' for span in merged.split())
    [sheet] = read_sheets(xlsx(written, before=before, after=f"<mergeCells>{ranges}</mergeCells>"))
    return sheet


def names(heads: HeadRow) -> list[str]:
    return [heads.cell(row, "name").text for row in heads.rows()]


def test_heads_are_found_below_titles_and_a_merged_title_is_no_head() -> None:
    sheet = sheet_of(
        ["某大学2026年科技成果汇总表"],
        [],
        ["填表人：", "张某"],
        ["单位", "成果名称*", "价格（万元）"],
        ["某大学", "甲", "5"],
        merged="A1:C1",
    )

    heads = find_heads([sheet], [NAME, PRICE, OWNER])

    assert (heads.sheet.name, heads.row) == ("成果", 4)
    assert heads.columns == {"owner": 1, "name": 2, "price": 3}
    assert names(heads) == ["甲"]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("成果名称*", "成果名称"),
        (" 成 果\n名 称 ", "成果名称"),
        ("成果名称（必填，百字以内）", "成果名称"),
        ("交易类型[ Transaction Type ]", "交易类型"),
        ("借方发生额/元(支取)", "借方发生额"),
        ("价格(万元)", "价格（万元）"),
        ("价格（单位：万元）", "价格（万元）"),
        ("价格/万元", "价格（万元）"),
        ("ＴＲＬ", "trl"),
    ],
)
def test_a_head_is_recognised_however_it_is_spelled(typed: str, wanted: str) -> None:
    assert head_key(typed) == head_key(wanted)


@pytest.mark.parametrize("typed", ["价格", "价格（元）", "价格（亿元）", "价格（%）", "（万元）"])
def test_another_unit_is_another_head(typed: str) -> None:
    assert head_key(typed) != head_key("价格（万元）")


def test_heads_over_two_rows_are_read_with_the_group_that_reaches_over_them() -> None:
    sheet = sheet_of(
        ["成果名称", "预算", "", "单位"],
        ["", "下限", "上限"],
        ["甲", "50", "100", "某大学"],
        merged="A1:A2 B1:C1 D1:D2",
    )

    heads = find_heads([sheet], [NAME, LOW, HIGH, OWNER])

    assert (heads.row, heads.columns) == (2, {"name": 1, "low": 2, "high": 3, "owner": 4})
    assert names(heads) == ["甲"]


def test_heads_merged_downwards_are_not_taken_for_a_row_of_data() -> None:
    heads = find_heads([sheet_of(["成果名称", "说明"], ["", "备注"], ["甲", "乙"], merged="A1:A2")], [NAME])

    assert names(heads) == ["甲"]


def test_heads_repeated_on_the_next_page_are_left_out() -> None:
    sheet = sheet_of(["名称", "单位"], ["甲", "一"], ["名称", "单位"], ["乙", "二"])

    assert names(find_heads([sheet], [NAME, OWNER])) == ["甲", "乙"]


def test_the_first_sheet_that_has_the_heads_is_taken_and_of_two_equal_heads_the_first() -> None:
    cover, table = sheet_of(["填表说明"]), sheet_of(["单位", "名称", "名称"], ["某大学", "甲", "乙"])

    heads = find_heads([cover, table], [NAME, OWNER])

    assert heads.sheet is table
    assert names(heads) == ["甲"]


def test_what_the_nearest_row_lacks_is_told() -> None:
    sheet = sheet_of(["汇总表"], ["成果名称", "价格（元）"], ["甲", "5"])

    with pytest.raises(HeadsNotFound) as refused:
        find_heads([sheet], [NAME, PRICE, OWNER])

    assert ([head.name for head in refused.value.missing], refused.value.row) == (["price"], 2)
    assert str(refused.value) == "价格（万元）"
    with pytest.raises(HeadsNotFound, match="成果名称、价格"):
        find_heads([], [NAME, PRICE])


def test_hidden_rows_and_wanted_columns_are_told_with_their_place() -> None:
    rows = row_of(1, "名称", "单位") + row_of(2, "甲").replace("<row ", '<row hidden="1" ')
    [sheet] = read_sheets(xlsx(rows, before='<cols><col min="2" max="3" hidden="1"/></cols>'))

    assert find_heads([sheet], [NAME, OWNER]).notices() == [
        "第 2 行是隐藏的，也已读入。",
        "B 列是隐藏的，也已读入。",
    ]
    assert find_heads([sheet_of(["名称"], ["甲"])], [NAME]).notices() == []
