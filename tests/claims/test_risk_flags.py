"""What speaks for a closer look at a claim."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from market.claims.risk_flags import (
    ComparedContract,
    PartyLink,
    RiskFlag,
    describe_path,
    find_same_day_resales,
    find_split,
    kinds_key,
    path_between,
    thresholds,
)
from market.programmes.rule_files import find_terms
from tests.programmes.sample_claims import WAN

SIGNED = date(2026, 3, 1)
OWN = ComparedContract(UUID(int=1), "HT-1", UUID(int=9), UUID(int=7), UUID(int=8), SIGNED, 300 * WAN)


def deed(amount: int, *, days: int = 0, buyer: int = 8, outcome: int = 9) -> ComparedContract:
    day = SIGNED + timedelta(days=days)
    return ComparedContract(UUID(int=2), "HT-2", UUID(int=outcome), UUID(int=7), UUID(int=buyer), day, amount)


def test_a_chain_of_shares_ties_two_parties_and_is_told_from_end_to_end() -> None:
    ties = [
        PartyLink("A", "B", "甲持有乙 30%", share=3_000),
        PartyLink("B", "C", "乙与丙同一法定代表人", is_person=True),
        PartyLink("A", "C", "甲持有丙 10%", share=1_000),
    ]

    way = path_between("A", "C", ties)

    assert way is not None
    assert describe_path(way) == "甲持有乙 30% → 乙与丙同一法定代表人"
    assert path_between("A", "D", ties) is None


def test_a_chain_longer_than_four_ties_nobody() -> None:
    ties = [PartyLink(str(n), str(n + 1), "", share=10_000) for n in range(5)]

    assert path_between("0", "4", ties) is not None
    assert path_between("0", "5", ties) is None


@pytest.mark.parametrize(
    ("programme", "bounds"),
    [
        ("guangxi", [500 * WAN]),
        ("chongzuo", [50 * WAN, 500 * WAN]),
        ("nanning", [500 * WAN]),
    ],
)
def test_splitting_pays_below_the_bounds_of_a_set_and_below_an_experts_hearing(
    programme: str, bounds: list[int]
) -> None:
    assert thresholds(find_terms(programme)[-1].content) == bounds


@pytest.mark.parametrize(
    ("other", "is_split"),
    [
        (deed(250 * WAN, days=30), True),
        (deed(250 * WAN, days=31), False),
        (deed(199 * WAN), False),
        (deed(250 * WAN, buyer=5), False),
        (deed(500 * WAN), False),
    ],
)
def test_contracts_of_one_pair_within_thirty_days_that_pass_a_bound_together_may_be_split(
    other: ComparedContract, is_split: bool
) -> None:
    assert find_split(OWN, [other], [500 * WAN]) == ([other] if is_split else [])


def test_one_outcome_sold_twice_on_a_day_is_a_chain() -> None:
    same, later, another = deed(WAN), deed(WAN, days=1), deed(WAN, outcome=5)

    assert find_same_day_resales(OWN, [same, later, another]) == [same]


def test_the_queue_finds_claims_by_each_kind_of_doubt_once() -> None:
    doubts = [RiskFlag("split", "HT-2"), RiskFlag("related", "甲"), RiskFlag("split", "HT-3")]

    assert kinds_key(doubts) == ",related,split,"
    assert kinds_key([]) == ""
