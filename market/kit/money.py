"""Exact money: integers of minor units, one rounding rule, allocation without remainder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from market.kit.i18n import gettext as _

ZERO_DECIMAL = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
"""Currencies without a minor unit (ISO 4217)."""
THREE_DECIMAL = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

CAPITAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
CAPITAL_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))

_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_ONE_COMMA = re.compile(r"([+-]?\d+),(\d+)")
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)

UNITS = {
    "元": 1,
    "圆": 1,
    "千元": 1000,
    "万": 10_000,
    "万元": 10_000,
    "百万元": 1_000_000,
    "千万元": 10_000_000,
    "亿": 100_000_000,
    "亿元": 100_000_000,
    "圓": 1,
    "萬": 10_000,
    "萬元": 10_000,
    "億": 100_000_000,
    "億元": 100_000_000,
}
"""Yuan that a written unit makes, also in traditional characters."""
_WITH_UNIT = re.compile(rf"(.*[\d.])\s*({'|'.join(sorted(UNITS, key=len, reverse=True))})整?")

HOME = "CNY"
"""The currency of registered contracts and of public money."""


class MisplacedComma(ValueError):
    """A comma is no thousands separator and might be meant as a decimal point."""

    def __init__(self, typed: str) -> None:
        super().__init__(f"a comma that divides no thousands: {typed}")
        self.typed = typed

    @property
    def question(self) -> str:
        """What to ask the person who typed it: which of two numbers is meant."""
        if match := _ONE_COMMA.fullmatch(self.typed):
            point, whole = f"{match[1]}.{match[2]}", match[1] + match[2]
            return _("%(point)s 还是 %(whole)s？请不用逗号再填一次。", point=point, whole=whole)
        return _("逗号只用来分千位，如 1,200.50；请不用逗号再填一次。")


class CurrencyMismatch(ValueError):
    """Two amounts have different currencies."""


def parse_decimal(typed: str) -> Decimal:
    """Parse a number as people type it: full-width digits, and commas between thousands only.

    Raises:
        MisplacedComma: a comma is not before three digits; 3,5 might be meant as 3.5.
        ValueError: it is no plain number.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    if "," in text and not _GROUPED.fullmatch(text):
        raise MisplacedComma(text)
    text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise ValueError("not a plain number")
    return Decimal(text)


def decimals(currency: str) -> int:
    """Return the number of decimals of a currency (ISO 4217)."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def round_half_up(exact: Fraction) -> int:
    """Round to an integer, halves away from zero: the one rounding rule of this project."""
    sign = -1 if exact < 0 else 1
    exact = abs(exact)
    return sign * ((2 * exact.numerator + exact.denominator) // (2 * exact.denominator))


def allocate(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Allocate `total` in proportion to `weights` by largest remainder; the parts add up exactly.

    Equal remainders go to the earlier part. All-zero weights give everything to the first part.

    Raises:
        ValueError: there is no weight, or one is negative.
    """
    if not weights or any(w < 0 for w in weights):
        raise ValueError("weights must be given and not negative")
    total_weight = sum((Fraction(w) for w in weights), Fraction(0))
    if total_weight == 0:
        return [total, *([0] * (len(weights) - 1))]
    sign = -1 if total < 0 else 1
    exact = [Fraction(abs(total)) * w / total_weight for w in weights]
    parts = [int(e) for e in exact]
    left = abs(total) - sum(parts)
    order = sorted(range(len(parts)), key=lambda i: (-(exact[i] - parts[i]), i))
    for i in order[:left]:
        parts[i] += 1
    return [sign * p for p in parts]


def amount_in_words(fen: int) -> str:
    """Format an amount of CNY in capital numerals (大写金额): 伍拾柒万伍仟元整, 壹元零伍分.

    Follows the rules for filling in bills of exchange (支付结算办法, 附一): 整 after whole yuan, none
    after 角 or 分, and one 零 for any run of zeros inside.
    """
    yuan, cents = divmod(abs(fen), 100)
    jiao, rest = divmod(cents, 10)
    words = f"{_integer_in_words(yuan)}元" if yuan or not cents else ""
    if not cents:
        words += "整"
    elif jiao:
        words += f"{CAPITAL_DIGITS[jiao]}角"
    elif yuan:
        words += "零"
    if rest:
        words += f"{CAPITAL_DIGITS[rest]}分"
    return f"负{words}" if fen < 0 else words


def _integer_in_words(number: int) -> str:
    for unit, name in CAPITAL_UNITS:
        if number >= unit:
            head, rest = divmod(number, unit)
            zero = "零" if 0 < rest < unit // 10 else ""
            return f"{_integer_in_words(head)}{name}{zero}{_integer_in_words(rest) if rest else ''}"
    return CAPITAL_DIGITS[number]


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `amount` counts minor units (分 for CNY), never fractions of them."""

    amount: int
    currency: str = HOME

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def share(self, basis_points: int) -> Money:
        """Return a share in basis points, rounded half up."""
        return Money(round_half_up(Fraction(self.amount * basis_points, 10_000)), self.currency)

    def allocate(self, weights: Sequence[int | Fraction]) -> list[Money]:
        """Allocate in proportion to `weights`, see `allocate`."""
        return [Money(part, self.currency) for part in allocate(self.amount, weights)]

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.amount).scaleb(-decimals(self.currency))

    @property
    def hundredths(self) -> int:
        """The amount in hundredths of the major unit, as forms hold it in any currency."""
        return int(self.amount * 100 // 10 ** decimals(self.currency))

    @classmethod
    def of_hundredths(cls, count: int, currency: str) -> Money:
        """Return the amount of a currency that a form holds in hundredths.

        Raises:
            ValueError: it is finer than one minor unit.
        """
        amount, rest = divmod(count * 10 ** decimals(currency), 100)
        if rest:
            raise ValueError("finer than one minor unit")
        return cls(amount, currency)

    @classmethod
    def parse(cls, text: str, currency: str = HOME, *, unit: int = 1) -> Money:
        """Parse a typed amount, in `unit`s of the major unit (10000 for 万元).

        A unit that is written (120元, 3.5万) wins over `unit`.

        Raises:
            MisplacedComma: a comma is not before three digits.
            ValueError: it is no plain number, finer than one minor unit, or 10^13 or more, or has a unit of
                yuan in another currency.
        """
        text = unicodedata.normalize("NFKC", text).strip()
        if match := _WITH_UNIT.fullmatch(text):
            if currency != HOME:
                raise ValueError("yuan in another currency")
            text, unit = match[1], UNITS[match[2]]
        value = parse_decimal(text.lstrip("￥¥"))
        if abs(value) >= Decimal(10) ** 13:
            raise ValueError("too large")
        minor = value * unit * 10 ** decimals(currency)
        if minor != minor.to_integral_value():
            raise ValueError("finer than one minor unit")
        return cls(int(minor), currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount
