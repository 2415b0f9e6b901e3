"""The engine's stages of exact amounts, and the computation sheet made of them, line by line. Pure.

Amounts between the stages are exact; in the lines they are shown in fen, the addends of one total by largest
remainder, so that what a reader adds up on paper comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from market.programmes import texts
from market.programmes.conditions import Condition
from market.programmes.facts import ContractFacts
from market.programmes.rates import Part, Rate
from market.programmes.rule_terms import AddOn, Cap, RateCase, Terms
from market.programmes.sharing import SCALE, share, to_fen
from market.programmes.texts import Text

OpenPoint = str | Condition
"""A missing amount by its name, or a selector whose fact is missing."""


class Stage(NamedTuple):
    """One limit an exact amount went through."""

    step: str
    cap: Cap | None
    before: int
    after: int
    granted: int
    room: int


@dataclass(slots=True, eq=False)
class Calculation:
    """The computation of one contract, or of several taken as one sum, or of a claim without contracts."""

    contract: ContractFacts
    base: int
    missing: tuple[str, ...]
    states: list[bool | None]
    members: list[Calculation] = field(default_factory=list)
    opened: list[OpenPoint] = field(default_factory=list)
    case: RateCase | None = None
    rated: int = 0
    extras: list[tuple[AddOn, int]] = field(default_factory=list)
    capped: int = 0
    exact: int = 0
    stages: list[Stage] = field(default_factory=list)
    award: int = 0
    gate_base: int | None = None
    """The sum that the gate of a summed set looked at."""


class Line(NamedTuple):
    """One line of the computation sheet (核算表): what went in, what came out, and by which clause."""

    step: str
    clause: str
    base: int
    amount: int
    note: Text
    rate_basis_points: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the line as `market assess` prints it."""
        printed: dict[str, Any] = {"step": self.step, "clause": self.clause, "base": self.base}
        if self.rate_basis_points is not None:
            printed["rate_basis_points"] = self.rate_basis_points
        return printed | {"amount": self.amount, "note": str(self.note)}


OWN = frozenset({"bound", "cap", "contract_cap"})
"""Limits of one contract alone, or of a claim without contracts; nothing is shared under them."""


def lines_of_contract(calculation: Calculation, terms: Terms) -> tuple[Line, ...]:
    """Return one contract's lines, down to what it is awarded."""
    base = _base_line(calculation, terms)
    if calculation.case is not None and calculation.case.rate is not None:
        return (base, *_computed(calculation, calculation.case, calculation.case.rate, terms))
    if terms.summed is not None and calculation.award:
        note = Text(texts.SHARED)
        return (base, Line("share", str(terms.base.clause), calculation.base, calculation.award, note))
    return (base,)


def lines_of_claim(sums: list[Calculation], year_stage: Stage | None, terms: Terms) -> tuple[Line, ...]:
    """Return the lines of the claim as a whole."""
    lines: list[Line] = []
    for calculation in sums:
        if terms.summed is None:
            lines.append(_base_line(calculation, terms))
        else:
            by_year = terms.summed.by == "year"
            of = Text(texts.OF_YEAR) if by_year else calculation.contract.outcome or texts.named("outcome")
            note = Text(texts.SUMMED, {"of": of})
            lines.append(Line("sum", str(terms.base.clause), calculation.base, calculation.base, note))
        if calculation.case is not None and calculation.case.rate is not None:
            lines.extend(_computed(calculation, calculation.case, calculation.case.rate, terms))
    if year_stage is not None and not (terms.summed and terms.summed.by == "year"):
        lines.append(_stage_line(year_stage, terms))
    return tuple(lines)


def _base_line(calculation: Calculation, terms: Terms) -> Line:
    fact = "paid_in_equity" if calculation.contract.kind == "equity" else terms.base.fact
    note = Text(texts.COUNTED, {"what": texts.named(fact)})
    return Line("base", str(terms.base.clause), calculation.base, calculation.base, note)


def _computed(calculation: Calculation, case: RateCase, rate: Rate, terms: Terms) -> list[Line]:
    clause = str(case.clause)
    own_caps = [_stage_line(stage, terms) for stage in calculation.stages if stage.step in OWN]
    later = [_stage_line(stage, terms) for stage in calculation.stages if stage.step not in OWN]
    parts = [(part, clause) for part in rate.parts(calculation.base)]
    extras = [
        (
            Part("add_on", calculation.base, add_on.basis_points, more, _at_rate(calculation, add_on)),
            str(add_on.clause),
        )
        for add_on, more in calculation.extras
    ]
    if not terms.add_ons_outside_cap or not extras:
        lines = [*_addends([*parts, *extras]), *own_caps]
    elif calculation.capped == calculation.rated:
        lines = _addends([*parts, *extras])
        main = sum(line.amount for line in lines[: len(parts)])
        lines[len(parts) : len(parts)] = [line._replace(base=main, amount=main) for line in own_caps]
    else:
        whole = Part("capped", calculation.base, None, calculation.capped, Text(texts.TOTAL))
        lines = [*_addends(parts), *own_caps, *_addends([(whole, clause), *extras])[1:]]
    lines += later
    if calculation.exact % (SCALE * terms.rounding_unit):
        exact = f"{calculation.exact // (SCALE * 100):,}.{calculation.exact % (SCALE * 100):06d}".rstrip("0")
        lines.append(
            Line(
                "round",
                clause,
                to_fen(calculation.exact),
                calculation.award,
                Text(texts.ROUNDED, {"exact": exact}),
            )
        )
    return lines


def _addends(parts: list[tuple[Part, str]]) -> list[Line]:
    """Return addends of one total in fen, by largest remainder, and the total under them."""
    exact = [part.exact for part, _ in parts]
    total = to_fen(sum(exact))
    amounts = share(total, exact) if total else [0] * len(parts)
    lines = [
        Line(part.step, clause, part.base, amount, part.note, part.basis_points)
        for (part, clause), amount in zip(parts, amounts, strict=True)
    ]
    if len(lines) > 1:
        lines.append(Line("total", parts[0][1], total, total, Text(texts.TOTAL)))
    return lines


def _at_rate(calculation: Calculation, add_on: AddOn) -> Text:
    rate = texts.percent(add_on.basis_points)
    return Text(texts.AT_RATE, {"base": texts.wan(calculation.base), "rate": rate})


def _stage_line(stage: Stage, terms: Terms) -> Line:
    if stage.cap is None:
        bound = terms.bound
        what = texts.named(bound.fact) if bound else ""
        note = Text(texts.BOUND, {"what": what, "bound": texts.wan(stage.room)})
        return Line(
            stage.step, str(bound.clause if bound else ""), to_fen(stage.before), to_fen(stage.after), note
        )
    params = {
        "cap": texts.wan(stage.cap.amount),
        "granted": texts.wan(stage.granted),
        "room": texts.wan(stage.room),
    }
    cut = stage.after < stage.before
    if stage.step in OWN:
        text = texts.CAP_CUT if cut else texts.CAP_MET
    elif cut:
        text = texts.CAP_SHARED
    else:
        text = texts.CAP_LESS if stage.granted else texts.CAP_MET
    return Line(
        stage.step, str(stage.cap.clause), to_fen(stage.before), to_fen(stage.after), Text(text, params)
    )
