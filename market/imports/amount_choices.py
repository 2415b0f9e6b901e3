"""What an amount in a list that is no plain number may mean, to choose from. Pure."""

from __future__ import annotations

from market.kit.money import UNITS, Money
from market.kit.written_amounts import read_amount, read_approximate, read_inside, read_range


def amount_choices(text: str, unit: int) -> tuple[str, ...]:
    """Return the amounts that a text may mean, as they may be typed; none if it is no amount at all."""
    if text.count(",") == 1 and (choices := _without_comma(text, unit)):
        return choices
    if amount := read_amount(text, unit=unit) or read_approximate(text, unit=unit):
        return (_typed(amount),)
    ends = read_range(text, unit=unit)
    if ends:
        return _typed(ends[0]), _typed(ends[1])
    amount = read_inside(text, unit=unit)
    return (_typed(amount),) if amount else ()


def _typed(amount: int) -> str:
    yuan = Money(amount).decimal
    return f"{(yuan / 10_000).normalize():f}万元" if yuan >= 10_000 else f"{yuan:f}元"


def _without_comma(text: str, unit: int) -> tuple[str, ...]:
    """Return what an amount with a comma in a strange place may mean: a decimal point, or no comma."""
    word = next((word for word in sorted(UNITS, key=len, reverse=True) if text.endswith(word)), "")
    number = text.removesuffix(word).strip()
    word = word or ("元" if unit == 1 else "万元")
    choices = [f"{number.replace(',', mark)}{word}" for mark in (".", "")]
    return tuple(choice for choice in choices if _is_amount(choice.removesuffix(word)))


def _is_amount(text: str) -> bool:
    try:
        return Money.parse(text).amount > 0
    except ValueError:
        return False
