"""Working days by year and region, by the State Council and by provinces; and their text form.

`holidays.json` ships the years that were published when the release was made. A year entered later
is stored in the database (`notices.holiday_years`) and replaces the shipped one; both end up in a
`Calendar`, which is a value: it is loaded once per request or transaction and passed on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from market.codes.regions import province_of
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _

NATIONAL = "000000"
"""The region of what holds in the whole country."""
FIXED_FEASTS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Month and day of the statutory holidays with a fixed date (全国年节及纪念日放假办法 art. 2)."""


class Standing(StrEnum):
    """Reliability of a year's data."""

    CONFIRMED = "confirmed"
    """As published in the document named as its source."""
    ASSUMED = "assumed"
    """Not compared with the document; counts like a confirmed year."""
    PROVISIONAL = "provisional"
    """暂估: the document is not out yet; counts in the demo only."""


STANDINGS: Mapping[Standing, Lazy] = {
    Standing.CONFIRMED: lazy("已确认"),
    Standing.ASSUMED: lazy("待核对（A）"),
    Standing.PROVISIONAL: lazy("暂估"),
}


@dataclass(frozen=True)
class HolidayYear:
    """The days of one year that differ from its weeks, in the whole country or in one province."""

    year: int
    region: str
    """`NATIONAL`, or the GB/T 2260 code of a province."""
    rest_days: frozenset[date]
    make_up_days: frozenset[date]
    """Days of a weekend that are worked; a document may already name some of the December before."""
    source: str
    standing: Standing = Standing.CONFIRMED

    @property
    def key(self) -> tuple[int, str]:
        return self.year, self.region


@dataclass(frozen=True)
class RegionalFeast:
    """Days off that a province publishes each year, weeks in advance."""

    region: str
    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    """Month and day between which the days off can lie, make-up days included."""
    basis: str

    def may_touch(self, day: date) -> bool:
        """Return whether the feast can change this day."""
        return self.first <= (day.month, day.day) <= self.last


@dataclass(frozen=True)
class Calendar:
    """A calendar of working days."""

    years: Mapping[tuple[int, str], HolidayYear]
    accepts_provisional: bool = False
    """True in the demo: a provisional year counts as known."""

    def is_working_day(self, day: date, region: str) -> bool:
        """Return whether people work on this day in the province of `region`.

        A province's own days come before the country's, a later year's document before an earlier
        one's. In an unknown year only weekends and feasts with a fixed date are rest days.
        """
        for row in self._rows_for(day, region):
            if day in row.rest_days:
                return False
            if day in row.make_up_days:
                return True
        return day.weekday() < 5 and (day.month, day.day) not in FIXED_FEASTS

    def is_known(self, day: date, region: str) -> bool:
        """Return whether the calendar determines if this day is worked in the province of `region`."""
        if not self.holds(day.year, NATIONAL):
            return False
        feast = feast_of(region)
        return feast is None or not feast.may_touch(day) or self.holds(day.year, feast.region)

    def holds(self, year: int, region: str) -> bool:
        """Return whether the document of a year and region is there, apart from provisional years."""
        row = self.years.get((year, region))
        return row is not None and (row.standing is not Standing.PROVISIONAL or self.accepts_provisional)

    def known_until(self, region: str, since: date) -> date | None:
        """Return the last day of the run of known days that begins on `since`; None without one."""
        day = since
        while self.is_known(day, region):
            day += timedelta(days=1)
        return day - timedelta(days=1) if day > since else None

    def with_years(self, years: Iterable[HolidayYear]) -> Calendar:
        """Return a calendar with these years, replacing those of the same year and region."""
        return replace(self, years=MappingProxyType({**self.years, **{year.key: year for year in years}}))

    def _rows_for(self, day: date, region: str) -> Iterable[HolidayYear]:
        for area in (province_of(region), NATIONAL):
            for year in (day.year + 1, day.year):
                if (row := self.years.get((year, area))) is not None:
                    yield row


def shipped_calendar(*, accepts_provisional: bool = False) -> Calendar:
    """Return the calendar of `holidays.json` alone."""
    return Calendar(_shipped().years, accepts_provisional)


def feast_of(region: str) -> RegionalFeast | None:
    """Return the feast for which the province of `region` has days off of its own."""
    return _shipped().feasts.get(province_of(region))


def feasts() -> Iterable[RegionalFeast]:
    """Return the feasts for which a province has days off of its own."""
    return _shipped().feasts.values()


@dataclass(frozen=True)
class _Shipped:
    years: Mapping[tuple[int, str], HolidayYear]
    feasts: Mapping[str, RegionalFeast]


@lru_cache
def _shipped() -> _Shipped:
    content = json.loads((Path(__file__).parent / "holidays.json").read_text(encoding="utf-8"))
    years = [
        HolidayYear(
            year=row["year"],
            region=row["region"],
            rest_days=_days(row["rest_days"]),
            make_up_days=_days(row["make_up_days"]),
            source=row["source"],
            standing=Standing(row["standing"]),
        )
        for row in content["years"]
    ]
    regional = [
        RegionalFeast(
            region=row["region"],
            name=row["name"],
            first=_month_day(row["from"]),
            last=_month_day(row["to"]),
            basis=row["basis"],
        )
        for row in content["feasts"]
    ]
    return _Shipped(
        MappingProxyType({year.key: year for year in years}),
        MappingProxyType({feast.region: feast for feast in regional}),
    )


def days_between(first: date, last: date) -> list[date]:
    """Return the days from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _days(texts: Iterable[str]) -> frozenset[date]:
    """Read days and intervals, ISO 8601: 2026-05-01 or 2026-05-01/2026-05-05."""
    days: set[date] = set()
    for text in texts:
        first, _separator, last = text.partition("/")
        days.update(days_between(date.fromisoformat(first), date.fromisoformat(last or first)))
    return frozenset(days)


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


_DAY = r"(?:(?P<year{n}>\d{{4}})[-年])?(?P<month{n}>\d{{1,2}})[-月](?P<day{n}>\d{{1,2}})日?"
_RANGE = re.compile(
    _DAY.format(n=1)
    + r"(?:\s*(?:[至到~～—–/]+|(?<=日)-)\s*(?:"
    + _DAY.format(n=2)
    + r"|(?P<only>\d{1,2})日?))?"
)
_REMARK = re.compile(r"[（(][^（）()]*[）)]|共\s*\d+\s*天|[一二三四五六七八九十]+、")
"""Remarks of a notice beside its days: weekday, number of days, number of the paragraph."""
MAX_DAYS = 20
"""Longest holiday in days; a longer one is a typing error."""


def parse_days(text: str, year: int) -> frozenset[date]:
    """Parse single days and ranges: 2027-01-01, 2027-02-05/2027-02-11, 1月1日至3日.

    A day without a year is in `year`. Words between the days are ignored.

    Raises:
        ValueError: a day does not exist, a range is reversed or too long, or digits are left over.
    """
    plain = _REMARK.sub(" ", text)
    days: set[date] = set()
    for match in _RANGE.finditer(plain):
        days.update(_range_of(match, year))
    if left := re.search(r"\S*[\d-]\S*", _RANGE.sub(" ", plain)):
        raise ValueError(_("读不懂“%(text)s”。请写成 2027-02-05 或 2月5日至11日。", text=left.group()[:40]))
    return frozenset(days)


def _range_of(match: re.Match[str], year: int) -> list[date]:
    own = int(match["year1"] or year)
    month = int(match["month1"])
    try:
        first = date(own, month, int(match["day1"]))
        last = first
        if match["only"]:
            last = date(own, month, int(match["only"]))
        elif match["month2"]:
            last = date(int(match["year2"] or own), int(match["month2"]), int(match["day2"]))
    except ValueError:
        raise ValueError(_("没有这一天：%(text)s。", text=match.group())) from None
    if not first <= last < first + timedelta(days=MAX_DAYS):
        raise ValueError(
            _("起止日期不对：%(text)s。一段假期最多 %(most)s 天。", text=match.group(), most=MAX_DAYS)
        )
    return days_between(first, last)


def format_days(days: Collection[date]) -> str:
    """Format days for a form's input, one range a line."""
    return "\n".join(
        first.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}"
        for first, last in ranges(days)
    )


def ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return the runs of consecutive days as first and last, in order."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and runs[-1][1] + timedelta(days=1) == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
