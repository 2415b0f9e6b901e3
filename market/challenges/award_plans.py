"""The milestones of an award with their amounts, to which both sides agree by one hash. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from market.challenges.amounts import instalments
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.selection_rules import FIRST, shares_of
from market.challenges.states import Cooperation
from market.deals.models import ContractKind
from market.deals.terms import OfferTerms, PlanRow
from market.kit.money import Money
from market.kit.terms import from_content, hash_content, to_content


@dataclass(frozen=True)
class PlanStage:
    """A milestone and what is due when it is reached, in fen; `place` is that of the published one."""

    place: int
    name: str
    condition: str
    due_on: date | None
    amount: int


@dataclass(frozen=True)
class AwardPlan:
    """The milestones of one award."""

    stages: tuple[PlanStage, ...] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The milestones as they are stored."""
        return list(to_content(self)["stages"])

    @property
    def content_hash(self) -> str:
        return hash_content(to_content(self))

    @property
    def amount(self) -> int:
        return sum(row.amount for row in self.stages)


def published_plan(terms: ChallengeTerms, amount: int, stage: int) -> AwardPlan:
    """Return the published milestones at a price; in a race the first one, or all the others."""
    parts = instalments(amount, shares_of(terms))
    rows = [
        PlanStage(place, row.name, row.condition, row.due_on, part)
        for place, (row, part) in enumerate(zip(terms.milestones, parts, strict=True), 1)
    ]
    if terms.race_lanes:
        rows = rows[:1] if stage == FIRST else rows[1:]
    return AwardPlan(tuple(rows))


def read_plan(rows: Sequence[dict[str, Any]]) -> AwardPlan:
    """Return a stored plan."""
    return from_content(AwardPlan, {"stages": list(rows)})


def revised(plan: AwardPlan, changes: Sequence[tuple[int, str, date | None]]) -> AwardPlan:
    """Return a plan with other conditions and days, by place; what is due when stays as it was published."""
    by_place = {place: (condition, due_on) for place, condition, due_on in changes}
    return AwardPlan(
        tuple(
            replace(row, condition=by_place[row.place][0], due_on=by_place[row.place][1])
            if row.place in by_place
            else row
            for row in plan.stages
        )
    )


def offer_terms(terms: ChallengeTerms, plan: AwardPlan, note: str) -> OfferTerms:
    """Return an award as the accepted offer of a deal: each milestone is an instalment."""
    is_transfer = terms.cooperation is Cooperation.TRANSFER
    return OfferTerms(
        kind=ContractKind.ASSIGNMENT if is_transfer else ContractKind.DEVELOPMENT,
        price=Money(plan.amount),
        plan=tuple(PlanRow(_condition(row), row.due_on, row.amount) for row in plan.stages),
        note=note,
    )


def _condition(row: PlanStage) -> str:
    return f"{row.name}：{row.condition}"[:200]
