"""Month reports of parks (填报): stated by the office with a paper, decided on by the department."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.listings.rules import months_later
from market.rankings.models import MonthReport, Park
from market.rankings.places import WRITERS
from market.rankings.states import RankingAct, ReportVerb
from market.records.by import By
from market.records.decisions import Verdict, decide_on
from market.records.figures import Period

KIND = "month_report"
PAPER = "report_paper"


async def get_park_for(actor: Actor) -> Park:
    """Return the park whose office the person acts for.

    Raises:
        NotFound: their organisation manages none.
    """
    actor.require(RankingAct.REPORT_PARK)
    park = None
    if actor.acts_for(actor.organisation_id):
        park = await Park.filter(office_id=actor.organisation_id).first()
    if park is None:
        raise NotFound(_("贵单位不管理高新区。"))
    return park


@atomic()
async def state_report(
    month: date, research: int, note: str, blob: StoredBlob | None, *, by: By
) -> MonthReport:
    """State a month of a park that is over, with a paper, for its office; amounts in fen.

    Raises:
        NotFound: the person's organisation manages no park.
        Invalid: at `month`, which is not over, or `file`, which is needed.
        Conflict: the month waits or is confirmed.
    """
    park = await get_park_for(by.actor)
    park = await Park.filter(id=park.id).select_for_update().get()
    today = local_date(by.now)
    if month.day != 1 or month > today or months_later(month, 1) > today:
        raise Invalid(_("只能填报已经结束的月份，日期填当月第一天。"), field="month")
    if blob is None:
        raise Invalid(_("请附上依据，例如统计报表。"), field="file")
    if await standing(park.id).filter(month=month).exists():
        raise Conflict(_("这个月已经填报，退回后才能再报。"))
    report_id = uuid4()
    file = await attach(blob, subject_kind=KIND, subject_id=report_id, kind=PAPER, tier=Tier.PARTIES, by=by)
    report = await MonthReport.create(
        id=report_id,
        park_id=park.id,
        month=month,
        research_amount=research,
        note=note,
        file_id=file.id,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(KIND, report.id, ReportVerb.STATE, by=by, park=park.code, month=month.isoformat())
    await notify_staff(
        StaffRole.OPERATOR,
        _("%(park)s填报了 %(month)s 的月报，请核对。", park=park.name, month=f"{month:%Y-%m}"),
        now=by.now,
        address="/backoffice/month-reports",
    )
    return report


@atomic()
async def decide_report(report_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> MonthReport:
    """Confirm or return a month report, for the operator.

    Raises:
        NotFound: there is none.
        SamePerson: the person stated it.
        AlreadyDecided: somebody decided before.
        Invalid: at `reason`, which a return must have.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    report = await decide_on(
        MonthReport,
        report_id,
        verdict,
        subject=KIND,
        verb=ReportVerb.DECIDE,
        missing=_("没有这份月报。"),
        reason=reason,
        by=by,
    )
    park = await Park.get(id=report.park_id)
    if verdict is Verdict.REJECTED and park.office_id is not None:
        await notify(
            _("%(month)s 的月报被退回：%(reason)s", month=f"{report.month:%Y-%m}", reason=reason),
            now=by.now,
            address="/my/park",
            organisation_id=park.office_id,
            roles=WRITERS,
        )
    return report


def standing(park_id: UUID) -> QuerySet[MonthReport]:
    """Return the reports of a park that wait or were confirmed."""
    return MonthReport.filter(Q(verdict=None) | Q(verdict=Verdict.CONFIRMED), park_id=park_id)


async def list_reports(park: Park | None = None, most: int = 60) -> list[MonthReport]:
    """Return the reports of a park, or of all, those that wait first, then the latest months."""
    reports = MonthReport.all() if park is None else MonthReport.filter(park_id=park.id)
    rows = (
        await reports.select_related("park", "file", "proposed_by", "decided_by")
        .order_by("-month")
        .limit(most)
    )
    return sorted(rows, key=lambda report: report.verdict is not None)


async def unreported_months(period: Period) -> dict[str, list[date]]:
    """Return of each park the months of a period, by their first days, of which nothing is confirmed."""
    months, month = [], period.begins_on
    while month <= period.ends_on:
        months.append(month)
        month = months_later(month, 1)
    confirmed: dict[str, set[date]] = {}
    for report in await MonthReport.filter(
        verdict=Verdict.CONFIRMED, month__gte=period.begins_on, month__lte=period.ends_on
    ).select_related("park"):
        confirmed.setdefault(report.park.code, set()).add(report.month)
    return {
        park.code: [month for month in months if month not in confirmed.get(park.code, ())]
        for park in await Park.all()
    }


async def unreported_since(code: str, today: date, months: int = 3) -> list[date]:
    """Return the last months over, the oldest first, of which a park has no report that waits or counts."""
    this = today.replace(day=1)
    due = [months_later(this, -back) for back in range(months, 0, -1)]
    park = await Park.get(code=code)
    stated = set(await standing(park.id).filter(month__in=due).values_list("month", flat=True))
    return [month for month in due if month not in stated]


async def may_open_paper(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether the person may open the paper of a report: its office and the department."""
    if actor is None:
        return False
    if actor.may(RankingAct.READ_RANKINGS):
        return True
    report = await MonthReport.get_or_none(id=file.subject_id).select_related("park")
    return report is not None and actor.acts_for(report.park.office_id)
