"""Statements as Excel and PDF."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import xlsxwriter

from market.kit.formats import day, figure
from market.kit.i18n import gettext as _
from market.kit.pdf import render_pdf
from market.reports.statements import Entry, Figure, Period, Total, list_entries, stream_entries
from market.reports.words import entry_text, figure_name

PRINTED = 500
"""Rows that a print shows; all of them are in the workbook."""
CHUNK = 64 * 1024


async def workbook(period: Period, which: Figure | None, currency: str = "") -> AsyncIterator[bytes]:
    """Yield a workbook of the rows, amounts as numbers; it is written to a file portion by portion."""
    with NamedTemporaryFile(suffix=".xlsx") as file:
        book = xlsxwriter.Workbook(
            file.name, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        page = book.add_worksheet(_("对账单"))
        formats = {
            "head": book.add_format({"bold": True}),
            "money": book.add_format({"num_format": "#,##0.00"}),
        }
        for column, title in enumerate(_titles()):
            page.write_string(0, column, title, formats["head"])
        page.set_column(1, 4, 22)
        row = 1
        async for portion in stream_entries(period, which, currency):
            lines = [(*_line(each), each.money) for each in portion]
            await asyncio.to_thread(_write, page, row, lines, formats["money"])
            row += len(portion)
        await asyncio.to_thread(book.close)
        with await asyncio.to_thread(Path(file.name).open, "rb") as made:
            while chunk := await asyncio.to_thread(made.read, CHUNK):
                yield chunk


async def print_of(period: Period, party: str, figures: Sequence[Total]) -> bytes:
    """Return the statement as PDF: the figures, then the rows, as many as a print can hold."""
    entries = await list_entries(period, limit=PRINTED + 1)
    side = {"seller": _("转让方"), "buyer": _("受让方"), "broker": _("经纪人")}[period.side.value]
    data: dict[str, Any] = {
        "title": _("对账单"),
        "foot": _("本对账单由系统按记账记录生成，不经手、不代管资金。"),
        "facts": [
            [_("单位"), party],
            [_("身份"), side],
            [_("时段"), f"{day(period.begins_on)} – {day(period.ends_on)}"],
        ],
        "totals_head": [_("项目"), _("笔数"), _("币种"), _("金额")],
        "totals": [
            [figure_name(each.figure), str(each.count), each.money.currency, figure(each.money)]
            for each in figures
        ],
        "rows_title": _("明细"),
        "head": [*_titles()[:5], _("金额")],
        "rows": [[*_line(each)[:5], figure(each.money)] for each in entries[:PRINTED]],
        "more": _("只打印前 %(n)s 行，全部明细见 Excel。", n=PRINTED) if len(entries) > PRINTED else "",
    }
    return await render_pdf("statement.typ", data)


def _titles() -> list[str]:
    return [_("项目"), _("日期"), _("合同或申报"), _("对方或项目"), _("说明"), _("币种"), _("金额")]


def _line(entry: Entry) -> tuple[str, ...]:
    return (
        figure_name(entry.figure),
        day(entry.day),
        entry.number,
        entry.other,
        entry_text(entry),
        entry.money.currency,
    )


def _write(page: Any, row: int, lines: Sequence[tuple[Any, ...]], money: Any) -> None:
    for number, line in enumerate(lines, start=row):
        for column, text in enumerate(line[:-1]):
            page.write_string(number, column, text)
        page.write_number(number, len(line) - 1, line[-1].decimal, money)
