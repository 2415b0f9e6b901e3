from __future__ import annotations

import csv
import io
import struct
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kit.workbooks.cells import (
    ERRORS,
    Cell,
    Kind,
    Limits,
    Row,
    Sheet,
    UnreadableWorkbook,
    clean,
    text_cell,
)
from market.kit.workbooks.ooxml import is_date_format
from market.kit.workbooks.reading import read_sheets
from tests.kit.books import packed, row_of, xlsx
from tests.kit.xls import Formula, Table, container, xls

DATE_STYLES = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="57"/><xf numFmtId="9"/></cellXfs>'


def only_sheet(content: bytes, limits: Limits | None = None) -> Sheet:
    [sheet] = read_sheets(content, limits)
    return sheet


def texts(sheet: Sheet) -> list[list[str]]:
    """The texts of the sheet's rows, from column A to the last that holds something."""
    return [[row.cell(column).text for column in range(1, max(row.cells) + 1)] for row in sheet.rows]


def cell(content: bytes, letter: str = "A", row: int = 1) -> Cell:
    [only_cell] = [
        cell
        for line in only_sheet(content).rows
        for cell in line.cells.values()
        if cell.address == f"{letter}{row}"
    ]
    return only_cell


# What Excel, WPS and exporters write


@pytest.mark.parametrize("dimension", ["", '<dimension ref="A1"/>', '<dimension ref="A1:XFD1048576"/>'])
def test_a_wrong_or_missing_dimension_hides_no_cell(dimension: str) -> None:
    content = xlsx(row_of(1, "名称", "单位") + row_of(2, "甲", "某大学"), before=dimension)

    assert texts(only_sheet(content)) == [["名称", "单位"], ["甲", "某大学"]]


def test_a_workbook_saved_as_strict_or_with_prefixes_is_read_like_any_other() -> None:
    rows = row_of(1, "名称") + '<row r="2"><c r="A2" s="1"><v>46447</v></c></row>'

    assert texts(only_sheet(xlsx(rows, styles=DATE_STYLES, strict=True))) == [["名称"], ["2027-03-01"]]
    prefixed = '<x:row r="1"><x:c r="A1" t="str"><x:v>名称</x:v></x:c></x:row>'
    assert texts(only_sheet(xlsx(prefixed, prefix="x"))) == [["名称"]]


def test_rows_and_cells_without_an_address_follow_the_one_before() -> None:
    rows = '<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row><row><c/><c t="str"><v>c</v></c></row>'

    assert [cell.address for row in only_sheet(xlsx(rows)).rows for cell in row.cells.values()] == [
        "A1",
        "B1",
        "B2",
    ]


def test_shared_texts_lose_their_readings_and_escapes() -> None:
    strings = "<si><r><t>甘蔗</t></r><r><t>渣_x000D_\n板</t></r><rPh><t>ganzhe</t></rPh></si>"
    strings += "<si><t>_x005F_x0041_</t></si>"
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'

    assert texts(only_sheet(xlsx(rows, strings=strings))) == [["甘蔗渣\n板", "_x0041_"]]


@pytest.mark.parametrize(
    ("xml", "kind", "text"),
    [
        ('t="e"><v>#N/A</v>', Kind.ERROR, "#N/A"),
        ('t="str"><v>#REF!</v>', Kind.ERROR, "#REF!"),
        ('t="b"><v>1</v>', Kind.BOOLEAN, "TRUE"),
        ("><v>120.5</v>", Kind.NUMBER, "120.5"),
        ("><v>1234.5599999999999</v>", Kind.NUMBER, "1234.56"),
        ("><v>0.30000000000000004</v>", Kind.NUMBER, "0.3"),
        ("><v>1E2</v>", Kind.NUMBER, "100"),
        ("><v>-0</v>", Kind.NUMBER, "0"),
        ("><v>13800000000</v>", Kind.NUMBER, "13800000000"),
        ("><v>NaN</v>", Kind.ERROR, "#NUM!"),
        ('s="1"><v>46447</v>', Kind.DATE, "2027-03-01"),
        ('s="2"><v>46447.395833333336</v>', Kind.DATE, "2027-03-01 09:30:00"),
        ('s="1"><v>1</v>', Kind.DATE, "1900-01-01"),
        ('s="1"><v>0.395833333333333</v>', Kind.TEXT, "09:30:00"),
        ('s="1"><v>-3</v>', Kind.ERROR, "#NUM!"),
        ('s="3"><v>0.3</v>', Kind.NUMBER, "0.3"),
        ('t="d"><v>2027-03-01T09:30:00</v>', Kind.DATE, "2027-03-01 09:30:00"),
        ("><f>100+20</f><v>120</v>", Kind.NUMBER, "120"),
        ('t="str"><f>A2</f><v>某大学</v>', Kind.TEXT, "某大学"),
        ("><f>100+20</f>", Kind.FORMULA, "=100+20"),
        ("><f>100+20</f><v/>", Kind.FORMULA, "=100+20"),
    ],
)
def test_each_cell_has_its_kind_and_the_text_a_person_sees(xml: str, kind: Kind, text: str) -> None:
    read = cell(xlsx(f'<row r="1"><c r="A1" {xml}</c></row>', styles=DATE_STYLES))

    assert (read.kind, read.text) == (kind, text)


def test_a_workbook_of_an_old_mac_counts_its_days_from_1904() -> None:
    rows = '<row r="1"><c r="A1" s="1"><v>44985</v></c></row>'

    read = cell(xlsx(rows, styles=DATE_STYLES, book='<workbookPr date1904="1"/>'))

    assert read.text == "2027-03-01"


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy-mm-dd", True),
        ('yyyy"年"m"月"d"日"', True),
        ("[$-804]yyyy年m月", True),
        ("h:mm AM/PM", True),
        ("[h]:mm", False),
        ("#,##0.00", False),
        ("General", False),
        ("G/通用格式", False),
        ('0.00"days"', False),
        ("[Red]0.00;[Blue]-0.00", False),
    ],
)
def test_a_format_tells_days_from_numbers(code: str, is_date: bool) -> None:
    assert is_date_format(code) is is_date


def test_a_merged_cell_counts_for_every_row_it_covers_but_makes_none() -> None:
    rows = row_of(1, "甲", "某大学") + row_of(2, "乙") + row_of(4, "丁")

    sheet = only_sheet(xlsx(rows, after='<mergeCells><mergeCell ref="B1:C3"/></mergeCells>'))

    assert texts(sheet) == [["甲", "某大学"], ["乙", "某大学"], ["丁"]]
    assert [sheet.rows[place].cell(2).is_merged for place in (0, 1)] == [False, True]


def test_hidden_rows_and_columns_are_read_and_told() -> None:
    rows = row_of(1, "甲") + row_of(2, "乙").replace("<row ", '<row hidden="1" ')

    sheet = only_sheet(xlsx(rows, before='<cols><col min="2" max="3" hidden="1"/></cols>'))

    assert [row.is_hidden for row in sheet.rows] == [False, True]
    assert [sheet.is_column_hidden(column) for column in (1, 2, 3, 4)] == [False, True, True, False]


def test_hidden_sheets_are_read_only_when_no_other_is_there() -> None:
    def book(*states: str) -> bytes:
        target = io.BytesIO()
        with xlsxwriter.Workbook(target) as written:
            sheets = [written.add_worksheet(state + str(place)) for place, state in enumerate(states)]
            for sheet, state in zip(sheets, states, strict=True):
                sheet.write_string(0, 0, "x")
                if state == "hidden":
                    sheet.hide()
        content = target.getvalue()
        return content if "shown" in states else _without_visible_sheets(content)

    assert [sheet.name for sheet in read_sheets(book("shown", "hidden", "shown"))] == ["shown0", "shown2"]
    assert [sheet.name for sheet in read_sheets(book("hidden"))] == ["hidden0"]


def _without_visible_sheets(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("<sheet ", '<sheet state="hidden" ', 1)
    return packed(parts)


# What banks and people write into cells


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ('="0123"', "0123"),
        ('="a""b"', 'a"b'),
        ("'0123", "0123"),
        ("`4500160473000056`", "4500160473000056"),
        ("4500160473000056\t", "4500160473000056"),
        ("\u200b某大学\u200b\ufeff", "某大学"),
        ("\u3000 某大学\xa0", "某大学"),
        ("\u202efdp", "fdp"),
        ("a\x00b", "ab"),
        ("=1+1", "=1+1"),
        ("'引用'", "'引用'"),
        ("一\r\n二", "一\n二"),
    ],
)
def test_what_protects_a_number_and_what_nobody_sees_is_left_out(typed: str, text: str) -> None:
    assert clean(typed) == text


@pytest.mark.parametrize("raw", ["4.5001234567890102E+18", "6222021234567890000", "1234567890123456"])
def test_a_long_number_stored_as_a_number_has_lost_digits_and_says_so(raw: str) -> None:
    read = cell(xlsx(f'<row r="1"><c r="A1"><v>{raw}</v></c></row>'))

    assert read.has_lost_digits
    assert "A1" in read.problem
    assert "丢失了位数" in read.problem


@pytest.mark.parametrize(
    ("text", "is_lost"),
    [("4.50012E+18", True), ("2.1e+11", True), ("1.5E+05", False), ("4500160473000056", False)],
)
def test_a_long_number_rounded_in_a_text_file_says_so(text: str, is_lost: bool) -> None:
    assert text_cell("", 1, 1, text).has_lost_digits is is_lost


# Text files

LINES = [["名称", "金额"], ["含,逗号", "1,500.00"], ["两\n行", "2.00"], ['引"号', "3.00"]]


def delimited(separator: str, lines: list[list[str]] = LINES) -> str:
    target = io.StringIO()
    csv.writer(target, delimiter=separator).writerows(lines)
    return target.getvalue()


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_file_is_read_in_its_encoding_with_its_separator(separator: str, encoding: str) -> None:
    assert texts(only_sheet(delimited(separator).encode(encoding))) == LINES


def test_the_separator_that_excel_states_is_obeyed_and_its_line_counted() -> None:
    sheet = only_sheet(b"sep=;\r\na;b\r\n1;2\r\n")

    assert [(row.number, row.cell(1).text) for row in sheet.rows] == [(2, "a"), (3, "1")]


def test_tabs_behind_numbers_do_not_pass_for_columns() -> None:
    sheet = only_sheet("8801\t,2102110009\t,转账,500.00\n8802\t,2102110009\t,转账,600.00\n".encode())

    assert texts(sheet) == [
        ["8801", "2102110009", "转账", "500.00"],
        ["8802", "2102110009", "转账", "600.00"],
    ]


def test_the_mark_at_the_end_of_old_files_is_no_row() -> None:
    assert texts(only_sheet(b"a,b\r\n1,2\r\n\x1a")) == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"\xff\xff\xff", "编码"),
        (b"\xff\xfea", "编码"),
        (b"a,b\x00c", "编码"),
        (b"<html><table><tr><td>1</td></tr></table>", "网页"),
        (b'\n<?xml version="1.0"?><Workbook/>', "网页"),
        (b'a,"' + b"x" * 200_000, "损坏"),
    ],
)
def test_a_text_file_that_is_no_table_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableWorkbook, match=words) as refused:
        only_sheet(content)

    assert refused.value.field == "file"


# .xls


def test_an_xls_is_read_with_kinds_merged_and_hidden_cells() -> None:
    table = Table(
        [
            ["名称", "金额", "日期", "状态"],
            ["甲", 12.5, date(2027, 3, 1), ValueError()],
            [None, 4500123456789012345.0, True, '="0123"'],
        ],
        name="流水",
        hidden_rows=(2,),
        hidden_columns=(3,),
        merged=((1, 2, 0, 0),),
    )

    sheet = only_sheet(xls(table, Table([["x"]], name="codes", is_hidden=True)))

    assert sheet.name == "流水"
    assert texts(sheet) == [
        ["名称", "金额", "日期", "状态"],
        ["甲", "12.5", "2027-03-01", "#N/A"],
        ["甲", "4500123456789010000", "TRUE", "0123"],
    ]
    assert sheet.rows[1].cell(3).value == datetime(2027, 3, 1)  # noqa: DTZ001 -- a cell has no zone
    assert sheet.rows[1].cell(4).kind is Kind.ERROR
    assert sheet.rows[2].cell(2).has_lost_digits
    assert [row.is_hidden for row in sheet.rows] == [False, False, True]
    assert sheet.is_column_hidden(4)


DOUBLED = b"\x1e\x11\x00\x1e\x02\x00\x05"
"""Tokens of =17*2."""
EMPTY = b"\x17\x00\x00"
"""Token of =""."""


def test_a_formula_of_an_xls_whose_result_was_not_stored_is_named() -> None:
    never = only_sheet(xls(Table([["价格", Formula(DOUBLED)], ["", Formula(EMPTY)]])))
    partly = only_sheet(xls(Table([[Formula(DOUBLED, 34.0), Formula(DOUBLED)], ["甲", Formula(EMPTY)]])))

    assert [row.cell(2).problem for row in never.rows] == [
        "Sheet1!B1 是没有算出结果的公式，请打开保存一次",
        "Sheet1!B2 是没有算出结果的公式，请打开保存一次",
    ]
    assert partly.rows[0].cell(1).text == "34"
    assert partly.rows[0].cell(2).kind is Kind.FORMULA
    assert partly.rows[1].cell(2).kind is Kind.EMPTY


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (xls(Table([["甲"]]))[:1500], "打不开"),
        (container(b"\x09\x08\x10\x00" + b"\xff" * 900), "打不开"),
        (container(b"x", "EncryptedPackage"), "密码"),
    ],
)
def test_a_damaged_or_locked_xls_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableWorkbook, match=words):
        only_sheet(content)


# What is written is read

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=20).map(
    clean
)
NUMBER = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.decimals(-(10**9), 10**9, places=2, allow_nan=False).map(float),
)
DAY = st.datetimes(datetime(1900, 3, 1), datetime(2999, 12, 31)).map(  # noqa: DTZ001 -- a cell has no zone
    lambda moment: moment.replace(microsecond=0)
)
VALUE = st.one_of(st.none(), TEXT, NUMBER, DAY, st.booleans())


def _expected(value: object) -> tuple[Kind, str, object] | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return Kind.BOOLEAN, str(value).upper(), None
    if isinstance(value, datetime):
        return Kind.DATE, value.isoformat(sep=" ").removesuffix(" 00:00:00"), value
    if isinstance(value, str):
        return (Kind.ERROR if value in ERRORS else Kind.TEXT), value, None
    number = Decimal(f"{value:.15g}")
    shown = f"{number:f}"
    return Kind.NUMBER, shown.rstrip("0").rstrip(".") if "." in shown else shown, number


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(VALUE, max_size=5), max_size=8))
def test_a_workbook_that_is_written_is_read_back_cell_by_cell(rows: list[list[object]]) -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet, days = book.add_worksheet("表"), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                if isinstance(value, bool):
                    sheet.write_boolean(row, column, value)
                elif isinstance(value, str):
                    sheet.write_string(row, column, value)
                elif isinstance(value, datetime):
                    sheet.write_datetime(row, column, value, days)
                elif value is not None:
                    sheet.write_number(row, column, value)

    read = {
        (row.number, cell.column): (cell.kind, cell.text, cell.value)
        for row in only_sheet(target.getvalue()).rows
        for cell in row.cells.values()
    }

    assert read == {
        (row, column): expected
        for row, values in enumerate(rows, start=1)
        for column, value in enumerate(values, start=1)
        if (expected := _expected(value)) is not None
    }


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(TEXT, min_size=2, max_size=5), min_size=1, max_size=8),
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_text_file_that_is_written_is_read_back_cell_by_cell(
    rows: list[list[str]], separator: str, encoding: str
) -> None:
    written = f"sep={separator}\r\n" + delimited(separator, rows)

    sheet = only_sheet(written.encode(encoding))

    assert {(row.number, cell.column): cell.text for row in sheet.rows for cell in row.cells.values()} == {
        (row, column): text
        for row, values in enumerate(rows, start=2)
        for column, text in enumerate(values, start=1)
        if text
    }


# What somebody sends to do harm

SMALL = Limits(rows=10, cells=40, unpacked=100_000, slots=1000, merges=5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (xlsx(row_of(1, "x" * 200_000)), "解开后过大"),
        (xlsx(row_of(1, "x"), strings=" " * 200_000), "解开后过大"),
        (xlsx("".join(row_of(n, "x") for n in range(1, 12))), "超过 10 行"),
        (xlsx("".join(row_of(n, *"abcde") for n in range(1, 10))), "超过 40 个单元格"),
        (xlsx(row_of(1, "x"), after='<mergeCell ref="A1:B2"/>' * 6), "解开后过大"),
        (xlsx("".join(row_of(n, *"abcde") for n in (1, 2, 3, 4, 5)), after='<mergeCell ref="F1:F9"/>'), ""),
        (packed({f"{n}.xml": "" for n in range(2001)}), "解开后过大"),
        ("\n".join("x" for _ in range(11)).encode(), "超过 10 行"),
        (xls(Table([["x"]] * 11)), "超过 10 行"),
        (xls(Table([[1.0] * 41])), "超过 40 个单元格"),
        (xls(Table([[*[None] * 250, "x"]] * 4)), "解开后过大"),
        (xls(Table([[*[None] * 250, "x"]] * 4, is_hidden=True), Table([["x"]])), "解开后过大"),
    ],
)
def test_a_file_beyond_the_limits_is_refused_before_it_fills_the_memory(content: bytes, words: str) -> None:
    if not words:
        assert only_sheet(content, SMALL).rows
        return
    with pytest.raises(UnreadableWorkbook, match=words):
        only_sheet(content, SMALL)


def test_a_merged_range_over_the_whole_sheet_fills_only_rows_that_are_there() -> None:
    rows = row_of(1, "x") + row_of(2, "", "y") + row_of(1_048_576, "", "z")

    sheet = only_sheet(xlsx(rows, after='<mergeCell ref="A1:XFD1048576"/>'))

    assert texts(sheet) == [["x"], ["x", "y"], ["x", "z"]]


def test_a_bomb_that_states_a_small_size_is_not_unpacked() -> None:
    content = bytearray(xlsx(row_of(1, "x" * 120_000)))
    place = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    content[place + 24 : place + 28] = struct.pack("<I", 900)

    with pytest.raises(UnreadableWorkbook, match="打不开"):
        only_sheet(bytes(content), SMALL)


@pytest.mark.parametrize(
    "content",
    [
        xlsx(row_of(1, "&a;"), prologue='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'),
        xlsx(row_of(1, "x"), prologue='<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        xlsx('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'),
        xlsx('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>', strings="<si><t>x</t></si>"),
        xlsx('<row r="0"><c t="str"><v>x</v></c></row>'),
        xlsx('<row r="1"><c r="XFE1"><v>1</v></c></row>'),
        xlsx('<row r="1"><c r="A1"><v>many</v></c></row>'),
        xlsx(row_of(1, "x"), after='<mergeCell ref="nowhere"/>'),
        xlsx("<row>"),
        packed({"[Content_Types].xml": "", "word/document.xml": ""}),
        b"PK\x03\x04",
        xlsx(row_of(1, "x"))[:-40],
    ],
)
def test_a_workbook_that_is_not_what_it_says_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(UnreadableWorkbook, match="打不开"):
        only_sheet(content)


ORIGINALS = [
    xlsx(row_of(1, "名称", "金额") + row_of(2, "甲", "5"), strings="<si><t>x</t></si>", styles=DATE_STYLES),
    xls(Table([["名称", "金额"], ["甲", 5.0]], merged=((0, 1, 0, 0),), hidden_rows=(1,))),
    delimited(",").encode("gb18030"),
]


@settings(deadline=None)
@given(
    st.sampled_from(ORIGINALS), st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=4)), max_size=4)
)
def test_a_file_with_changed_bytes_is_read_or_refused_and_nothing_else(
    content: bytes, changes: list[tuple[float, bytes]]
) -> None:
    for share, wrong in changes:
        place = int(share * len(content))
        content = content[:place] + wrong + content[place + len(wrong) :]

    try:
        sheets = list(read_sheets(content, Limits(rows=1000)))
    except UnreadableWorkbook:
        return

    assert all(isinstance(row, Row) for sheet in sheets for row in sheet.rows)
