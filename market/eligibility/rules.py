"""Who may apply (谁可以申报): a rule set and three-valued facts give an answer with its reasons. Pure.

The engine's states are taken as they are, but for the gate of a summed base: the engine counts open contracts
as held and keeps unknown outcomes apart, so its gate is judged anew between the least and the most that may
come together. Decided here:

* An answer is that of the best contract; an applicant that fails fails all of them.
* *Met* stays met whatever the missing facts turn out to be, and *failed* stays failed. A kind of applicant
  that is only assumed leaves the answer open.
* A condition that fails is a *step* where it would hold if the applicant did all that is in its hands while
  that still counts: report new sales, pay up to the price, pay equity in, hand in a second document, have the
  contract registered. What belongs to the claim's year counts until the end of that year.
* Selectors of rates and amounts granted before never decide who may apply; they leave the amount provisional.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from market.eligibility.results import OF_THE_YEAR, Eligibility, Point, answer_of, until_when
from market.eligibility.states import Answer
from market.kit.clock import local_date
from market.programmes import texts
from market.programmes.calculation import Calculation, OpenPoint
from market.programmes.call_windows import CallWindow, end_of_year
from market.programmes.conditions import NO_CONTRACT, Condition, Finding, make_finding
from market.programmes.engine import compute
from market.programmes.estimates import estimate
from market.programmes.facts import ContractFacts, Facts, ReceiptFacts
from market.programmes.results import AssessmentResult
from market.programmes.rule_terms import Terms
from market.programmes.texts import N_, Text

BOUNDLESS = 10**18
"""More fen than any amount, where a missing one may be any."""
REGISTERED = N_("合同已办理技术合同认定登记")
NOT_REGISTERED = N_("合同还没有登记")
REGISTER = N_("到技术合同登记机构办理登记")
NEEDS_CERTIFICATE = N_("申报须附技术合同登记证明")
HAS_BASE = N_("有可以计入的%(what)s")
NO_BASE = N_("还没有可以计入的%(what)s")


def concerns(
    terms: Terms, *, kind: str | None, region: str, roles: Collection[str], may_be_chosen: bool = False
) -> bool:
    """Return whether a set is for such an applicant at this place, in one of these roles.

    `region` is a whole code of GB/T 2260, or of a province or city; an unknown kind is no obstacle. A set for
    who was chosen in public concerns nobody else, and the chosen at any place.
    """
    if terms.role not in roles or (kind is not None and kind not in terms.applicant_kinds):
        return False
    if terms.is_for_chosen:
        return may_be_chosen
    return bool(region) and region.startswith(terms.place)


def judge(
    terms: Terms,
    facts: Facts,
    *,
    now: datetime,
    call: CallWindow | None = None,
    unregistered: Collection[int] = (),
) -> Eligibility:
    """Judge a set on facts of one year; a set that pays on contracts needs at least one, be it unknown.

    `unregistered` are the places of contracts of which records say that they are not registered.
    """
    result = compute(facts, terms)
    judging = _Judging(terms, facts, result, now, call)
    applicant = judging.applicant_points()
    if not terms.per_contract:
        return judging.conclude(applicant, None, ())
    points = [
        [*applicant, *judging.contract_points(place, place in unregistered)]
        for place in range(len(result.calculations))
    ]
    answers = [answer_of(of_contract) for of_contract in points]
    best = min(
        range(len(points)),
        key=lambda place: (_rank(answers[place]), -result.calculations[place].base, place),
    )
    eligible = [place for place, answer in enumerate(answers) if answer is Answer.MET]
    return judging.conclude(points[best], best, eligible)


def _rank(answer: Answer) -> int:
    return list(Answer).index(answer)


@dataclass(frozen=True)
class _Judging:
    terms: Terms
    facts: Facts
    result: AssessmentResult
    now: datetime
    call: CallWindow | None

    def applicant_points(self) -> list[Point]:
        """Return the conditions on the applicant and on the claim as a whole."""
        points = [
            self._point(condition, state, NO_CONTRACT, None, is_curable=False)
            for condition, state in zip(self.terms.applicant_conditions, self.result.states, strict=True)
        ]
        opened = [*self.result.opened, *(fact for total in self.result.sums for fact in total.opened)]
        missing = {
            fact for total in self.result.sums for fact in total.missing if not self.terms.per_contract
        }
        return [*points, *(self._opened(fact, NO_CONTRACT, is_deciding=fact in missing) for fact in opened)]

    def contract_points(self, place: int, is_unregistered: bool) -> list[Point]:
        """Return the conditions on one contract."""
        calculation = self.result.calculations[place]
        contract, base = calculation.contract, self._base(calculation)
        better, better_base = self._improved(contract)
        points = []
        for condition, state in self._states(calculation, base):
            is_once = self.terms.once is not None and condition is self.terms.once.condition
            would_hold = not is_once and condition.test(self.facts, better, better_base) is not False
            is_curable = state is False and would_hold
            points.append(self._point(condition, state, contract, base, is_curable=is_curable))
        if (gate := self._gate(place)) is not None:
            points.append(gate)
        points += [self._opened(fact, contract, is_deciding=True) for fact in calculation.missing]
        points += [self._opened(fact, contract, is_deciding=False) for fact in calculation.opened]
        if is_unregistered:
            points.append(self._registration())
        return [*points, *self._nothing_counts(calculation, contract, better_base)]

    def conclude(self, points: list[Point], place: int | None, eligible: Collection[int]) -> Eligibility:
        """Return the answer of these conditions; `eligible` contracts can be claimed for now."""
        answer = answer_of(points)
        amount, is_most, assumptions = self._amount(answer, points, place, eligible)
        return Eligibility(
            self.terms,
            self.facts.year,
            answer,
            tuple(points),
            place,
            amount,
            is_most,
            assumptions,
            self.call,
        )

    def _base(self, calculation: Calculation) -> int | None:
        """Return the base as conditions may read it: None while an amount or its very kind is missing."""
        is_either = self.terms.content["base"].get("equity") and calculation.contract.kind is None
        return None if calculation.missing or is_either else calculation.base

    def _states(self, calculation: Calculation, base: int | None) -> Iterator[tuple[Condition, bool | None]]:
        conditions = list(self.terms.contract_conditions)
        if self.terms.once is not None:
            conditions.append(self.terms.once.condition)
        for condition, state in zip(conditions, calculation.states, strict=False):
            yield condition, None if base is None and "base" in condition.facts else state

    def _point(
        self,
        condition: Condition,
        state: bool | None,
        contract: ContractFacts,
        base: int | None,
        *,
        is_curable: bool,
    ) -> Point:
        finding = make_finding(condition, state, self.facts, contract, base)
        missing: tuple[str, ...] = ()
        if state is None:
            unread = [
                fact
                for fact, read in zip(condition.facts, condition.reads, strict=True)
                if read(self.facts, contract, base) is None
            ]
            missing = tuple(self._fact(fact) for fact in unread or condition.facts[:1])
        is_assumed = state is True and finding.reason is not None
        until = None
        if not state:
            until = until_when([self._fact(fact) for fact in condition.facts], self.facts.year, self.call)
        facts = tuple(self._fact(fact) for fact in condition.facts) if state is False else ()
        return Point(finding, missing, True, is_curable, is_assumed, facts, until)

    def _opened(self, opened: OpenPoint, contract: ContractFacts, *, is_deciding: bool) -> Point:
        if isinstance(opened, Condition):
            return replace(
                self._point(opened, None, contract, None, is_curable=False), is_deciding=is_deciding
            )
        what = texts.named(opened)
        finding = Finding(
            opened,
            "open",
            str(self.terms.base.clause),
            what,
            Text(texts.OPEN, {"what": what}),
            Text(texts.GIVE, {"what": what}),
        )
        fact = self._fact(opened)
        return Point(finding, (fact,), is_deciding, until=until_when([fact], self.facts.year, self.call))

    def _fact(self, fact: str) -> str:
        """Return the fact that a person would give: the base by what it is counted from."""
        return {"base": self.terms.base.fact, "receipts.on": "receipts"}.get(fact, fact)

    @property
    def _is_year_over(self) -> bool:
        return self.now >= end_of_year(self.facts.year)

    def _improved(self, contract: ContractFacts) -> tuple[ContractFacts, int | None]:
        """Return the contract as it could stand if the applicant did all in its hands, and its base."""
        flags = {
            **contract.flags,
            **{fact.removeprefix("flags."): True for fact in self._flags() if not contract.flags.get(fact)},
        }
        better = replace(contract, flags=flags)
        if not self._is_year_over:
            better = replace(
                better,
                new_sales={**contract.new_sales, self.facts.year: BOUNDLESS},
                receipts=self._paid_up(contract),
                paid_in_equity=self._paid_in(contract),
            )
        base, missing = self.terms.base.count(self.facts, better)
        return better, None if missing else base

    def _flags(self) -> list[str]:
        return [
            fact
            for condition in self.terms.contract_conditions
            for fact in condition.facts
            if fact.startswith("flags.")
        ]

    def _paid_up(self, contract: ContractFacts) -> tuple[ReceiptFacts, ...] | None:
        """Return the receipts with the rest of the price paid on the last day that counts; None: unknown."""
        if contract.receipts is None:
            return None
        price = contract.trade_amount if contract.trade_amount is not None else BOUNDLESS
        paid = sum(receipt.amount or 0 for receipt in contract.receipts)
        last_day = local_date(end_of_year(self.facts.year) - timedelta(microseconds=1))
        return (*contract.receipts, ReceiptFacts(last_day, max(0, price - paid)))

    def _paid_in(self, contract: ContractFacts) -> int | None:
        """Return the equity paid in up to the price; None: unknown."""
        if contract.paid_in_equity is None:
            return None
        price = contract.contract_amount if contract.contract_amount is not None else BOUNDLESS
        return max(contract.paid_in_equity, price)

    def _gate(self, place: int) -> Point | None:
        """Return the gate of a summed base, judged over whatever contracts may be summed with this one."""
        summed = self.terms.summed
        if summed is None or summed.gate is None:
            return None
        own = self.result.calculations[place]
        least = most = best = 0
        for calculation in self.result.calculations:
            states = [state for _condition, state in self._states(calculation, self._base(calculation))]
            outcomes = (own.contract.outcome, calculation.contract.outcome)
            may_join = summed.by == "year" or None in outcomes or outcomes[0] == outcomes[1]
            if calculation is not own and (False in states or not may_join):
                continue
            does_join = calculation is own or summed.by == "year" or (None not in outcomes and may_join)
            base = self._base(calculation)
            if calculation is own or (does_join and None not in states):
                least += base or 0
            most += BOUNDLESS if base is None else base
            best += self._improved(calculation.contract)[1] or 0
        answers = {summed.gate.test(self.facts, NO_CONTRACT, total) for total in (least, most)}
        state = answers.pop() if len(answers) == 1 else None
        is_curable = (
            state is False and summed.gate.test(self.facts, NO_CONTRACT, max(best, most)) is not False
        )
        shown = None if state is None else least
        return self._point(summed.gate, state, own.contract, shown, is_curable=is_curable)

    def _registration(self) -> Point:
        finding = Finding(
            "registered",
            "failed",
            NEEDS_CERTIFICATE,
            Text(REGISTERED),
            Text(NOT_REGISTERED),
            Text(REGISTER),
        )
        until = until_when(["registered_on"], self.facts.year, self.call)
        return Point(finding, is_in_hand=not self._is_year_over, until=until)

    def _nothing_counts(
        self, calculation: Calculation, contract: ContractFacts, better_base: int | None
    ) -> list[Point]:
        """Return the step that a base of nothing is, where it can still grow."""
        fact = "paid_in_equity" if contract.kind == "equity" else self.terms.base.fact
        if calculation.base or calculation.missing or not better_base or fact not in OF_THE_YEAR:
            return []
        what = {"what": texts.named(fact)}
        finding = Finding(
            "base",
            "failed",
            str(self.terms.base.clause),
            Text(HAS_BASE, what),
            Text(NO_BASE, what),
            Text(texts.GIVE, what),
        )
        return [Point(finding, is_in_hand=True, until=until_when([fact], self.facts.year, self.call))]

    def _amount(
        self, answer: Answer, points: Sequence[Point], place: int | None, eligible: Collection[int]
    ) -> tuple[int | None, bool, tuple[Text, ...]]:
        """Return the amount, whether it is the most that may come, and what is assumed for it."""
        if answer is Answer.FAILED:
            return None, False, ()
        if place is None:
            award = self.result.award if answer is Answer.MET else None
            return award, self.result.provisional, ()
        if answer is Answer.MET:
            result = self._of_contracts(eligible)
            return None if self.terms.needs_rate else result.award, result.provisional, ()
        lifted = _without(self.terms, {point.finding.condition for point in points if point.is_in_hand})
        contract = self.facts.contracts[place]
        price = contract.trade_amount
        if price is None:
            return None, True, ()
        if any(point.is_in_hand and "receipts" in self._cured_by(point) for point in points):
            contract = replace(contract, receipts=None)
        estimated = estimate(
            lifted,
            year=self.facts.year,
            trade_amount=price,
            applicant=self.facts.applicant,
            contract=contract,
            granted_this_year=self.facts.granted_this_year,
        )
        amount = estimated.result.award if estimated.result.rate_known else None
        return amount, True, estimated.assumptions

    def _of_contracts(self, places: Collection[int]) -> AssessmentResult:
        """Compute some of the contracts alone."""
        if len(places) == len(self.facts.contracts):
            return self.result
        contracts = tuple(self.facts.contracts[place] for place in places)
        return compute(replace(self.facts, contracts=contracts), self.terms)

    def _cured_by(self, point: Point) -> set[str]:
        facts = {
            condition.name: {self._fact(fact) for fact in condition.facts}
            for condition in self.terms.contract_conditions
        }
        summed = self.terms.summed
        if point.finding.condition == "base" or (
            summed is not None and summed.gate is not None and summed.gate.name == point.finding.condition
        ):
            return {self.terms.base.fact}
        return facts.get(point.finding.condition, set())


def _without(terms: Terms, names: Collection[str]) -> Terms:
    """Return the set without some conditions on contracts, to tell what it pays once they are cured."""
    kept = tuple(condition for condition in terms.contract_conditions if condition.name not in names)
    summed = terms.summed
    if summed is not None and summed.gate is not None and summed.gate.name in names:
        summed = replace(summed, gate=None)
    return replace(
        terms,
        contract_conditions=kept,
        contract_tests=tuple(condition.test for condition in kept),
        summed=summed,
    )
