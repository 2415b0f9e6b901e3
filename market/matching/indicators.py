"""A need's targets beside an outcome's indicators: reached, short by how much, or not stated. Pure.

A wrong tick costs more than a question mark: names must agree in every word that is not filler or synonym,
units in their dimension, and values must be read whole. An outcome's value counts at its worst: of 48%～52%
against ≥ 50% the lower end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction

from market.matching.indicator_names import IndicatorName, name_closeness, read_name
from market.matching.readings import Change, Operator, ValueReading, fold_value, read_value, split_statement
from market.matching.units import parse_unit

Row = Mapping[str, str]
MUST, YES = "must", "yes"
"""Key and value by which a row of targets is marked 必达."""
ABOUT = Fraction(5, 100)
"""How far a value may be from a target of 约 and still reach it."""
_CLAUSE = re.compile(r",(?!\d{3}(?!\d))|[;、。\n]")
_MORE = re.compile(r"[(\[;、。]|,(?!\d{3}(?!\d))")
_DIGITS = Context(prec=3, rounding=ROUND_HALF_EVEN)


class Verdict(StrEnum):
    REACHED = "reached"
    SHORT = "short"
    UNCLEAR = "unclear"
    """Both state it, in ways that only a person can compare."""
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class Gap:
    """By how much the outcome's value differs from the target, in the target's unit."""

    side: int
    """1: higher than the target, -1: lower, 0: equal."""
    amount: str
    unit: str


@dataclass(frozen=True, slots=True)
class IndicatorFit:
    """One target with what the outcome states about it."""

    name: str
    wanted: str
    offered: str
    """Empty when nothing is stated."""
    verdict: Verdict
    is_must: bool = False
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """A row of either side with its name and value read."""

    label: str
    name: IndicatorName
    text: str
    """The value as typed."""
    value: ValueReading | None
    before: ValueReading | None
    """The need's present value, or that of what the outcome replaces."""
    change: ValueReading | None = None
    change_text: str = ""
    is_must: bool = False


def compare_indicators(
    targets: Sequence[Row], comparison: Sequence[Row], indicators: str = ""
) -> list[IndicatorFit]:
    """Compare each target of a need with an outcome's comparison rows, and with its free text for the rest.

    `targets` have the keys indicator, target, present and perhaps must; `comparison` has indicator, ours,
    current and change.
    """
    wanted = [named for row in targets if (named := _target(row)).label and named.text]
    offered = [*map(_offer, comparison), *map(_offer, _statements(indicators))]
    offered = [named for named in offered if named.label and named.text]
    pairs = sorted(
        (-closeness, not _values(target, offer), at, beside)
        for at, target in enumerate(wanted)
        for beside, offer in enumerate(offered)
        if (closeness := name_closeness(target.name, offer.name))
    )
    partners: dict[int, list[int]] = {}
    taken: set[int] = set()
    closest: dict[int, float] = {}
    for closeness, _is_apart, at, beside in pairs:
        if at not in partners and beside not in taken:
            partners[at], closest[at] = [beside], closeness
            taken.add(beside)
        elif closest.get(at) == closeness > -1:
            # Of several rows that are alike in the same degree none is the one.
            partners[at].append(beside)
    return [
        _fit(target, [offered[beside] for beside in partners.get(at, ())]) for at, target in enumerate(wanted)
    ]


def _target(row: Row) -> _Named:
    return replace(_read(row, "target", "present"), is_must=row.get(MUST) == YES)


def _offer(row: Row) -> _Named:
    text = row.get("change") or ""
    change = read_value(text)
    if change and change.change is Change.NONE and change.high < 0:
        change = replace(change, low=-change.high, high=-change.low, change=Change.DOWN)
    return replace(
        _read(row, "ours", "current"),
        change=change if change and change.change is not Change.NONE else None,
        change_text=text.strip(),
    )


def _read(row: Row, value: str, before: str) -> _Named:
    label, text = (row.get("indicator") or "").strip(), (row.get(value) or "").strip()
    if not text and (split := split_statement(label)):
        # 抗压强度 ≥ 20 MPa typed into the cell of the name.
        label, text = split
    name = read_name(label)
    return _Named(
        label,
        name,
        text,
        _in_unit_of_name(read_value(text), name),
        _in_unit_of_name(read_value(row.get(before) or ""), name),
    )


def _in_unit_of_name(reading: ValueReading | None, name: IndicatorName) -> ValueReading | None:
    """Add the unit that stands in the name: 抗压强度（MPa）, 每立方米成本."""
    if reading and reading.unit is None and reading.low and name.unit:
        reading = replace(reading, unit=parse_unit(name.unit), unit_text=name.unit)
    below = parse_unit(name.per) if name.per else None
    if reading and reading.unit and below and not {"/", "每"} & set(reading.unit_text):
        return replace(reading, unit=reading.unit.per(below))
    return reading


def _statements(text: str) -> Iterator[Row]:
    """Yield the clauses of a free text that state an indicator."""
    for clause in _CLAUSE.split(fold_value(text.replace("\n", ";"))):
        if split := split_statement(clause):
            yield {"indicator": split[0], "ours": split[1]}


def _values(target: _Named, offer: _Named) -> tuple[ValueReading, ValueReading] | None:
    """Return the two values that can be compared, if any."""
    wanted = target.value
    if wanted is None:
        return None
    for value in (offer.value, offer.change):
        if (
            value
            and value.change is wanted.change
            and value.basis == wanted.basis
            and _one_unit(wanted, value)
        ):
            return wanted, value
    return None


def _one_unit(one: ValueReading, other: ValueReading) -> bool:
    if one.change is not Change.NONE and ("百分点" in one.unit_text) != ("百分点" in other.unit_text):
        return False
    if one.unit is None or other.unit is None:
        return one.unit is other.unit or any(value.unit is None and not value.low for value in (one, other))
    return one.unit.dimension == other.unit.dimension


def _fit(target: _Named, offers: Sequence[_Named]) -> IndicatorFit:
    fits = [_compare(target, offer) for offer in offers]
    if not fits:
        return _row(target, "", Verdict.UNSTATED)
    if {fit.verdict for fit in fits} == {fits[0].verdict}:
        return fits[0]
    return _row(target, "；".join(f"{offer.label} {offer.text}" for offer in offers), Verdict.UNCLEAR)


def _compare(target: _Named, offer: _Named) -> IndicatorFit:
    values = _values(target, offer)
    if values is None:
        return _row(target, _shown(offer.text, offer.value), Verdict.UNCLEAR)
    wanted, value = values
    text = offer.text if value is offer.value else offer.change_text
    direction = _direction(target, offer, wanted)
    ends = _judge(wanted, value, direction)
    if ends is None:
        return _row(target, _shown(text, value), Verdict.UNCLEAR)
    difference, is_reached = ends
    verdict = Verdict.REACHED if is_reached else Verdict.SHORT
    return _row(target, _shown(text, value), verdict, _gap(difference, wanted, value))


def _row(target: _Named, offered: str, verdict: Verdict, gap: Gap | None = None) -> IndicatorFit:
    return IndicatorFit(
        target.label, _shown(target.text, target.value), offered, verdict, target.is_must, gap
    )


def _shown(text: str, reading: ValueReading | None) -> str:
    """Return the value in one spelling, or as typed where it says more than was read."""
    if reading is None or reading.basis or reading.change is not Change.NONE or reading.is_about:
        return text
    return text if _MORE.search(fold_value(text)) else reading.shown


def _direction(target: _Named, offer: _Named, wanted: ValueReading) -> int:
    """Return 1 if the target is a least value, -1 if a greatest, 0 if unknown."""
    if wanted.operator in (Operator.LEAST, Operator.MORE):
        return 1
    if wanted.operator in (Operator.MOST, Operator.LESS):
        return -1
    if wanted.change is not Change.NONE:
        return 1
    if wanted.is_tolerance:
        return -1
    for before, after in ((target.before, wanted), (offer.before, offer.value)):
        if before and after and _one_unit(before, after) and before.basis == after.basis:
            difference = _base(after.low, after) - _base(before.low, before)
            if difference:
                return 1 if difference > 0 else -1
    if "灵敏度" in target.name.text and "%" not in wanted.unit_text:
        # A share of true cases is better when greater, a limit of detection when less.
        return 0
    return target.name.direction


def _judge(wanted: ValueReading, value: ValueReading, direction: int) -> tuple[Fraction, bool] | None:
    """Return the difference from the target in base units and whether it is reached; None: not to be told."""
    low = None if value.operator in (Operator.MOST, Operator.LESS) else _base(value.low, value)
    high = None if value.operator in (Operator.LEAST, Operator.MORE) else _base(value.high, value)
    least, most = _base(wanted.low, wanted), _base(wanted.high, wanted)
    if wanted.operator is Operator.BETWEEN:
        if low is None or high is None:
            return None
        if low < least or high > most:
            return (low - least if low < least else high - most), False
        return Fraction(0), True
    is_strict = wanted.operator in (Operator.MORE, Operator.LESS)
    is_beyond = value.operator in (Operator.MORE, Operator.LESS)
    if direction:
        worst = low if direction > 0 else high
        if worst is None:
            return None
        difference = worst - least
        return difference, difference * direction > 0 or (not difference and (is_beyond or not is_strict))
    if low is None or high is None or low != high:
        return None
    is_near = wanted.is_about and abs(low - least) <= ABOUT * abs(least)
    return (low - least, True) if low == least or is_near else None


def _base(number: Fraction, reading: ValueReading) -> Fraction:
    return number * reading.unit.factor if reading.unit else number


def _gap(difference: Fraction, wanted: ValueReading, value: ValueReading) -> Gap:
    measure = wanted if wanted.unit else value
    factor = measure.unit.factor if measure.unit else Fraction(1)
    unit = "个百分点" if measure.unit_text == "%" else measure.unit_text
    side = (difference > 0) - (difference < 0)
    return Gap(side, _decimal(abs(difference) / factor / measure.multiple), unit)


def _decimal(number: Fraction) -> str:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    short = exact if exact == exact.quantize(Decimal("0.0001")) else _DIGITS.create_decimal(exact)
    text = f"{short.normalize():f}"
    return text if len(text) < 12 else f"{short.normalize():e}"
