"""A statement as PDF: the figures, then the rows, as many as a print can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market.kit.formats import day, figure
from market.kit.i18n import gettext as _
from market.kit.pdf import render_pdf
from market.records.figures import FigureValue, Period, Scope, list_rows
from market.reports.statements import ALL_ROWS, SOURCE

PRINTED = 500
"""Rows that a print shows; all of them are in the workbook."""


async def print_statement(period: Period, scope: Scope, party: str, values: Sequence[FigureValue]) -> bytes:
    """Return the PDF of a statement."""
    rows = await list_rows(ALL_ROWS, period, scope, limit=PRINTED + 1)
    side = {"seller": _("转让方"), "buyer": _("受让方"), "broker": _("经纪人")}[scope["side"]]
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
            [str(value.figure.label), str(value.count), value.money.currency, figure(value.money)]
            for value in values
        ],
        "rows_title": _("明细"),
        "head": [*(str(column.label) for column in SOURCE.columns), _("金额")],
        "rows": [
            [*(column.text(row) for column in SOURCE.columns), figure(row.money)] for row in rows[:PRINTED]
        ],
        "more": _("只打印前 %(n)s 行，全部明细见 Excel。", n=PRINTED) if len(rows) > PRINTED else "",
    }
    return await render_pdf("statement.typ", data)
