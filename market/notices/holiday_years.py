"""The calendar of working days, and its years, which are entered by maker/checker.

One person proposes a year from its document, another confirms it; shipped years come with the code.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from starlette.requests import Request

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.holidays import FIXED_FEASTS, NATIONAL, Calendar, HolidayYear, feasts, shipped_calendar
from market.codes.regions import level
from market.codes.regions import name as region_name
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.web import deps
from market.notices.models import HolidayYearVersion, Notice
from market.notices.recalculated_ends import recalculate_ends
from market.notices.states import HolidayYearVerb, NoticeAct
from market.records.by import By
from market.records.decisions import Verdict, decide

ALARM_FROM = (10, 1)
"""Month and day from which the next year counts as missing: it is published in the autumn."""


async def load_calendar(*, accepts_provisional: bool) -> Calendar:
    """Load the current calendar; call it once per request or transaction."""
    confirmed = await HolidayYearVersion.filter(verdict=Verdict.CONFIRMED).order_by("decided_at", "id")
    shipped = shipped_calendar(accepts_provisional=accepts_provisional)
    return shipped.with_years(year_of(version) for version in confirmed)


async def calendar_for(request: Request) -> Calendar:
    """Return the calendar of a request; provisional years count in the demo only."""
    return await load_calendar(accepts_provisional=deps(request).settings.is_demo)


def year_of(version: HolidayYearVersion) -> HolidayYear:
    """Convert a version to the calendar's holiday year."""
    return HolidayYear(
        year=version.year,
        region=version.region,
        rest_days=frozenset(map(date.fromisoformat, version.rest_days)),
        make_up_days=frozenset(map(date.fromisoformat, version.make_up_days)),
        source=version.source,
    )


async def missing_years(today: date) -> list[tuple[int, str]]:
    """Return years and regions whose document must be entered now; provisional ones count as missing.

    The national year is due from October before it. A province publishes its own feast in the first
    months of the year, so that is due from January until the feast is over.
    """
    calendar = await load_calendar(accepts_provisional=False)
    required = [(today.year, NATIONAL)]
    if (today.month, today.day) >= ALARM_FROM:
        required.append((today.year + 1, NATIONAL))
    required += [(today.year, feast.region) for feast in feasts() if (today.month, today.day) <= feast.last]
    return [(year, region) for year, region in required if not calendar.holds(year, region)]


SUBJECT = "holiday_year"


@atomic()
async def propose_year(year: HolidayYear, *, by: By) -> HolidayYearVersion:
    """Propose the days of a year as published; another person confirms them.

    Raises:
        Invalid: a value is wrong; names the field.
        Conflict: a proposal for the same year and region waits to be decided.
    """
    by.actor.require(NoticeAct.ENTER_HOLIDAYS)
    require_plausible(year, local_date(by.now))
    if await HolidayYearVersion.exists(year=year.year, region=year.region, verdict=None):
        raise Conflict(
            _("%(name)s的放假安排已有一份待确认，不能再录入。", name=year_title(year.year, year.region))
        )
    version = await HolidayYearVersion.create(
        id=uuid4(),
        year=year.year,
        region=year.region,
        rest_days=_iso(year.rest_days),
        make_up_days=_iso(year.make_up_days),
        source=year.source,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        SUBJECT,
        version.id,
        HolidayYearVerb.PROPOSE,
        by=by,
        year=version.year,
        region=version.region,
        rest_days=version.rest_days,
        make_up_days=version.make_up_days,
        source=version.source,
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("%(name)s的放假安排待确认。", name=year_title(version.year, version.region)),
        now=by.now,
        address=f"/backoffice/holidays/{version.id}",
    )
    return version


@atomic()
async def confirm_year(version_id: UUID, *, accepts_provisional: bool, by: By) -> list[Notice]:
    """Confirm a proposed year and recalculate the ends of all running notices.

    Return the notices whose end changed, which is never to an earlier day. Their units, their objectors
    and the parties of what they are about are notified.

    Raises:
        SamePerson: the actor proposed the year.
        Conflict: it was decided before.
    """
    version = await _decide(version_id, Verdict.CONFIRMED, "", by=by)
    title = year_title(version.year, version.region)
    await notify(
        _("%(name)s的放假安排已确认。", name=title),
        now=by.now,
        address=f"/backoffice/holidays/{version.id}",
        user_ids=[version.proposed_by_id],
    )
    with in_source_language():
        reason = _(
            "%(name)s的放假安排已确认：%(source)s。",
            name=year_title(version.year, version.region),
            source=version.source,
        )
    calendar = await load_calendar(accepts_provisional=accepts_provisional)
    return await recalculate_ends(calendar, reason, by=by)


@atomic()
async def reject_year(version_id: UUID, reason: str, *, by: By) -> HolidayYearVersion:
    """Reject a proposed year, which can be proposed again.

    Raises:
        SamePerson: the actor proposed the year.
        Conflict: it was decided before.
        Invalid: `reason` is missing.
    """
    if not reason:
        raise Invalid(_("退回时请写明理由。"), field="reason")
    version = await _decide(version_id, Verdict.REJECTED, reason, by=by)
    await notify(
        _(
            "%(name)s的放假安排被退回：%(reason)s",
            name=year_title(version.year, version.region),
            reason=reason,
        ),
        now=by.now,
        address=f"/backoffice/holidays/{version.id}",
        user_ids=[version.proposed_by_id],
    )
    return version


async def _decide(version_id: UUID, verdict: Verdict, reason: str, *, by: By) -> HolidayYearVersion:
    by.actor.require(NoticeAct.CONFIRM_HOLIDAYS)
    version = await HolidayYearVersion.select_for_update().get_or_none(id=version_id)
    if version is None:
        raise NotFound(_("没有这份放假安排。"))
    await decide(version, verdict, by=by, reason=reason, refusal=_("录入的人不能确认自己录入的放假安排。"))
    await record(
        SUBJECT,
        version.id,
        HolidayYearVerb.CONFIRM if verdict is Verdict.CONFIRMED else HolidayYearVerb.REJECT,
        by=by,
    )
    return version


def require_plausible(year: HolidayYear, today: date) -> None:
    """Raise for days that no document can contain; the second person checks the rest.

    Raises:
        Invalid: a value is implausible; names the field.
    """
    if not today.year - 1 <= year.year <= today.year + 2:
        raise Invalid(_("请录入去年到后年之间的年度。"), field="year")
    if year.region != NATIONAL and level(year.region) != "province":
        raise Invalid(_("请从列表中选择。"), field="region")
    if not year.rest_days:
        raise Invalid(_("请填放假的日期。"), field="rest_days")
    first, last = date(year.year - 1, 12, 1), date(year.year, 12, 31)
    for field, days in (("rest_days", year.rest_days), ("make_up_days", year.make_up_days)):
        if outside := sorted(day for day in days if not first <= day <= last):
            raise Invalid(_("%(day)s 不在这一年度。", day=outside[0]), field=field)
    if conflicting := sorted(year.rest_days & year.make_up_days):
        raise Invalid(_("%(day)s 既放假又上班，请核对。", day=conflicting[0]), field="make_up_days")
    if weekdays := sorted(day for day in year.make_up_days if day.weekday() < 5):
        raise Invalid(_("%(day)s 本来就是工作日，请核对。", day=weekdays[0]), field="make_up_days")
    feasts = {date(year.year, month, day) for month, day in FIXED_FEASTS}
    if year.region == NATIONAL and (missing := sorted(feasts - year.rest_days)):
        raise Invalid(_("缺少法定节日 %(day)s。", day=missing[0]), field="rest_days")


async def get_version(version_id: UUID) -> HolidayYearVersion:
    """Return a version with both persons.

    Raises:
        NotFound: there is none.
    """
    version = await HolidayYearVersion.get_or_none(id=version_id).select_related("proposed_by", "decided_by")
    if version is None:
        raise NotFound(_("没有这份放假安排。"))
    return version


async def list_versions() -> Sequence[HolidayYearVersion]:
    """Return all versions with both persons, undecided ones first, then the newest first."""
    versions = (
        await HolidayYearVersion.all().select_related("proposed_by", "decided_by").order_by("-proposed_at")
    )
    return sorted(versions, key=lambda version: version.verdict is not None)


async def count_undecided() -> int:
    """Count the proposals that wait for a decision."""
    return await HolidayYearVersion.filter(verdict=None).count()


def year_title(year: int, region: str) -> str:
    """Return the title of a year of a region."""
    area = _("全国") if region == NATIONAL else region_name(region)
    return _("%(year)s 年%(area)s", year=year, area=area)


def _iso(days: frozenset[date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]
