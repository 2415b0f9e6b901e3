"""What became of a survey's entries, read from the rooms: needs, matches, deals, contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from market.accounts.web import actor_for
from market.codes.labels import label
from market.kit.charts import Funnel, Stage
from market.kit.database import connection
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.workbooks.writing import WORKBOOK, Cell, Table, in_one_portion, write_workbook
from market.surveys import queries
from market.surveys.models import Survey
from market.surveys.rules import Quota, Tally
from market.surveys.states import Channel, SurveyAct

_NEEDS = """
SELECT n.number, n.title, n.status, o.name AS owner,
    (SELECT count(*) FROM survey_entries f
        WHERE f.merged_into_id = n.id AND f.survey_id = $1)::int AS followers,
    (SELECT count(*) FROM matches m WHERE m.need_id = n.id AND m.status <> 'dropped')::int AS matches,
    (SELECT count(*) FROM deals d WHERE d.need_id = n.id)::int AS deals,
    k.contracts, k.amount, k.abroad
FROM survey_entries e JOIN needs n ON n.id = e.need_id JOIN organisations o ON o.id = n.organisation_id
CROSS JOIN LATERAL (
    SELECT count(*)::int AS contracts,
        coalesce(sum(c.contract_amount) FILTER (WHERE c.currency = 'CNY'), 0)::bigint AS amount,
        (count(*) FILTER (WHERE c.currency <> 'CNY'))::int AS abroad
    FROM deals d JOIN contracts c ON c.deal_id = d.id WHERE d.need_id = n.id
) AS k
WHERE e.survey_id = $1 ORDER BY n.number
"""


@dataclass(frozen=True)
class NeedRow:
    """A need that a survey became, and how far it got."""

    number: str
    title: str
    status: str
    owner: str
    followers: int
    """Entrants whose entry was merged into it."""
    matches: int
    deals: int
    contracts: int
    amount: int
    """Of its contracts in yuan, in fen."""
    abroad: int
    """Its contracts in another currency, which the amount leaves out."""


@dataclass(frozen=True)
class Report:
    """A survey from its entries to money; each figure counts the rows of `needs`, or the entries."""

    survey: Survey
    tally: Tally
    recommended: int
    quotas: Sequence[Quota]
    needs: Sequence[NeedRow]

    @property
    def amount(self) -> Money:
        return Money(sum(row.amount for row in self.needs))

    @property
    def abroad(self) -> int:
        return sum(row.abroad for row in self.needs)

    @property
    def stages(self) -> list[Stage]:
        """Return how many got how far."""
        base = f"/backoffice/surveys/{self.survey.number}/sorting"
        is_recommended = self.survey.channel is Channel.RECOMMENDED
        return [
            Stage(_("提交"), self.tally.submitted, base),
            *([Stage(_("推荐"), self.recommended)] if is_recommended else []),
            Stage(_("转为正式需求"), self.tally.published, f"{base}?show=publish"),
            Stage(_("有匹配"), sum(row.matches > 0 for row in self.needs), "#needs"),
            Stage(_("开始洽谈"), sum(row.deals > 0 for row in self.needs), "#needs"),
            Stage(_("签约"), sum(row.contracts > 0 for row in self.needs), "#needs"),
        ]


async def read_report(survey: Survey) -> Report:
    """Read a survey's report; nothing of it is stored."""
    rows = await connection().execute_query_dict(_NEEDS, [survey.id])
    quotas = [counted for _quota, counted in await queries.quotas_of(survey)]
    return Report(
        survey,
        await queries.tally_of(survey),
        sum(quota.recommended for quota in quotas),
        quotas,
        [NeedRow(**row) for row in rows],
    )


async def show(request: Request) -> Response:
    report = await _load(request)
    funnel = Funnel(_("从填报到签约"), report.stages)
    return render(
        request,
        "pages/survey_report.html",
        report=report,
        survey=report.survey,
        tally=report.tally,
        funnel=funnel,
    )


async def workbook(request: Request) -> Response:
    """Return the report as a workbook: the stages, then each need."""
    report = await _load(request)
    name = quote(f"{report.survey.number}-{_('成效报告')}.xlsx")
    return StreamingResponse(
        write_workbook(_stages_table(report), _needs_table(report)),
        media_type=WORKBOOK,
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}", "cache-control": "private"},
    )


def _stages_table(report: Report) -> Table:
    rows: list[Sequence[Cell | None]] = [[stage.label, stage.count] for stage in report.stages]
    rows += [
        [_("合并"), report.tally.merged],
        [_("告知原因"), report.tally.told],
        [_("还没有结论"), report.tally.waiting],
        [_("合同成交额（元）"), report.amount],
        [_("外币合同（份）"), report.abroad],
    ]
    return Table(_("成效"), (_("环节"), _("数")), in_one_portion(rows))


def _needs_table(report: Report) -> Table:
    heads = (
        *(_("编号"), _("需求名称"), _("单位"), _("状态"), _("关注单位")),
        *(_("匹配"), _("洽谈"), _("合同"), _("合同成交额（元）")),
    )
    rows: list[Sequence[Cell | None]] = [
        [
            *(row.number, row.title, row.owner, label("need", row.status), row.followers),
            *(row.matches, row.deals, row.contracts, Money(row.amount)),
        ]
        for row in report.needs
    ]
    return Table(_("需求"), heads, in_one_portion(rows), wide_column=1, has_filter=True)


async def _load(request: Request) -> Report:
    actor = actor_for(request, SurveyAct.READ_SURVEYS)
    return await read_report(await queries.get_survey_for(actor, request.path_params["number"]))


routes = [
    Route("/backoffice/surveys/{number}/report", show, name="pages:survey_report"),
    Route("/backoffice/surveys/{number}/report.xlsx", workbook, name="pages:survey_report_workbook"),
]
