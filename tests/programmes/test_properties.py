"""What holds for every claim, whatever it says."""

from __future__ import annotations

from copy import deepcopy
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from market.programmes.engine import assess
from market.programmes.facts import read_facts
from market.programmes.results import AssessmentResult
from market.programmes.rule_files import shipped
from market.programmes.rule_terms import Terms
from market.programmes.sharing import share, share_pot
from tests.programmes.random_claims import random_claim

SETS = [one.with_rate(2000) if one.needs_rate else one for one in shipped()]
ONE_RATE = [one for one in SETS if one.one_rate and one.per_contract]
EVERY = {f"{one.programme}@{one.version}": one for one in SETS}
few = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def computed(terms: Terms, raw: dict[str, object]) -> AssessmentResult:
    return assess(read_facts(raw), terms)


@few
@given(st.sampled_from(sorted(EVERY)), st.integers(0, 10**9))
def test_parts_add_up_and_nothing_passes_a_ceiling(name: str, seed: int) -> None:
    terms = EVERY[name]
    raw = random_claim(Random(seed), name)

    result = computed(terms, raw)

    if terms.per_contract:
        assert sum(part.award for part in result.contracts) == result.award
    for part in result.contracts:
        assert part.award >= 0
        assert part.eligible or part.award == 0
        if terms.one_rate:
            assert part.award * 10_000 <= part.base * terms.ceiling + 10_000
        if part.award:
            assert part.lines[-1].amount == part.award
    if result.year_stage is not None:
        under_year_cap = sum(part.award for part in result.contracts if _is_under_year_cap(result, part.no))
        assert under_year_cap <= result.year_stage.room


def _is_under_year_cap(result: AssessmentResult, no: str | None) -> bool:
    work = next(work for work in result.calculations if work.contract.no == no)
    return work.case is None or work.case.in_year_cap


@few
@given(st.sampled_from(sorted(EVERY)), st.integers(0, 10**9))
def test_a_claim_without_a_kind_of_applicant_is_awarded_as_one_of_the_first_kind_named(
    name: str, seed: int
) -> None:
    terms = EVERY[name]
    raw = random_claim(Random(seed), name)

    raw["applicant"]["kind"] = None
    untold = assess(read_facts(raw), terms)
    raw["applicant"]["kind"] = terms.applicant_kinds[0]
    told = assess(read_facts(raw), terms)

    assert [finding.condition for finding in untold.assumed] == ["applicant_kind"]
    assert not told.assumed
    assert untold.award == told.award
    assert [(part.eligible, part.award) for part in untold.contracts] == [
        (part.eligible, part.award) for part in told.contracts
    ]


@few
@given(st.sampled_from(sorted(EVERY)), st.integers(0, 10**9))
def test_the_order_of_contracts_changes_nothing(name: str, seed: int) -> None:
    terms = EVERY[name]
    raw = random_claim(Random(seed), name)
    turned = deepcopy(raw)
    turned["contracts"] = turned["contracts"][::-1]

    forth, back = computed(terms, raw), computed(terms, turned)

    assert forth.award == back.award
    assert forth.provisional == back.provisional
    awards = {part.no: (part.award, part.eligible) for part in forth.contracts}
    assert awards == {part.no: (part.award, part.eligible) for part in back.contracts}


@few
@given(
    st.sampled_from([contract.programme for contract in ONE_RATE]),
    st.integers(0, 10**9),
    st.integers(1, 10**9),
)
def test_more_paid_never_lowers_an_award(programme: str, seed: int, more: int) -> None:
    name = next(name for name in EVERY if name.startswith(programme + "@") and EVERY[name].one_rate)
    raw = random_claim(Random(seed), name)
    raised = deepcopy(raw)
    for contract in raised["contracts"]:
        for receipt in contract.get("receipts") or []:
            if receipt.get("amount") is not None:
                receipt["amount"] += more

    assert computed(EVERY[name], raised).award >= computed(EVERY[name], raw).award


@few
@given(st.sampled_from(sorted(EVERY)), st.integers(0, 10**9))
def test_the_printed_lines_carry_clauses_and_end_in_the_award(name: str, seed: int) -> None:
    result = computed(EVERY[name], random_claim(Random(seed), name))

    printed = result.to_json()

    lines = [line for contract in printed["contracts"] for line in contract["lines"]] + printed["lines"]
    assert all("摘要" in line["clause"] and line["note"] for line in lines)
    assert printed["award"] == result.award
    if not EVERY[name].per_contract and result.award:
        assert printed["lines"][-1]["amount"] == result.award


@few
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**10), min_size=1, max_size=8))
def test_shares_add_up_and_stay_within_a_unit_of_their_due(total: int, weights: list[int]) -> None:
    parts = share(total, weights)

    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * whole - total * weight) < whole


@few
@given(
    st.integers(0, 10**10),
    st.lists(st.integers(0, 10**9), max_size=8),
    st.sampled_from(["pro_rata", "ranked", "hard_stop"]),
)
def test_a_list_never_spends_more_than_the_pot(pot: int, awards: list[int], mode: str) -> None:
    parts = share_pot(pot, awards, mode)

    assert sum(parts) <= pot
    assert all(0 <= part <= award for part, award in zip(parts, awards, strict=True))
    if mode == "pro_rata":
        assert sum(parts) == min(pot, sum(awards))
