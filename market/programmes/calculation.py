"""The engine's intermediate results: stages of exact amounts, and the lines made from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from market.programmes.conditions import Condition
from market.programmes.facts import ContractFacts
from market.programmes.terms import AddOn, Cap, RateCase
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
