"""The answer to who may apply, with the conditions it rests on and until when they can be cured. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from market.eligibility.states import Answer
from market.programmes.call_windows import CallWindow, end_of_year
from market.programmes.conditions import Finding
from market.programmes.rule_terms import Terms
from market.programmes.texts import Text

OF_THE_YEAR = frozenset({"receipts", "receipts.on", "base", "new_sales", "paid_in_equity", "registered_on"})
"""Facts that the claim's year brings; after its end nothing is added to them."""


@dataclass(frozen=True)
class Point:
    """One condition as it stands, with what would decide or cure it."""

    finding: Finding
    missing: tuple[str, ...] = ()
    """Facts that are not known, where it is open."""
    is_deciding: bool = True
    """False: it changes the amount alone, such as what was granted before."""
    is_in_hand: bool = False
    """It fails, and the applicant can cure it in time."""
    is_assumed: bool = False
    facts: tuple[str, ...] = ()
    """The facts that it reads, where it fails."""
    until: datetime | None = None
    """Until when a remedy or an answer still counts; None: no closing is published."""

    @property
    def state(self) -> str:
        return self.finding.state


@dataclass(frozen=True)
class Eligibility:
    """How an applicant stands to one rule set for one year."""

    terms: Terms
    year: int
    answer: Answer
    points: tuple[Point, ...]
    """Conditions on the applicant, then on the contract that stands best."""
    contract: int | None
    """Place of that contract among the facts; None where the set pays on totals."""
    amount: int | None
    """In fen; None where the text gives no rate, or nothing can be claimed."""
    is_most: bool
    """The amount is the most that may come of it, not what follows from what is known."""
    assumptions: tuple[Text, ...]
    call: CallWindow | None

    @property
    def met(self) -> list[Point]:
        return [point for point in self.points if point.state == "met"]

    @property
    def open(self) -> list[Point]:
        return [point for point in self.points if point.state == "open"]

    @property
    def failed(self) -> list[Point]:
        return [point for point in self.points if point.state == "failed"]

    @property
    def steps(self) -> list[Point]:
        return [point for point in self.failed if point.is_in_hand]

    @property
    def until(self) -> datetime | None:
        """Until when the first of what is lacking still counts; of what lacks nothing, the closing."""
        known = [point.until for point in self.points if point.state != "met" and point.until is not None]
        return min(known, default=self.call.closes_at if self.call else None)


def answer_of(points: Sequence[Point]) -> Answer:
    """Return the answer that conditions give together."""
    failed = [point for point in points if point.state == "failed" and point.is_deciding]
    if any(not point.is_in_hand for point in failed):
        return Answer.FAILED
    if failed:
        return Answer.STEP
    is_open = any(point.is_assumed or (point.state == "open" and point.is_deciding) for point in points)
    return Answer.OPEN if is_open else Answer.MET


def until_when(facts: Collection[str], year: int, call: CallWindow | None) -> datetime | None:
    """Return until when these facts may still be supplied or cured: in the year, and before the closing."""
    ends = [end_of_year(year)] if OF_THE_YEAR.intersection(facts) else []
    if call is not None:
        ends.append(call.closes_at)
    return min(ends, default=None)
