"""Formatting of amounts, dates and shares."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from market.kit.clock import local, local_date
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money, amount_in_words, decimals

SYMBOLS = {"CNY": "￥", "USD": "US$", "EUR": "€", "HKD": "HK$", "JPY": "JP¥"}


def yuan(amount: int | Money | None, currency: str = HOME) -> str:
    """Format an amount with its symbol: ￥1,234,567.89; None is a dash."""
    if amount is None:
        return "—"
    money = amount if isinstance(amount, Money) else Money(amount, currency)
    places = decimals(money.currency)
    sign = "−" if money.amount < 0 else ""
    return f"{sign}{symbol(money.currency)}{abs(money.decimal):,.{places}f}"


def symbol(currency: str) -> str:
    """Return the symbol that stands before an amount of a currency: ￥, US$, or its code."""
    return SYMBOLS.get(currency, f"{currency} ")


def share_in_money(base: Money, basis_points: int) -> str:
    """Format what a share of an amount comes to: ≈ ￥34,650.00（按 115.50 万元）."""
    words = wan(base.amount) if base.currency == HOME else yuan(base)
    return _("≈ %(money)s（按 %(base)s）", money=yuan(base.share(basis_points)), base=words)


def in_words(amount: int) -> str:
    """Format an amount of yuan in capital numerals: 壹佰壹拾伍万伍仟元整."""
    return amount_in_words(amount)


def figure(amount: int | Money | None, currency: str = HOME) -> str:
    """Format an amount without its symbol, for columns headed 元: 1,234,567.89; None is a dash."""
    if amount is None:
        return "—"
    money = amount if isinstance(amount, Money) else Money(amount, currency)
    sign = "−" if money.amount < 0 else ""
    return f"{sign}{abs(money.decimal):,.{decimals(money.currency)}f}"


UNITS = {"yuan": (100, 2), "wan": (1_000_000, 2), "yi": (10_000_000_000, 4)}
"""Fen in each unit that tables are shown in, and with how many decimals."""


def scaled(amount: int | Money, unit: str) -> Decimal:
    """Return an amount in 元, 万元 or 亿元 (keys of `UNITS`), rounded half up to the unit's decimals."""
    size, places = UNITS[unit]
    fen = amount.amount if isinstance(amount, Money) else amount
    return (Decimal(fen) / size).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def in_unit(amount: int | Money | None, unit: str) -> str:
    """Format an amount in a unit of `UNITS`, without its name, for columns headed by it; None is a dash."""
    if amount is None:
        return "—"
    value = scaled(amount, unit)
    return f"{'−' if value < 0 else ''}{abs(value):,.{UNITS[unit][1]}f}"


def wan(amount: int | None) -> str:
    """Format fen in 万元, 123.46 万元, or in 亿元 from a hundred million yuan; None is 面议."""
    if amount is None:
        return _("面议")
    value = Decimal(amount) / 1_000_000
    if abs(value) >= 10_000:
        return _("%(number)s 亿元", number=_trim(value / 10_000))
    return _("%(number)s 万元", number=_trim(value))


def wan_input(amount: int | None) -> str:
    """Format fen in 万元 for a form's input: exact, without separators."""
    if amount is None:
        return ""
    text = f"{Decimal(amount) / 1_000_000:.6f}".rstrip("0")
    whole, _dot, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"


def percent(basis_points: int) -> str:
    """Format basis points as a percentage: 50%."""
    return f"{(Decimal(basis_points) / 100).normalize():f}%"


def grouped(count: int) -> str:
    """Format a count with thousands separators: 12,400."""
    return f"{count:,}"


def day(value: date | datetime | None) -> str:
    """Format a day in Asia/Shanghai: 2026-05-01; None is a dash."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = local_date(value)
    return value.isoformat()


def moment(value: datetime | None) -> str:
    """Format a moment in Asia/Shanghai to the minute: 2026-05-01 09:30; None is a dash."""
    return "—" if value is None else f"{local(value):%Y-%m-%d %H:%M}"


def end_of(value: date | datetime | None) -> str:
    """Format the end of a period as law counts it, 24:00 of its last day: 2026-05-01 24:00; None is a dash.

    A moment is the end itself, 0:00 of the next day; one within a day counts as that day's end.
    """
    if value is None:
        return "—"
    last = local_date(value - timedelta(microseconds=1)) if isinstance(value, datetime) else value
    return f"{last.isoformat()} 24:00"


def closing_words(closes_at: datetime) -> str:
    """Format the moment at which something closes: 2026-12-31 24:00, or 2026-12-31 17:00."""
    at = local(closes_at)
    return end_of(closes_at) if (at.hour, at.minute) == (0, 0) else moment(closes_at)


def file_size(size: int) -> str:
    """Format a file's size in KB or MB."""
    if size < 1024:
        return _("%(n)s 字节", n=size)
    return f"{size / 1024:,.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:,.1f} MB"


def _trim(value: Decimal) -> str:
    return f"{value:,.2f}"


def long_day(value: date) -> str:
    """Format a day as printed documents do: 2026年5月1日."""
    return _("%(year)s年%(month)s月%(day)s日", year=value.year, month=value.month, day=value.day)
