"""Entries as a workbook, without the people behind them: a short one at once, a long one by a job.

What became of an entry stands in a unit's workbook once its entrant was told, in the overseers' before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.codes import regions
from market.codes.labels import label
from market.kit.clock import local_date
from market.kit.exports import ExportSource
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import Money
from market.kit.workbooks.writing import WORKBOOK, Cell, Table, write_workbook
from market.surveys import queries
from market.surveys.models import Survey, SurveyEntry
from market.surveys.states import EntryStatus, SurveyAct
from market.surveys.texts import need_values
from market.surveys.units import get_unit_for

PORTION = 500
DIRECT = 300
"""Most entries of a workbook that is answered at once."""
KEY = "survey_entries"


class EntriesExport(ExportSource):
    """The entries of the survey that the query's `number` names.

    Who oversees surveys gets all that was handed in, a unit what it recommends.
    """

    label = lazy("征集填报")

    async def count(self, actor: Actor, query: QueryParams) -> int:
        return await (await _entries(actor, query))[1].count()

    async def table(self, actor: Actor, query: QueryParams) -> Table:
        return _table((await _entries(actor, query))[1], with_verdicts=actor.may(SurveyAct.READ_SURVEYS))

    async def page(self, actor: Actor, query: QueryParams) -> str:
        survey, _rows = await _entries(actor, query)
        if actor.may(SurveyAct.READ_SURVEYS):
            return f"/backoffice/surveys/{survey.number}/sorting"
        return f"/recommendations/{survey.number}"


async def _entries(actor: Actor, query: QueryParams) -> tuple[Survey, QuerySet[SurveyEntry]]:
    survey = await queries.get_survey_for(actor, query.get("number", ""))
    if actor.may(SurveyAct.READ_SURVEYS):
        return survey, queries.handed_in(survey)
    return survey, queries.ranked(survey, await get_unit_for(actor))


async def download(request: Request, actor: Actor, survey: Survey, name: str) -> Response:
    """Return the person's workbook of a survey; lead to the job that writes it where it is long."""
    query = QueryParams({"number": survey.number})
    _survey, entries = await _entries(actor, query)
    if await entries.count() > DIRECT:
        page = request.app.url_path_for("pages:long_export", scope=KEY)
        return RedirectResponse(f"{page}?{query}", 303)
    file_name = quote(f"{name}.xlsx")
    return StreamingResponse(
        write_workbook(_table(entries, with_verdicts=actor.may(SurveyAct.READ_SURVEYS))),
        media_type=WORKBOOK,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{file_name}",
            "cache-control": "private",
        },
    )


def _table(entries: QuerySet[SurveyEntry], *, with_verdicts: bool) -> Table:
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
    return Table(_("填报"), heads, _portions(entries, with_verdicts), wide_column=1, has_filter=True)


async def _portions(
    entries: QuerySet[SurveyEntry], with_verdicts: bool
) -> AsyncIterator[Sequence[Sequence[Cell | None]]]:
    start = 0
    while rows := await entries.offset(start).limit(PORTION):
        yield [_row(entry, with_verdicts) for entry in rows]
        start += PORTION


def _row(entry: SurveyEntry, with_verdicts: bool) -> list[Cell | None]:
    values = need_values(entry)
    is_result_shown = with_verdicts or entry.status is EntryStatus.TOLD
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
        str(entry.verdict.label) if entry.verdict and is_result_shown else "",
        entry.verdict_reason if is_result_shown else "",
        entry.need.number if entry.need else "",
        entry.merged_into.number if entry.merged_into and is_result_shown else "",
    ]


EXPORTS = {KEY: EntriesExport()}
