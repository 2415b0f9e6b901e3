"""Pages of holiday years: list, entry by one person, confirmation by another with the ends that move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from wtforms import HiddenField

from market.accounts.web import actor_for
from market.codes import regions
from market.codes.holidays import (
    NATIONAL,
    STANDINGS,
    Calendar,
    HolidayYear,
    feasts,
    format_days,
    parse_days,
    ranges,
    shipped_calendar,
)
from market.kit.clock import local_date
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, LongTextField, NumberField, NumberRange, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.notices import holiday_years
from market.notices.holiday_years import calendar_for, missing_years, year_of
from market.notices.periods import last_day
from market.notices.recalculated_ends import list_recalculated_ends
from market.notices.states import NoticeAct
from market.records.by import By
from market.records.decisions import Verdict

WEEKDAYS = tuple(map(lazy, ("周一", "周二", "周三", "周四", "周五", "周六", "周日")))
STATUTORY = 13
"""Statutory holidays of a year since 2025 (全国年节及纪念日放假办法 art. 2)."""
MOST_SHOWN = 50
"""The most notices that are named on the page of a year; their number is always shown."""


def _areas() -> list[tuple[str, str]]:
    return [(NATIONAL, _("全国")), *((code, regions.name(code)) for code in regions.provinces())]


class HolidayYearForm(BaseForm):
    """A year as its document publishes it."""

    year = NumberField(lazy("年度"), [Required(lazy("请填年度。")), NumberRange(2000, 2200)])
    region = ChoiceField(lazy("适用范围"), [Required(lazy("请选择适用范围。"))], choices=_areas)
    rest_days = LongTextField(lazy("放假的日期"), [Required(lazy("请填放假的日期。"))], max_length=2000)
    make_up_days = LongTextField(lazy("调休上班的日期"), max_length=2000)
    source = TextField(lazy("依据文件"), [Required(lazy("请填依据文件和文号。"))], max_length=200)

    def holiday_year(self) -> HolidayYear:
        """Return the year as it was typed.

        Raises:
            Invalid: at the field whose days cannot be read.
        """
        return HolidayYear(
            year=int(self.year.data or 0),
            region=str(self.region.data),
            rest_days=self._days("rest_days", other=_("上班")),
            make_up_days=self._days("make_up_days", other=_("放假")),
            source=str(self.source.data),
        )

    def _days(self, field: str, other: str) -> frozenset[date]:
        text = str(self[field].data or "")
        if other in text:
            raise Invalid(_("“%(word)s”的日期请填在另一栏。", word=other), field=field)
        try:
            return parse_days(text, int(self.year.data or 0))
        except ValueError as error:
            raise Invalid(str(error), field=field) from None


class DecisionForm(BaseForm):
    """Confirmed, or rejected with a reason."""

    verdict = HiddenField()
    reason = LongTextField(lazy("退回理由"), max_length=500)


async def index(request: Request) -> Response:
    actor = actor_for(request, NoticeAct.SEE_HOLIDAYS)
    data = await form_data_or_none(request)
    if data is not None:
        actor.require(NoticeAct.ENTER_HOLIDAYS)
    calendar, today = await calendar_for(request), local_date(deps(request).clock())
    form = HolidayYearForm(data, data=_initial(request, calendar, today))
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            await holiday_years.propose_year(form.holiday_year(), by=by)
            return flash(
                request, redirect_to(request, "backoffice:holidays"), _("已录入，由批准人核对文件后确认。")
            )
    versions = await holiday_years.list_versions()
    waiting = {(version.year, version.region) for version in versions if version.verdict is None}
    missing = await missing_years(today)
    areas = [NATIONAL, *(feast.region for feast in feasts())]
    return render_form(
        request,
        "backoffice/holidays.html",
        form,
        versions=versions,
        years=[_year_context(year) for year in sorted(calendar.years.values(), key=_newest_first)],
        missing=[(holiday_years.year_title(*key), key in waiting) for key in missing],
        has_provisional=calendar.accepts_provisional,
        reach=[(_area(area), calendar.known_until(area, today)) for area in areas],
        title_of=holiday_years.year_title,
    )


async def show(request: Request) -> Response:
    actor = actor_for(request, NoticeAct.SEE_HOLIDAYS)
    version_id, now = path_id(request, "version_id"), deps(request).clock()
    form = DecisionForm(await form_data_or_none(request))
    if request.method == "POST":
        actor.require(NoticeAct.CONFIRM_HOLIDAYS)
        if form.validate():
            with form.catch_invalid():
                message = await _decide(request, version_id, form, By(actor, now))
                done = redirect_to(request, "backoffice:holiday_year", version_id=version_id)
                return flash(request, done, message)
    version = await holiday_years.get_version(version_id)
    is_open, year = version.verdict is None, year_of(version)
    calendar = await calendar_for(request)
    before = calendar.years.get(year.key)
    moved = await list_recalculated_ends(calendar.with_years([year]), now) if is_open else []
    return render_form(
        request,
        "backoffice/holiday_year.html",
        form,
        version=version,
        title=holiday_years.year_title(version.year, version.region),
        year=_year_context(year),
        before=_year_context(before) if before and is_open else None,
        added=_day_ranges(year.rest_days - before.rest_days) if before else [],
        removed=_day_ranges(before.rest_days - year.rest_days) if before else [],
        statutory=STATUTORY,
        is_national=year.region == NATIONAL,
        moved=[(end.notice, last_day(end.ends_at)) for end in moved[:MOST_SHOWN]],
        moved_count=len(moved),
        is_open=is_open,
        is_own=version.proposed_by_id == actor.user_id,
    )


async def _decide(request: Request, version_id: UUID, form: DecisionForm, by: By) -> str:
    """Carry out the decision of the pressed button; return the confirmation sentence."""
    if form.verdict.data == Verdict.REJECTED:
        await holiday_years.reject_year(version_id, form.reason.data or "", by=by)
        return _("已退回录入人。")
    if form.verdict.data != Verdict.CONFIRMED:
        raise Invalid(_("请选择确认或者退回。"))
    if form.reason.data:
        raise Invalid(_("写了退回理由，却选了确认：请删去理由，或退回。"), field="reason")
    is_demo = deps(request).settings.is_demo
    notices = await holiday_years.confirm_year(version_id, accepts_provisional=is_demo, by=by)
    return _("已确认，%(count)s 份公示的截止日重新计算。", count=len(notices))


def _initial(request: Request, calendar: Calendar, today: date) -> dict[str, object]:
    """Return initial data: the year that the address names, as it stands now."""
    year_text, region = request.query_params.get("year", ""), request.query_params.get("region", NATIONAL)
    number = (
        int(year_text)
        if year_text.isascii() and year_text.isdigit() and len(year_text) == 4
        else today.year + 1
    )
    beginning: dict[str, object] = {"year": number, "region": region}
    current = calendar.years.get((number, region))
    if year_text and current is not None:
        beginning |= {
            "rest_days": format_days(current.rest_days),
            "make_up_days": format_days(current.make_up_days),
        }
    return beginning


def _newest_first(year: HolidayYear) -> tuple[int, str]:
    return -year.year, year.region


def _area(region: str) -> str:
    return _("全国") if region == NATIONAL else regions.name(region)


def _year_context(year: HolidayYear) -> dict[str, object]:
    """Return the template context of a year."""
    weekdays_off = sum(day.weekday() < 5 for day in year.rest_days)
    return {
        "key": year.key,
        "title": holiday_years.year_title(*year.key),
        "rest_days": _day_ranges(year.rest_days),
        "make_up_days": _day_ranges(year.make_up_days),
        "source": year.source,
        "standing": year.standing,
        "standing_words": STANDINGS[year.standing],
        "is_shipped": shipped_calendar().years.get(year.key) == year,
        "weekdays_off": weekdays_off,
        "worked": len(year.make_up_days),
        "net": weekdays_off - len(year.make_up_days),
    }


def _day_ranges(days: Iterable[date]) -> list[str]:
    return [
        _day(first) if first == last else _("%(first)s至 %(last)s", first=_day(first), last=_day(last))
        for first, last in ranges(days)
    ]


def _day(day: date) -> str:
    return _("%(day)s（%(weekday)s）", day=day, weekday=WEEKDAYS[day.weekday()])


routes = [
    Route("/backoffice/holidays", index, name="backoffice:holidays", methods=["GET", "POST"]),
    Route(
        "/backoffice/holidays/{version_id:uuid}",
        show,
        name="backoffice:holiday_year",
        methods=["GET", "POST"],
    ),
]
