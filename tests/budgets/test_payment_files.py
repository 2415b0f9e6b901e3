"""Layouts of payment files: what is read, what is refused, and how codes and amounts are written."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from market.budgets.payment_files import (
    PaymentTable,
    columns_text,
    csv_file,
    read_columns,
    read_layout,
    read_rows,
    rows_text,
    shipped_layouts,
    workbook_file,
)
from market.kit.errors import Invalid

SHARED = {
    "instruction": "ZL-2026-000001",
    "batch": "PC-2026-000001",
    "programme": "后补助",
    "year": "2026",
    "released_on": "2026-03-12",
    "count": "1",
    "total": "228230.67",
    "total_words": "贰拾贰万捌仟贰佰叁拾元陆角柒分",
    "maker": "甲",
    "checker": "乙",
    "checksum": "ab" * 32,
}
LINE = {
    "sequence": "1",
    "order": "BF-2026-000001",
    "claim": "BZ-2026-000001",
    "payee": "=来宾蔗源",
    "uscc": "914500000000000001",
    "account": "0622202999999999999",
    "bank": "来宾支行",
    "bank_code": "102611000001",
    "province": "广西壮族自治区",
    "city": "来宾市",
    "amount": "228230.67",
}
TABLE = PaymentTable(SHARED, [LINE])


def content(**changes: Any) -> dict[str, Any]:
    return shipped_layouts()["treasury"].content() | changes


def test_one_layout_for_banks_and_one_for_the_treasury_are_shipped_and_marked_as_assumed() -> None:
    layouts = shipped_layouts()

    assert list(layouts) == ["bank_bulk", "treasury"]
    assert all("（A）" in layout.name and layout.version == 0 for layout in layouts.values())
    titles = [title for title, _value in layouts["treasury"].columns]
    needed = {"序号", "收款人", "账号", "开户行", "行号", "省", "市", "用途/附言", "预算项目", "支付方式"}
    assert needed <= set(titles)
    foot = [cell for row in layouts["treasury"].foot for cell in row]
    for title in ("合计笔数", "合计金额（元）", "大写", "制表", "复核", "校验码"):
        assert title in foot


@pytest.mark.parametrize("key", ["bank_bulk", "treasury"])
def test_every_code_is_a_text_cell_and_only_amounts_are_numbers(key: str) -> None:
    layout = shipped_layouts()[key]

    sheet = load_workbook(io.BytesIO(workbook_file(layout, TABLE))).worksheets[0]

    titles = [title for title, _value in layout.columns]
    row = next(cell for cells in sheet.iter_rows() for cell in cells if cell.value == "BF-2026-000001").row
    cells = {title: sheet.cell(row, place) for place, title in enumerate(titles, start=1)}
    for title, cell in cells.items():
        assert cell.data_type == ("n" if title == "金额（元）" or cell.value is None else "s"), title
        assert title == "金额（元）" or cell.number_format == "@", title
    assert cells["金额（元）"].value == 228230.67
    account = next(cell.value for title, cell in cells.items() if "账号" in title)
    assert account == "0622202999999999999"


@pytest.mark.parametrize("key", ["bank_bulk", "treasury"])
def test_the_csv_has_the_same_cells_in_the_encoding_of_its_layout(key: str) -> None:
    layout = shipped_layouts()[key]

    rows = list(csv.reader(io.StringIO(csv_file(layout, TABLE).decode(layout.encoding))))

    titles = [title for title, _value in layout.columns]
    line = dict(zip(titles, rows[rows.index(titles) + 1], strict=True))
    account = next(value for title, value in line.items() if "账号" in title)
    assert account == "0622202999999999999" + ("\t" if layout.guard_digits else "")
    assert line["金额（元）"] == "228230.67"


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"name": ""}, "name", "请填写名称"),
        ({"encoding": "latin-1"}, "encoding", "请选择编码"),
        ({"columns": []}, "columns", "应有 1 到"),
        ({"columns": [["账号", "{account}"], ["金额", "{amount}"]]}, "columns", "缺少这些内容：收款人"),
        ({"columns": [["账", "{account}"], ["户", "{payee} {amount}"]]}, "columns", "金额应单独占一列"),
        ({"columns": [["账", "{account}"], ["账", "{payee}"]]}, "columns", "列标题重复：账"),
        ({"columns": [["账", "{accounts}"]]}, "columns", "这里不能用 {accounts}"),
        ({"columns": [["账", "{account"]]}, "columns", "大括号不成对"),
        ({"columns": [["账", "x" * 201]]}, "columns", "太长"),
        ({"head": [["{account}"]]}, "head", "这里不能用 {account}"),
        ({"foot": [["x"]] * 11}, "foot", "最多 10 行"),
    ],
)
def test_a_layout_that_pays_nobody_or_names_what_there_is_not_is_refused_at_its_field(
    change: dict[str, Any], field: str, why: str
) -> None:
    with pytest.raises(Invalid, match=why) as refusal:
        read_layout("treasury", 1, content(**change))

    assert refusal.value.field == field


def test_what_the_office_types_is_read_as_it_is_shown() -> None:
    layout = shipped_layouts()["treasury"]

    assert tuple(read_columns(columns_text(layout.columns))) == layout.columns
    assert tuple(map(tuple, read_rows(rows_text(layout.foot)))) == layout.foot
    assert read_columns("账号＝｛account｝") == [("账号", "{account}")]
    with pytest.raises(Invalid, match="第 2 行应写成"):
        read_columns("账号={account}\n金额")
