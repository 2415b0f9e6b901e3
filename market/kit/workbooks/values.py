"""Amounts, days and texts parsed from cells: the one place that decides how they are understood.

Nothing is guessed: what can be understood in two ways is refused, and the message names the cell.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time

from market.kit.i18n import gettext as _
from market.kit.money import HOME, UNITS, MisplacedComma, Money
from market.kit.workbooks.cells import Cell, Kind, moment_of_serial

NOTHING = frozenset(["", "-", "--", "—", "——", "/", "无"])
"""What people write where there is no amount."""
_AMOUNT = re.compile(
    rf"(?P<before>[+-]?)(?:(?P<home>RMB|CNY|人民币|[¥￥])\s*)?(?P<sign>[+-]?)(?P<number>[\d,]*\.?\d*)"
    rf"\s*(?P<unit>{'|'.join(sorted(UNITS, key=len, reverse=True))})?整?(?P<after>RMB|CNY)?",
    re.IGNORECASE,
)
_TIME = r"(?:[ T]*(\d{1,2})\s*[:时]\s*(\d{1,2})(?:\s*[:分]\s*(\d{1,2})秒?)?分?(?:\.\d+)?)?"
_DAY = re.compile(rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*[日号]?{_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[ T]*(\d{2}|\d(?=:)):?(\d{2})(?::?(\d{2}))?(?:\.\d+)?)?")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){_TIME}")
_CLOCK = re.compile(r"(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})秒?)?分?(?:\.\d+)?|(\d{1,2})(\d{2})(\d{2})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
"""Day counts that are taken for days, 1954 to 2119; other numbers are no dates."""


class UnreadableCell(ValueError):
    """A cell holds something else than is wanted; `why` tells in a few words, with its place."""

    def __init__(self, cell: Cell, message: str, why: str = "") -> None:
        self.cell = cell
        self.why = "，".join(part for part in (cell.place, why) if part)
        super().__init__(f"{message}（{self.why}）")


class UnusableCell(UnreadableCell):
    """A cell holds an error value, a formula without result, or a number that lost digits."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell, cell.problem)
        self.args = (cell.problem,)


def text_of(cell: Cell) -> str:
    """Return the text of a cell.

    Raises:
        UnusableCell: what stands there must not be used.
    """
    if cell.problem:
        raise UnusableCell(cell)
    return cell.text


def amount_of(cell: Cell, currency: str = HOME, *, unit: int = 1) -> Money | None:
    """Return an amount in `unit`s of the major unit, None where there is none.

    A unit written in the cell (元, 万元, 亿元) wins over `unit`. Commas must divide thousands.

    Raises:
        UnreadableCell: it is no amount, or one that can be understood in two ways.
    """
    text = _plain(text_of(cell))
    if text in NOTHING:
        return None
    if cell.is_merged:
        raise _no_amount(cell, _("合并单元格里的金额分不清属于哪一行"))
    match = _AMOUNT.fullmatch(text)
    if match is None or cell.kind not in (Kind.TEXT, Kind.NUMBER) or (match["before"] and match["sign"]):
        raise _no_amount(cell)
    if (match["home"] or match["unit"] or match["after"]) and currency != HOME:
        raise _no_amount(cell, _("币种不一致"))
    unit = UNITS[match["unit"]] if match["unit"] else unit
    try:
        return Money.parse(match["before"] + match["sign"] + match["number"], currency, unit=unit)
    except MisplacedComma as error:
        raise _no_amount(cell, error.question) from None
    except ValueError:
        raise _no_amount(cell) from None


def moment_of(cell: Cell) -> datetime:
    """Return a day with the time of day, midnight where only the day is told.

    Raises:
        UnreadableCell: it is no date, or day and month cannot be told apart.
    """
    text = _plain(text_of(cell))
    if isinstance(cell.value, datetime):
        return cell.value
    if cell.kind in (Kind.TEXT, Kind.NUMBER):
        if parts := _DAY.fullmatch(text) or _COMPACT.fullmatch(text):
            return _moment(cell, *parts.groups())
        if parts := _YEAR_LAST.fullmatch(text):
            first, second, year, *time = parts.groups()
            if int(first) <= 12 and int(second) <= 12 and int(first) != int(second):
                raise _no_day(cell, _("分不清哪个是月、哪个是日，请写成 2027-03-01 的样子"))
            month, day = (second, first) if int(first) > 12 else (first, second)
            return _moment(cell, year, month, day, *time)
        if _SERIAL.fullmatch(text) and _FIRST_SERIAL <= float(text) <= _LAST_SERIAL:
            return moment_of_serial(float(text), is_1904=cell.is_1904)
    raise _no_day(cell)


def clock_of(cell: Cell) -> time | None:
    """Return a time of day that stands in a column of its own: 9:05, 09:05:31, 090531; None where it is none.

    A nought in front that a spreadsheet took away is put back: 90531.
    """
    parts = _CLOCK.fullmatch(_plain(cell.text))
    if parts is None or cell.problem:
        return None
    hour, minute, second = (
        int(part or 0) for part in (parts.groups()[:3] if parts[1] else parts.groups()[3:])
    )
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def day_of(cell: Cell) -> date:
    """Return a day; else as `moment_of`."""
    return moment_of(cell).date()


def _moment(cell: Cell, *parts: str | None) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 -- a cell has no zone
    except ValueError:
        raise _no_day(cell, _("没有这一天")) from None


def _plain(text: str) -> str:
    """Return a text with digits, signs and brackets in their plain width."""
    return unicodedata.normalize("NFKC", text).replace("−", "-").strip()


def _no_amount(cell: Cell, why: str = "") -> UnreadableCell:
    return UnreadableCell(cell, _("金额“%(text)s”看不懂", text=cell.text[:20]), why)


def _no_day(cell: Cell, why: str = "") -> UnreadableCell:
    return UnreadableCell(cell, _("日期“%(text)s”看不懂", text=cell.text[:20]), why)
