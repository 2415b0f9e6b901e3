"""What the rule language can say beyond the shipped sets: a shipped file, bent, and what it then pays."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from market.programmes.engine import assess
from market.programmes.facts import ContractFacts, Facts, read_facts
from market.programmes.results import AssessmentResult
from market.programmes.rule_files import find_terms, read_terms
from market.programmes.rule_terms import TermError
from tests.programmes.sample_claims import WAN, assessed, claim, contract

YI = 10_000 * WAN


def bent(name: str, **changes: Any) -> dict[str, Any]:
    """Return a shipped file with some of its fields replaced."""
    return {**deepcopy(dict(find_terms(name)[0].content)), **changes}


def paid(content: dict[str, Any], raw: dict[str, Any]) -> AssessmentResult:
    return assess(read_facts(raw), read_terms(content))


@pytest.mark.parametrize(
    ("total", "award"),
    [
        (500 * WAN - 1, 0),
        (500 * WAN, 10),
        (5000 * WAN - 1, 10),
        (5000 * WAN, 20),
        (1 * YI, 30),
        (5 * YI - 1, 30),
        (5 * YI, 50),
        (9 * YI, 50),
    ],
)
def test_slabs_give_the_whole_amount_one_rate_with_one_cap(total: int, award: int) -> None:
    def slab(low: int, high: int | None, **pays: int) -> dict[str, Any]:
        return {"from": low, "from_included": True, "to": high, "to_included": False, **pays}

    slabs = [
        slab(500 * WAN, 5000 * WAN, basis_points=200, cap=10 * WAN),
        slab(5000 * WAN, 1 * YI, basis_points=200, cap=20 * WAN),
        slab(1 * YI, 5 * YI, basis_points=100, cap=30 * WAN),
        slab(5 * YI, None, amount=50 * WAN),
    ]
    content = bent(
        "fujian-agency", rates=[{"name": "rate", "rate": {"slab": slabs}, "clause": "rate"}], rate_is="exact"
    )

    assert paid(content, claim("fujian-agency", brokered_total=total)).award == award * WAN


@pytest.mark.parametrize(
    ("kind", "years", "state"),
    [("licence", 5, "met"), ("licence", 4, "failed"), ("licence", None, "open"), ("assignment", 1, "met")],
)
def test_a_licence_may_need_a_least_term(kind: str, years: int | None, state: str) -> None:
    content = bent("guangxi")
    content["conditions"].append(
        {
            "name": "licence_term",
            "fact": "licence_years",
            "test": "at_least",
            "value": 5,
            "only_for": ["licence"],
            "clause": "kinds",
            "text": "许可五年以上",
        }
    )

    result = paid(content, claim("guangxi", contract("guangxi", kind=kind, licence_years=years)))

    assert result.contracts[0].conditions[-1].state == state


def test_costs_that_are_no_technology_are_taken_off_a_gross_base() -> None:
    base = {"fact": "contract_amount", "less_excluded": ["equipment", "software"], "clause": "base"}
    content = bent("guangxi", base=base)
    costs = {"equipment": 30 * WAN, "software": 10 * WAN}
    raw = contract("guangxi", contract_amount=100 * WAN, excluded=costs)
    dark = contract("guangxi", contract_amount=100 * WAN, excluded={"equipment": 30 * WAN})

    assert paid(content, claim("guangxi", raw)).award == 30 * WAN
    assert paid(content, claim("guangxi", dark)).provisional


def test_another_programmes_award_can_be_matched() -> None:
    rates = [{"name": "rate", "rate": {"flat": 10_000}, "clause": "rate"}]
    content = bent("fujian-agency", base={"fact": "matched_award", "clause": "base"}, rates=rates)

    assert paid(content, claim("fujian-agency", matched_award=7 * WAN)).award == 7 * WAN


def test_a_bonus_may_stand_inside_the_cap_of_the_contract() -> None:
    order = find_terms("ningbo-buyer")[0].content["order"]
    inside = [*order[:3], "add_ons", "contract_cap", *order[5:]]
    raw = claim("ningbo-buyer", contract("ningbo-buyer", trade_amount=3000 * WAN, mode="auction"))

    result = paid(bent("ningbo-buyer", order=inside), raw)

    assert result.award == 400 * WAN
    assert [line.step for line in result.contracts[0].lines] == [
        "base",
        "rate",
        "add_on",
        "total",
        "contract_cap",
    ]
    assert result.contracts[0].lines[3].amount == 400 * WAN


def test_a_bonus_on_top_of_a_cap_that_binds_shows_each_step() -> None:
    raw = claim("ningbo-buyer", contract("ningbo-buyer", trade_amount=5000 * WAN + 3, mode="auction"))

    lines = assessed("ningbo-buyer", raw).contracts[0].lines

    assert [(line.step, line.amount // WAN) for line in lines] == [
        ("base", 5000),
        ("rate", 500),
        ("contract_cap", 400),
        ("add_on", 100),
        ("total", 500),
    ]


def test_the_cap_of_the_year_may_come_before_the_cap_of_the_outcome() -> None:
    order = list(find_terms("guangxi")[0].content["order"])
    place = order.index("outcome_cap")
    order[place : place + 2] = ["year_cap", "outcome_cap"]
    caps = [
        {
            "outcome": {"amount": 10 * WAN, "clause": "caps"},
            "year": {"amount": 20 * WAN, "clause": "caps", "less_granted": False},
        }
    ]
    contracts = [
        contract("guangxi", 1, trade_amount=60 * WAN, outcome="A"),
        contract("guangxi", 2, trade_amount=20 * WAN, outcome="B"),
    ]
    raw = claim("guangxi", *contracts, granted_this_year=None)

    outcome_first = paid(bent("guangxi", caps=caps), raw)
    year_first = paid(bent("guangxi", caps=caps, order=order), raw)

    assert [part.award for part in outcome_first.contracts] == [10 * WAN, 10 * WAN]
    assert [part.award for part in year_first.contracts] == [10 * WAN, 5 * WAN]
    assert not year_first.provisional


def test_a_cap_may_be_filled_in_the_order_of_contract_numbers() -> None:
    contracts = [contract("henan-buyer", no, paid=600 * WAN) for no in (2, 1)]

    result = paid(bent("henan-buyer", sharing="by_number"), claim("henan-buyer", *contracts))

    assert [part.award for part in result.contracts] == [40 * WAN, 60 * WAN]


@pytest.mark.parametrize(
    ("rounding", "award"),
    [
        ({"mode": "half_up", "unit": 1}, 61_728_395),
        ({"mode": "down", "unit": 1}, 61_728_394),
        ({"mode": "half_up", "unit": 100}, 61_728_400),
        ({"mode": "down", "unit": 1_000_000}, 61_000_000),
    ],
)
def test_an_award_is_rounded_as_the_terms_say(rounding: dict[str, Any], award: int) -> None:
    raw = claim("guangxi", contract("guangxi", trade_amount=123_456_789))

    assert paid(bent("guangxi", rounding=rounding), raw).award == award


def test_receipts_may_be_counted_between_two_days() -> None:
    window = {"from": "2024-07-01", "to": "2025-06-30"}
    receipts = [
        {"on": day, "amount": WAN} for day in ("2024-06-30", "2024-07-01", "2025-06-30", "2025-07-01")
    ]
    base = {"fact": "receipts", "window": window, "clause": "base"}
    raw = claim("henan-buyer", contract("henan-buyer", receipts=receipts))

    assert paid(bent("henan-buyer", base=base), raw).contracts[0].base == 2 * WAN


def test_a_decision_may_set_a_lower_rate_and_none_above_the_ceiling() -> None:
    terms = find_terms("guangxi")[0]
    raw = claim("guangxi", contract("guangxi", trade_amount=100 * WAN))

    assert assess(read_facts(raw), terms.with_rate(2000)).award == 20 * WAN
    assert assess(read_facts(raw), terms.with_rate(0)).award == 0
    with pytest.raises(TermError, match="0 与 50%"):
        terms.with_rate(5001)


def test_a_set_without_its_rate_is_not_computed() -> None:
    with pytest.raises(TermError, match="rate_basis_points"):
        assess(read_facts(claim("nanning")), find_terms("nanning")[0])


def test_a_window_without_an_end_counts_what_arrives_in_any_later_year() -> None:
    content = bent("nanning", base={"fact": "receipts", "window": {"from": 0, "to": None}, "clause": "base"})
    raw = contract("nanning", trade_amount=300 * WAN)
    raw["receipts"] = [
        {"on": "2024-12-31", "amount": 100 * WAN},
        {"on": "2025-01-01", "amount": 100 * WAN},
        {"on": "2099-12-31", "amount": 100 * WAN},
    ]

    result = assess(read_facts(claim("nanning", raw)), read_terms(content).with_rate(1000))

    assert result.award == 20 * WAN


def test_exactly_the_bound_that_must_be_passed_lacks_no_amount_and_is_told_in_words() -> None:
    content = bent("guangxi")
    content["conditions"].append(
        {
            "name": "above",
            "fact": "trade_amount",
            "test": "more_than",
            "value": 100 * WAN,
            "clause": "kinds",
            "text": "技术交易额超过 100 万元",
        }
    )

    def remedy(amount: int) -> str:
        raw = contract("guangxi", trade_amount=amount)
        return str(paid(content, claim("guangxi", raw)).contracts[0].conditions[-1].remedy)

    assert "10 万元" in remedy(90 * WAN)
    assert remedy(100 * WAN) == "须满足：技术交易额超过 100 万元"


def test_an_add_on_without_a_cap_is_paid_in_full() -> None:
    content = bent("ningbo-buyer")
    del content["add_ons"][0]["cap"]
    del content["rates"][1]["cap"]
    raw = contract("ningbo-buyer", trade_amount=10_000 * WAN, mode="auction", seller={"region": "110000"})

    assert paid(content, claim("ningbo-buyer", raw)).award == 1_000 * WAN


def test_a_cap_on_an_outcome_may_be_for_each_claim_anew() -> None:
    content = bent("hefei")
    content["caps"][0]["outcome"]["less_granted"] = False
    del content["caps"][0]["year"]
    raw = contract("hefei", paid=2_000 * WAN, granted_for_outcome=150 * WAN)

    assert paid(content, claim("hefei", raw)).award == 150 * WAN
    assert paid(bent("hefei"), claim("hefei", raw)).award == 0


def test_a_rate_of_a_bracket_may_be_without_a_cap() -> None:
    slabs = [{"from": 0, "from_included": True, "to": None, "to_included": False, "basis_points": 200}]
    content = bent(
        "fujian-agency",
        rates=[{"name": "rate", "rate": {"slab": slabs}, "clause": "rate"}],
        rate_is="exact",
        caps=[],
    )

    assert paid(content, claim("fujian-agency", brokered_total=YI)).award == 200 * WAN


def test_whether_a_contract_is_the_earliest_of_its_kind_is_not_decided_from_it_alone() -> None:
    once = find_terms("ningxia-buyer")[-1].once

    assert once is not None
    assert once.condition.test(Facts(year=2025), ContractFacts(), None) is None


def test_a_rate_is_asked_for_only_where_the_text_gives_none() -> None:
    assert find_terms("nanning")[-1].needs_rate
    assert not find_terms("nanning")[-1].with_rate(2000).needs_rate
    assert not find_terms("guangxi")[-1].needs_rate
