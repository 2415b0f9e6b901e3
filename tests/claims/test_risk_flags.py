"""What speaks for a closer look at a claim."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from market.claims.applications import submit_claim
from market.claims.models import Claim, ClaimContract
from market.claims.risk_flags import (
    ComparedContract,
    RiskFlag,
    find_same_day_resales,
    find_split,
    kinds_key,
    thresholds,
)
from market.claims.states import ClaimStatus
from market.integrity.models import PartyTie, TieKind
from market.integrity.party_paths import PartyLink, describe_path, path_between
from market.programmes.rule_files import find_terms
from market.records.by import By
from tests.claims.factories import make_draft
from tests.factories import NOW, make_organisation
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


async def test_doubts_stand_beside_a_claim_once_it_is_handed_in() -> None:
    applicant, claim = await make_draft()
    row = await ClaimContract.get(claim_id=claim.id).select_related("contract__deal__seller")
    holder, seller = await make_organisation(), row.contract.deal.seller
    buyer = (await Claim.get(id=claim.id).select_related("applicant")).applicant
    for organisation in (seller, buyer):
        await PartyTie.create(
            id=uuid4(),
            kind=TieKind.SHAREHOLDING,
            uscc=organisation.uscc,
            other=holder.uscc,
            basis_points=5100,
            source="公示系统",
            entered_at=NOW,
        )

    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))

    stored = await Claim.get(id=claim.id)
    assert ",related," in stored.doubt_kinds
    assert stored.doubts is not None
    assert any(str(holder.uscc) in flag["what"] for flag in stored.doubts)
    assert stored.status is ClaimStatus.SUBMITTED


def _deed(number: str, amount: int, day: int = 1, **other: object) -> ComparedContract:
    ids = {name: other.get(name, IDS[name]) for name in IDS}
    return ComparedContract(uuid4(), number, signed_on=date(2026, 1, day), trade_amount=amount, **ids)  # type: ignore[arg-type]


IDS = {"subject_id": uuid4(), "seller_id": uuid4(), "buyer_id": uuid4()}


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [([40, 10], ["B"]), ([40, 9], []), ([50, 40], []), ([20, 20, 20], ["B", "C"])],
)
def test_small_contracts_that_together_pass_a_bound_look_split(
    amounts: list[int], expected: list[str]
) -> None:
    first, *others = [_deed(name, amount * WAN) for name, amount in zip("ABC", amounts, strict=False)]

    assert [contract.number for contract in find_split(first, others, [50 * WAN])] == expected


def test_far_apart_or_with_another_seller_nothing_looks_split() -> None:
    first = _deed("A", 40 * WAN)

    assert not find_split(first, [_deed("B", 40 * WAN, seller_id=uuid4())], [50 * WAN])
    assert find_same_day_resales(first, [_deed("B", WAN), _deed("C", WAN, 2)])[0].number == "B"
    assert 50 * WAN in thresholds(find_terms("chongzuo")[0].content)


@pytest.mark.parametrize(
    ("ties", "length"),
    [
        ([("a", "b", 2500)], 1),
        ([("a", "b", 2499)], None),
        ([("a", "x", 3000), ("b", "x", 3000)], 2),
        ([("a", "person", None), ("b", "person", None)], 2),
        ([("a", "x", 9000), ("x", "y", 9000), ("y", "z", 9000), ("z", "b", 9000)], 4),
        ([("a", "x", 9000), ("x", "y", 9000), ("y", "z", 9000), ("z", "w", 9000), ("w", "b", 9000)], None),
    ],
)
def test_parties_are_tied_through_shares_and_people(
    ties: list[tuple[str, str, int | None]], length: int | None
) -> None:
    path = path_between("a", "b", [PartyLink(code, other, "", share=share) for code, other, share in ties])

    assert (None if path is None else len(path)) == length
