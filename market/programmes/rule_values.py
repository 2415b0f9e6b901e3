"""Values of a rule set as a form shows and reads them, with the words for every choice. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from market.kit.formats import wan_input
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import MisplacedComma, Money, parse_decimal
from market.programmes.texts import FACTS, VALUES

LEVELS = {
    "nation": lazy("国家"),
    "province": lazy("省（自治区）"),
    "city": lazy("市"),
    "district": lazy("县区"),
}
ROLES = {name: VALUES[name] for name in ("buyer", "seller", "broker", "registry", "agency")}
APPLICANT_KINDS = {
    name: VALUES[name]
    for name in ("enterprise", "university", "institute", "farmers_coop", "registry", "agency")
}
CONTRACT_KINDS = {
    name: VALUES[name] for name in ("development", "assignment", "licence", "consulting", "service", "equity")
}
PER = {"contract": lazy("逐份合同计算"), "claim": lazy("按整份申报计算")}
BASES = {
    name: FACTS[name]
    for name in (
        *("contract_amount", "trade_amount", "receipts", "paid_in_equity", "new_sales"),
        *("vat_payable", "vat_paid", "registered_total", "brokered_total", "matched_award"),
    )
}
TESTS = {
    "is": lazy("是"),
    "in": lazy("属于"),
    "not_in": lazy("不属于"),
    "within": lazy("在这个地区以内"),
    "outside": lazy("在这个地区以外"),
    "at_least": lazy("不低于（不早于）"),
    "more_than": lazy("高于（晚于）"),
    "at_most": lazy("不高于（不晚于）"),
    "less_than": lazy("低于（早于）"),
    "at_most_fact": lazy("不高于另一项"),
    "in_years": lazy("在这些年度（0 是申报年度）"),
    "by_year": lazy("不晚于这个年度末（0 是申报年度）"),
}
AMOUNT_TESTS = frozenset({"at_least", "more_than", "at_most", "less_than"})
LIST_TESTS = frozenset({"in", "not_in", "in_years"})
MONEY_FACTS = frozenset(
    {
        *("contract_amount", "trade_amount", "paid_in_equity", "receipts", "base", "new_sales", "sum"),
        *("granted_this_year", "vat_payable", "vat_paid", "registered_total", "brokered_total"),
        *("matched_award", "granted_for_outcome"),
    }
)
"""Facts whose values are amounts in fen."""
RATE_IS = {"exact": lazy("文本规定的比例"), "ceiling": lazy("最高比例，可核定得低些")}
SUMMED_BY = {"outcome": lazy("同一成果的合同合计"), "year": lazy("全年合同合计")}
ORDERS = {
    "0": lazy("加成在单项上限之外；先同一成果上限，后年度上限"),
    "1": lazy("加成在单项上限之内；先同一成果上限，后年度上限"),
    "2": lazy("加成在单项上限之外；先年度上限，后同一成果上限"),
    "3": lazy("加成在单项上限之内；先年度上限，后同一成果上限"),
}
"""By the place of an order in the schema's list."""
SHARING = {"proportional": lazy("按比例分摊（最大余数法）"), "by_number": lazy("按编号先后足额")}
ROUNDING = {"half_up": lazy("四舍五入"), "down": lazy("舍去")}
UNITS = {"1": lazy("分"), "100": lazy("元"), "10000": lazy("百元"), "1000000": lazy("万元")}
POTS = {
    "none": lazy("不限总额"),
    "pro_rata": lazy("总额不足时按比例折算"),
    "ranked": lazy("按排序支持到用完为止"),
    "hard_stop": lazy("总额不足时停止确认"),
}
DAYS = {"calendar": lazy("自然日"), "working": lazy("工作日")}
YES_NO = {"yes": lazy("是"), "no": lazy("否")}
WEIGHTS = {"novelty": lazy("创新性权重"), "maturity": lazy("成熟度权重"), "benefit": lazy("应用效益权重")}


ABSENT: Any = object()
"""Stands for what a rule file leaves out."""
BY_WORDS = {words: name for name, words in VALUES.items()}
FACTS_BY_WORDS = {words: name for name, words in FACTS.items()}
_LIST = re.compile(r"[、,，;；\s]+")
_INTEGER = re.compile(r"-?\d{1,9}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Kind(Enum):
    """How a value is typed."""

    TEXT = "text"
    LONG = "long"
    LINES = "lines"
    """One string a line."""
    CODES = "codes"
    """Strings or whole numbers in one line."""
    SHARES = "shares"
    """Basis points as percentages in one line."""
    CHOICE = "choice"
    NUMBER_CHOICE = "number_choice"
    ORDER = "order"
    """One of the orders of the schema, by its place."""
    CHOICES = "choices"
    YES_NO = "yes_no"
    MONEY = "money"
    PERCENT = "percent"
    NUMBER = "number"
    DAY = "day"
    EDGE = "edge"
    """A day, or a year counted from the claim's."""
    VALUE = "value"
    """What a condition compares with: its type follows the fact and the test."""


def show_value(kind: Kind, value: Any, *, fact: str = "", test: str = "", orders: Sequence[Any] = ()) -> str:
    """Return a value as its control shows it; nothing for what is absent or null."""
    if value is ABSENT or value is None:
        return ""
    if kind is Kind.VALUE:
        return _show_compared(value, fact, test)
    if kind is Kind.LINES:
        return "\n".join(value)
    if kind is Kind.CODES:
        return "、".join(str(item) for item in value)
    if kind is Kind.SHARES:
        return "、".join(_percent(item) for item in value)
    if kind is Kind.YES_NO:
        return "yes" if value else "no"
    if kind is Kind.MONEY:
        return wan_input(value)
    if kind is Kind.PERCENT:
        return _percent(value)
    if kind is Kind.ORDER:
        return str(list(orders).index(list(value)))
    return str(value)


def _percent(basis_points: int) -> str:
    return f"{(Decimal(basis_points) / 100).normalize():f}"


def _show_compared(value: Any, fact: str, test: str) -> str:
    if isinstance(value, bool):
        return str(_("是")) if value else str(_("否"))
    if isinstance(value, list):
        return "、".join(VALUES.get(item, str(item)) for item in value)
    if isinstance(value, int):
        return wan_input(value) if fact in MONEY_FACTS and test in AMOUNT_TESTS else str(value)
    if test == "at_most_fact":
        return FACTS.get(value, str(value))
    return VALUES.get(value, str(value))


def read_value(kind: Kind, typed: str, *, fact: str = "", test: str = "", orders: Sequence[Any] = ()) -> Any:
    """Read what was typed.

    Raises:
        ValueError: it cannot be read; the message says what to type.
    """
    if kind is Kind.VALUE:
        return _read_compared(typed, fact, test)
    if kind is Kind.LINES:
        return [line.strip() for line in typed.splitlines() if line.strip()]
    if kind is Kind.CODES:
        return [_code(item) for item in _LIST.split(typed) if item]
    if kind is Kind.SHARES:
        return [_basis_points(item) for item in _LIST.split(typed) if item]
    if kind is Kind.YES_NO:
        return typed == "yes"
    if kind is Kind.MONEY:
        return _fen(typed)
    if kind is Kind.PERCENT:
        return _basis_points(typed)
    if kind in (Kind.NUMBER, Kind.NUMBER_CHOICE):
        return _integer(typed)
    if kind is Kind.DAY:
        return _day(typed)
    if kind is Kind.EDGE:
        return int(typed) if _INTEGER.fullmatch(typed) else _day(typed)
    if kind is Kind.ORDER:
        at = _integer(typed)
        if not 0 <= at < len(orders):
            raise ValueError(_("请从列表中选择。"))
        return list(orders[at])
    return typed


def _read_compared(typed: str, fact: str, test: str) -> Any:
    if test in LIST_TESTS:
        items = [item for item in _LIST.split(typed) if item]
        return [_integer(item) if test == "in_years" else BY_WORDS.get(item, item) for item in items]
    if test == "by_year":
        return _integer(typed)
    if test == "at_most_fact":
        return FACTS_BY_WORDS.get(typed, typed)
    if test in AMOUNT_TESTS and fact in MONEY_FACTS:
        return _fen(typed)
    if test in AMOUNT_TESTS:
        return _integer(typed) if _INTEGER.fullmatch(typed) else _day(typed)
    answers: Mapping[str, bool] = {"是": True, "否": False, str(_("是")): True, str(_("否")): False}
    if test == "is" and typed in answers:
        return answers[typed]
    return BY_WORDS.get(typed, typed)


def _code(text: str) -> str | int:
    return int(text) if _INTEGER.fullmatch(text) else text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(_("请填整数。"))
    return int(text)


def _fen(text: str) -> int:
    try:
        return Money.parse(text, unit=10_000).amount
    except MisplacedComma as error:
        raise ValueError(error.question) from None
    except ValueError:
        raise ValueError(_("请填金额，单位万元，例如 12.50。")) from None


def _basis_points(text: str) -> int:
    try:
        exact = parse_decimal(text.removesuffix("%").removesuffix("％")) * 100
    except MisplacedComma as error:
        raise ValueError(error.question) from None
    except ValueError:
        raise ValueError(_("请填百分数，例如 30 或 12.5。")) from None
    if exact != exact.to_integral_value() or not 0 <= exact <= 10_000:
        raise ValueError(_("百分数应在 0 与 100 之间，最多两位小数。"))
    return int(exact)


def _day(text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise ValueError(_("请按 2026-05-01 的样子填日期。"))
