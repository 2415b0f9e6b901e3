"""Entries as a workbook, without the people behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from market.codes import regions
from market.codes.labels import label
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.workbooks.writing import WORKBOOK, Cell, Table, write_workbook
from market.surveys.models import SurveyEntry
from market.surveys.texts import need_values

PORTION = 500


def download(entries: Sequence[SurveyEntry], name: str) -> Response:
    """Return these entries as a workbook of this name."""
    file_name = quote(f"{name}.xlsx")
    return StreamingResponse(
        write_workbook(_table(entries)),
        media_type=WORKBOOK,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{file_name}",
            "cache-control": "private",
        },
    )


def _table(entries: Sequence[SurveyEntry]) -> Table:
    heads = (
        *(
            _("编号"),
            _("需求名称"),
            _("单位"),
            _("所在地"),
            _("需求类型"),
            _("技术领域"),
            _("预算上限（元）"),
        ),
        *(_("截止日期"), _("提交日期"), _("状态"), _("推荐单位"), _("排序"), _("不推荐的理由"), _("结论")),
        *(_("理由"), _("正式需求"), _("合并到")),
    )
    return Table(_("填报"), heads, _portions(entries), wide_column=1, has_filter=True)


async def _portions(entries: Sequence[SurveyEntry]) -> AsyncIterator[Sequence[Sequence[Cell | None]]]:
    for start in range(0, len(entries), PORTION):
        yield [_row(entry) for entry in entries[start : start + PORTION]]


def _row(entry: SurveyEntry) -> list[Cell | None]:
    values = need_values(entry)
    budget = values.get("budget_max_amount")
    unit = entry.unit.organisation.name if entry.unit else ""
    return [
        entry.number,
        entry.title,
        entry.entrant,
        regions.name(values.get("region") or "") or "",
        label("need_kind", values.get("kind") or ""),
        label("field", values.get("field") or ""),
        Money(budget) if budget else None,
        values.get("deadline_on"),
        local_date(entry.submitted_at) if entry.submitted_at else None,
        str(entry.status.label),
        unit,
        entry.rank,
        entry.decline_reason,
        str(entry.verdict.label) if entry.verdict else "",
        entry.verdict_reason,
        entry.need.number if entry.need else "",
        entry.merged_into.number if entry.merged_into else "",
    ]
