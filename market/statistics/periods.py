"""Periods of statistics: a month, a quarter, a year or from a day to another, beside last year's. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.records.figures import Period
from market.targets.wall import same_day

FIRST_YEAR = 2000


class Span(LabelEnum):
    MONTH = "month", lazy("月")
    QUARTER = "quarter", lazy("季")
    YEAR = "year", lazy("年")
    DAYS = "days", lazy("起止日")


@dataclass(frozen=True)
class Chosen:
    """A period as somebody chose it; of one that runs, the part until today."""

    span: Span
    whole: Period
    today: date

    @property
    def period(self) -> Period:
        return Period(self.whole.begins_on, min(self.whole.ends_on, self.today))

    @property
    def before(self) -> Period:
        """Return the same days of last year."""
        period = self.period
        if self.is_over and is_whole_months(period):
            return Period(
                _last_year(period.begins_on), _last_day(period.ends_on.year - 1, period.ends_on.month)
            )
        return Period(_last_year(period.begins_on), _last_year(period.ends_on))

    @property
    def is_over(self) -> bool:
        return self.whole.ends_on < self.today

    @property
    def is_of_months(self) -> bool:
        """Return whether it consists of whole months, but for the part of a running one until today."""
        return self.span is not Span.DAYS or is_whole_months(self.period)

    @property
    def words(self) -> str:
        """Return 2026 年 10 月, 2026 年第 3 季度, 2026 年, 2026-05-01 至 2026-05-20."""
        begins_on = self.whole.begins_on
        if self.span is Span.MONTH:
            return month_words(begins_on)
        if self.span is Span.QUARTER:
            return _(
                "%(year)s 年第 %(quarter)s 季度", year=begins_on.year, quarter=(begins_on.month + 2) // 3
            )
        if self.span is Span.YEAR:
            return _("%(year)s 年", year=begins_on.year)
        return _("%(begin)s 至 %(end)s", begin=begins_on.isoformat(), end=self.whole.ends_on.isoformat())


def month_words(month: date) -> str:
    return _("%(year)s 年 %(month)s 月", year=month.year, month=month.month)


def month_period(month: date) -> Period:
    """Return the month that a day is in."""
    return Period(month.replace(day=1), _last_day(month.year, month.month))


def is_whole_months(period: Period) -> bool:
    """Return whether it begins with the first and ends with the last day of a month."""
    return period.begins_on.day == 1 and (period.ends_on + timedelta(days=1)).day == 1


def choose_period(
    span: Span,
    today: date,
    *,
    year: int | None = None,
    month: int | None = None,
    quarter: int | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Chosen:
    """Return the period of a choice.

    Raises:
        Invalid: at the field that does not fit: `year`, `month`, `quarter`, `first` or `last`.
    """
    if span is Span.DAYS:
        return Chosen(span, _days(first, last, today), today)
    if year is None or not FIRST_YEAR <= year <= 2200:
        raise Invalid(_("年份应在 2000 到 2200 之间。"), field="year")
    whole, field = Period.of_year(year), "year"
    if span is Span.MONTH:
        if month is None or not 1 <= month <= 12:
            raise Invalid(_("月份应在 1 到 12 之间。"), field="month")
        whole, field = month_period(date(year, month, 1)), "month"
    elif span is Span.QUARTER:
        if quarter is None or not 1 <= quarter <= 4:
            raise Invalid(_("季度应在 1 到 4 之间。"), field="quarter")
        whole, field = Period(date(year, 3 * quarter - 2, 1), _last_day(year, 3 * quarter)), "quarter"
    if whole.begins_on > today:
        raise Invalid(_("这一期还没有开始，请选更早的。"), field="year" if year > today.year else field)
    return Chosen(span, whole, today)


def chosen_period(period: Period, today: date) -> Chosen:
    """Return a month of a report, or any other period, as if it had been chosen."""
    is_month = is_whole_months(period) and period == month_period(period.begins_on)
    return Chosen(Span.MONTH if is_month else Span.DAYS, period, today)


def _days(first: date | None, last: date | None, today: date) -> Period:
    if first is None or first.year < FIRST_YEAR:
        raise Invalid(_("请填起始日，2000 年以后。"), field="first")
    if last is None:
        raise Invalid(_("请填截止日。"), field="last")
    if last < first:
        raise Invalid(_("截止日不能早于起始日。"), field="last")
    if last > today:
        raise Invalid(_("截止日不能晚于今天。"), field="last")
    return Period(first, last)


def _last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _last_year(day: date) -> date:
    return same_day(day, day.year - 1)
