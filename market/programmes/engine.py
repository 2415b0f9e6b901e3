"""Compute a claim under one rule set, exactly, line by line: no clock, no database, no floats.

The order is gates, base, rate, add-ons, cap per contract, cap per outcome, cap per year, rounding; a
set's `order` says where the documents leave it open. Everything is kept in ten-thousandths of a fen until an
award is rounded, once per contract, or until a cap is shared in whole fen. Decided here:

* *Not known.* Every condition is judged, also after one has failed. An unknown one counts as held. Of several
  rates, an unknown selector counts as held too, so the first case that does not fail is taken (an unknown
  place of use earns the local rate, an unknown mode the auction's bonus), and is open. Selectors and
  grants for an outcome are asked only for contracts that passed their gates; base amounts for all.
* *Provisional* is whatever has anything open, an award of zero included.
* A contract is `eligible` if none of its own conditions failed; when the applicant fails, its contracts
  keep their findings, what is open on them included, and are awarded nothing.
* The contract's party is that of the role the set pays.
* A cap binds also when only the rounded awards would pass it. It is then shared in proportion to the exact
  awards.
* A sum (per outcome, per year) takes only contracts that passed their own gates. It goes through every cap as
  one, in place of its contracts, is rounded once, and then shared by base; among sums the smallest contract
  number stands for the sum.
* Contracts without an outcome number are each an outcome of their own, and open. Where the contracts of one
  outcome state different grants, the largest holds. A cap per outcome is always less what was granted.
* `granted_this_year` reduces the caps called yearly; caps of sets without contracts stand whole.
* Of licences alike in outcome, seller and buyer only the earliest registered counts, whether or not it
  earns anything itself; of one day, the smaller number. An unknown number or day leaves the pair open.
"""

from __future__ import annotations

from collections.abc import Sequence

from market.programmes.calculation import Calculation, OpenPoint, Stage
from market.programmes.conditions import NO_CONTRACT, Condition
from market.programmes.facts import ContractFacts, Facts
from market.programmes.results import AssessmentResult
from market.programmes.rule_terms import Cap, CapCase, Once, Summed, TermError, Terms
from market.programmes.sharing import SCALE, fill, number_rank, share, to_fen

NO_CAPS = CapCase((), None, None)


def assess(facts: Facts, terms: Terms) -> AssessmentResult:
    """Compute what the claim is awarded, with every condition and every line of the computation.

    Raises:
        TermError: the set's rate is not in the text seen and was not given.
    """
    if terms.needs_rate:
        raise TermError(
            f"{terms.programme}@{terms.version} 的比例未载于所见文本，须以 rate_basis_points 给出"
        )
    return compute(facts, terms)


def compute(facts: Facts, terms: Terms) -> AssessmentResult:
    """Compute, and award nothing where the rate is not known: for estimates, which show the conditions."""
    states = [test(facts, NO_CONTRACT, None) for test in terms.applicant_tests]
    opened: list[OpenPoint] = []
    caps = _caps_for(facts, terms, opened)
    if caps.year is not None and caps.year.less_granted and facts.granted_this_year is None:
        opened.append("granted_this_year")
    barred = False in states or terms.needs_rate
    if not terms.per_contract:
        calculations, sums = [], [_calculate_claim(facts, terms, opened)]
        units = [] if barred else sums
    else:
        calculations = [_calculate_contract(facts, contract, terms) for contract in facts.contracts]
        if terms.once is not None:
            _keep_earliest(calculations, terms.once)
        sums = []
        units = eligible = [calculation for calculation in calculations if False not in calculation.states]
        if terms.summed is not None:
            sums = units = _sum_up(facts, eligible, terms.summed)
        if terms.needs_rate:
            units = []
    year_stage = _award(facts, terms, caps, units) if units else None
    if False in states:
        year_stage = None
        for calculation in (*calculations, *sums):
            _clear_award(calculation)
    return AssessmentResult(facts, terms, states, opened, calculations, sums, year_stage)


def _clear_award(calculation: Calculation) -> None:
    """Reset the award of a contract because the applicant itself failed; open points stay."""
    calculation.award = calculation.exact = calculation.rated = calculation.capped = 0
    calculation.case = None
    calculation.extras, calculation.stages = [], []


def _caps_for(facts: Facts, terms: Terms, opened: list[OpenPoint]) -> CapCase:
    for case in terms.caps:
        if _applies(case.when, facts, NO_CONTRACT, None, opened):
            return case
    return NO_CAPS


def _applies(
    when: Sequence[Condition],
    facts: Facts,
    contract: ContractFacts,
    base: int | None,
    opened: list[OpenPoint],
) -> bool:
    """Return whether a case applies; an unknown condition counts as held and is recorded as open."""
    unknown: list[Condition] | None = None
    for condition in when:
        state = condition.test(facts, contract, base)
        if state is False:
            return False
        if state is None:
            unknown = [*unknown, condition] if unknown else [condition]
    if unknown:
        opened.extend(unknown)
    return True


def _calculate_claim(facts: Facts, terms: Terms, opened: list[OpenPoint]) -> Calculation:
    base, missing = terms.base.count(facts, NO_CONTRACT)
    opened.extend(missing)
    if terms.bound is not None and terms.bound.read(facts, NO_CONTRACT, None) is None:
        opened.append(terms.bound.fact)
    return Calculation(NO_CONTRACT, base, missing, [])


def _calculate_contract(facts: Facts, contract: ContractFacts, terms: Terms) -> Calculation:
    base, missing = terms.base.count(facts, contract)
    known_base = None if missing else base
    return Calculation(
        contract, base, missing, [test(facts, contract, known_base) for test in terms.contract_tests]
    )


def _keep_earliest(calculations: list[Calculation], once: Once) -> None:
    """Fail each contract that has an earlier duplicate; leave open what may have one."""
    bound = [
        calculation
        for calculation in calculations
        if calculation.contract.kind is None or calculation.contract.kind in once.kinds
    ]
    for calculation in calculations:
        calculation.states.append(True)
    for calculation in bound:
        answers = {
            _is_earlier_duplicate(other.contract, calculation.contract, once)
            for other in bound
            if other is not calculation
        }
        calculation.states[-1] = False if True in answers else None if None in answers else True


def _is_earlier_duplicate(other: ContractFacts, contract: ContractFacts, once: Once) -> bool | None:
    unknown = other.kind is None or contract.kind is None
    for read in once.same:
        theirs, ours = read(_NO_FACTS, other, None), read(_NO_FACTS, contract, None)
        if theirs is None or ours is None:
            unknown = True
        elif theirs != ours:
            return False
    if other.registered_on is None or contract.registered_on is None:
        return None
    if other.registered_on != contract.registered_on:
        earlier = other.registered_on < contract.registered_on
    else:
        earlier = number_rank(other.no) < number_rank(contract.no)
    return None if earlier and unknown else earlier


_NO_FACTS = Facts(year=1)


def _sum_up(facts: Facts, eligible: list[Calculation], summed: Summed) -> list[Calculation]:
    """Sum contracts of one outcome, or all of the year; sums below the gate fail it."""
    groups: dict[object, list[Calculation]] = {}
    for calculation in eligible:
        key: object = "year"
        if summed.by == "outcome":
            key = calculation.contract.outcome
            if key is None:
                calculation.opened.append("outcome")
                key = calculation
        groups.setdefault(key, []).append(calculation)
    sums = []
    for members in groups.values():
        members.sort(key=lambda calculation: number_rank(calculation.contract.no))
        total = sum(calculation.base for calculation in members)
        missing = any(calculation.missing for calculation in members)
        summed_calculation = Calculation(members[0].contract, total, (), [], members)
        if summed.gate is not None:
            state = summed.gate.test(facts, NO_CONTRACT, total)
            state = None if state is False and missing else state
            for calculation in members:
                calculation.states.append(state)
                calculation.gate_base = total
            if state is False:
                continue
        sums.append(summed_calculation)
    return sums


def _award(facts: Facts, terms: Terms, caps: CapCase, units: list[Calculation]) -> Stage | None:
    for calculation in units:
        _rate(facts, terms, calculation)
    year_stage = None
    steps = ("year", "outcome") if terms.year_cap_first else ("outcome", "year")
    for step in steps:
        if step == "outcome" and caps.outcome is not None:
            _cap_outcomes(terms, caps.outcome, units)
        if step == "year" and caps.year is not None:
            in_year_cap = [
                calculation
                for calculation in units
                if calculation.case is None or calculation.case.in_year_cap
            ]
            year_stage = _cap("year_cap", caps.year, facts.granted_this_year or 0, terms, in_year_cap)
    for calculation in units:
        calculation.award = _rounded(calculation.exact, terms)
        if terms.summed is not None:
            shares = share(calculation.award, [member.base for member in calculation.members])
            for member, part in zip(calculation.members, shares, strict=True):
                member.award = part
    return year_stage


def _rate(facts: Facts, terms: Terms, calculation: Calculation) -> None:
    """Apply the rate, its add-ons and the cap per contract, in the order of the terms."""
    contract, known_base = calculation.contract, None if calculation.missing else calculation.base
    cases = (
        case
        for case in terms.cases
        if not case.when or _applies(case.when, facts, contract, known_base, calculation.opened)
    )
    # The last case has no conditions, and nothing is rated while the rate is not known.
    case = next(cases)
    calculation.case, rate = case, case.known_rate
    if rate.flat is not None:
        exact = calculation.base * rate.flat
    else:
        exact = sum(part.exact for part in rate.parts(calculation.base))
    calculation.rated = exact
    extra = 0
    for add_on in terms.add_ons:
        if _applies(add_on.when, facts, contract, known_base, calculation.opened):
            more = calculation.base * add_on.basis_points
            if add_on.cap is not None:
                more = min(more, add_on.cap * SCALE)
            calculation.extras.append((add_on, more))
            extra += more
    if not terms.add_ons_outside_cap:
        exact += extra
    if terms.bound is not None:
        bound = terms.bound.read(facts, contract, known_base)
        if bound is None:
            bound = 0
            if terms.per_contract:
                calculation.opened.append(terms.bound.fact)
        before, exact = exact, min(exact, bound * SCALE)
        calculation.stages.append(Stage("bound", None, before, exact, 0, bound))
    if case.cap is not None:
        before, exact = exact, min(exact, case.cap.amount * SCALE)
        step = "contract_cap" if terms.per_contract else "cap"
        calculation.stages.append(Stage(step, case.cap, before, exact, 0, case.cap.amount))
    calculation.capped = exact
    calculation.exact = exact + extra if terms.add_ons_outside_cap else exact


def _cap_outcomes(terms: Terms, cap: Cap, units: list[Calculation]) -> None:
    groups: dict[object, list[Calculation]] = {}
    for calculation in units:
        members = calculation.members or [calculation]
        outcome = calculation.contract.outcome
        if outcome is None and terms.summed is None:
            calculation.opened.append("outcome")
        if cap.less_granted:
            for member in members:
                if member.contract.granted_for_outcome is None:
                    member.opened.append("granted_for_outcome")
        groups.setdefault(calculation if outcome is None else outcome, []).append(calculation)
    for calculations in groups.values():
        granted = max(
            member.contract.granted_for_outcome or 0
            for calculation in calculations
            for member in (calculation.members or [calculation])
        )
        _cap("outcome_cap", cap, granted, terms, calculations)


def _cap(step: str, cap: Cap, granted: int, terms: Terms, calculations: list[Calculation]) -> Stage:
    """Hold the calculations together to one cap; what it cuts off is shared in whole units."""
    granted = granted if cap.less_granted else 0
    room = max(0, cap.amount - granted)
    before = sum(calculation.exact for calculation in calculations)
    cut = (
        before > room * SCALE
        or sum(_rounded(calculation.exact, terms) for calculation in calculations) > room
    )
    if cut:
        weights = [calculation.exact for calculation in calculations]
        rank = [number_rank(calculation.contract.no) for calculation in calculations]
        parts = _share_units(room, weights, rank, terms)
    for place, calculation in enumerate(calculations):
        was = calculation.exact
        if cut:
            calculation.exact = parts[place] * SCALE
        calculation.stages.append(Stage(step, cap, was, calculation.exact, granted, room))
    return Stage(step, cap, before, sum(calculation.exact for calculation in calculations), granted, room)


def _share_units(room: int, weights: list[int], rank: list[tuple[int, int, str]], terms: Terms) -> list[int]:
    unit = terms.rounding_unit
    if terms.sharing == "by_number":
        return fill(room, [to_fen(weight) for weight in weights], rank)
    return [part * unit for part in share(room // unit, weights, rank)]


def _rounded(exact: int, terms: Terms) -> int:
    if terms.rounding_unit == 1 and terms.rounds_half_up:
        return to_fen(exact)
    unit = terms.rounding_unit * SCALE
    return ((2 * exact + unit) // (2 * unit) if terms.rounds_half_up else exact // unit) * terms.rounding_unit
