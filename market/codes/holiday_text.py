"""Parsing of days as typed or copied from a notice, and their formatting as ranges."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, timedelta

from market.codes.holidays import days_between
from market.kit.i18n import gettext as _

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
