"""What a base earns: a flat rate, brackets, or a fixed sum and a rate on the excess.

Brackets are marginal, or slabs in one of which the whole base lies.
Exact amounts are in ten-thousandths of a fen (`sharing.SCALE`), so that no rate needs a fraction.
Below the first bracket nothing is earned. What lies above a last bracket with an upper bound earns nothing
more under `marginal`; under `slab` it is the set's duty to refuse it by a condition (`rule_files`
checks that it does), since a bracket the text does not give is never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from market.programmes import texts
from market.programmes.sharing import SCALE
from market.programmes.texts import Text


class Part(NamedTuple):
    """One addend of an award, before it is rounded."""

    step: str
    base: int
    basis_points: int | None
    exact: int
    note: Text


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate function; `flat` is set where it is one plain rate, which is then all there is to it."""

    flat: int | None
    parts: Callable[[int], list[Part]]


def compile_rate(raw: Mapping[str, Any]) -> Rate:
    """Compile the rate of a rule file."""
    if "flat" in raw:
        return flat_rate(raw["flat"])
    if "marginal" in raw:
        return Rate(None, _marginal(raw["marginal"]))
    if "slab" in raw:
        return Rate(None, _slab(raw["slab"]))
    return Rate(None, _excess(raw["fixed"], raw["above"], raw["basis_points"]))


def flat_rate(basis_points: int) -> Rate:
    """Return one rate on the whole base."""

    def parts(base: int) -> list[Part]:
        note = Text(texts.AT_RATE, {"base": texts.wan(base), "rate": texts.percent(basis_points)})
        if not basis_points:
            note = Text(texts.NO_RATE)
        return [Part("rate", base, basis_points, base * basis_points, note)]

    return Rate(basis_points, parts)


def _marginal(brackets: list[Mapping[str, Any]]) -> Callable[[int], list[Part]]:
    def parts(base: int) -> list[Part]:
        parts: list[Part] = []
        low = 0
        for bracket in brackets:
            high = bracket["to"]
            inside = (base if high is None else min(base, high)) - low
            if inside <= 0 and parts:
                break
            rate = bracket["basis_points"]
            note = Text(texts.IN_BRACKET, {"low": texts.wan(low)})
            parts.append(Part("bracket", inside, rate, inside * rate, note))
            low = high if high is not None else base
        return parts

    return parts


def _slab(brackets: list[Mapping[str, Any]]) -> Callable[[int], list[Part]]:
    """Apply the rate or flat sum of the bracket in which the whole base lies, at most its cap."""

    def parts(base: int) -> list[Part]:
        bracket = _bracket_of(base, brackets)
        if bracket is None:
            return []
        if "amount" in bracket:
            return [Part("flat_sum", base, None, bracket["amount"] * SCALE, Text(texts.FLAT_SUM))]
        rate = bracket["basis_points"]
        exact = base * rate
        if bracket.get("cap") is not None:
            exact = min(exact, bracket["cap"] * SCALE)
        note = Text(texts.IN_SLAB, {"rate": texts.percent(rate)})
        return [Part("slab", base, rate, exact, note)]

    return parts


def _bracket_of(base: int, brackets: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    for bracket in brackets:
        low, high = bracket["from"], bracket["to"]
        above = base >= low if bracket.get("from_included", True) else base > low
        below = high is None or (base <= high if bracket["to_included"] else base < high)
        if above and below:
            return bracket
    return None


def _excess(fixed: int, above: int, basis_points: int) -> Callable[[int], list[Part]]:
    def parts(base: int) -> list[Part]:
        excess = max(0, base - above)
        low = {"low": texts.wan(above)}
        return [
            Part("fixed", base, None, fixed * SCALE, Text(texts.FIXED, low)),
            Part("excess", excess, basis_points, excess * basis_points, Text(texts.EXCESS, low)),
        ]

    return parts
