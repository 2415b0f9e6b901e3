"""Conflicts declared, experts' blind scores, facts stated, doubts found."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from uuid import uuid4

import pytest

from market.accounts.models import StaffRole
from market.budgets.batches import confirm_batch, make_batch
from market.claims.applications import add_evidence, create_claim, submit_claim
from market.claims.claim_facts import net_refunds
from market.claims.declared_facts import declare_facts, required_facts
from market.claims.desk_review import accept, calculate, declare_conflict, recheck
from market.claims.expert_panel import assign_experts, verdict_for
from market.claims.models import Claim, ClaimContract
from market.claims.risk_flags import (
    ComparedContract,
    PartyLink,
    find_same_day_resales,
    find_split,
    path_between,
    thresholds,
)
from market.claims.states import ClaimStatus
from market.contracts.models import Contract
from market.integrity.conflicts import Conflicted
from market.integrity.models import PartyTie, TieKind
from market.kit.errors import Conflict, Invalid, NotFound
from market.panels import expert_reviews
from market.panels.expert_reviews import decline, score
from market.panels.scoring import approved_rate, mean, points_of
from market.programmes.rule_files import find_terms
from market.records.by import By
from tests.claims.factories import (
    WAN,
    make_accepted,
    make_applicant,
    make_budget,
    make_calculated,
    make_contract,
    make_desk,
    make_draft,
    make_sales,
)
from tests.factories import HOLIDAYS, NOW, make_member, make_membership, make_organisation, make_staff

SCORES = {"novelty": 90, "maturity": 70, "benefit": 77}


async def test_who_declared_a_conflict_rechecks_no_more_and_another_does() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)

    await declare_conflict(claim.number, reason="同乡", by=By(desk.rechecker, NOW))

    with pytest.raises(Conflicted):
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    with pytest.raises(Conflict):
        await declare_conflict(claim.number, reason="同乡", by=By(desk.rechecker, NOW))
    other = await make_staff(StaffRole.RECHECKER)
    assert (await recheck(claim.number, sequence=1, by=By(other, NOW))).rechecked_by_id


async def test_who_computed_a_claim_cannot_declare_a_conflict_afterwards() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)

    with pytest.raises(Conflict):
        await declare_conflict(claim.number, reason="x", by=By(desk.officer, NOW))


async def test_a_list_with_a_conflicted_claim_is_confirmed_by_another() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    await make_budget(desk, 1000 * WAN)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )
    second = await make_staff(StaffRole.RECHECKER)
    await declare_conflict(claim.number, reason="x", by=By(second, NOW))

    with pytest.raises(Conflicted):
        await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(second, NOW))


async def test_experts_scores_set_the_rate_and_nobody_types_another() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = [await make_staff(StaffRole.REVIEWER) for _ in range(2)]
    due = NOW.date() + timedelta(days=7)
    tasks = await assign_experts(
        claim.number,
        reviewer_ids=[expert.user_id for expert in experts],
        due_on=due,
        by=By(desk.operator, NOW),
    )
    by_expert = {task.reviewer_id: task for task in tasks}

    await score(by_expert[experts[0].user_id].id, scores=SCORES, opinion="可行", by=By(experts[0], NOW))
    with pytest.raises(Conflict):
        await calculate(claim.number, by=By(desk.officer, NOW))
    await decline(by_expert[experts[1].user_id].id, by=By(experts[1], NOW))
    with pytest.raises(Invalid):
        await calculate(claim.number, rate_basis_points=5000, by=By(desk.officer, NOW))
    made = await calculate(claim.number, by=By(desk.officer, NOW))

    assert made.result["given"] == {"rate_basis_points": 4000}
    assert made.award_amount == 120 * WAN * 4 // 10


async def test_an_expert_sees_own_tasks_only_scores_once_and_after_declining_nothing() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    expert, rival = await make_staff(StaffRole.REVIEWER), await make_staff(StaffRole.REVIEWER)
    due = NOW.date() + timedelta(days=7)
    (task,) = await assign_experts(
        claim.number, reviewer_ids=[expert.user_id], due_on=due, by=By(desk.operator, NOW)
    )

    with pytest.raises(NotFound):
        await expert_reviews.get_review_for(rival, task.id)
    with pytest.raises(Invalid):
        await score(task.id, scores=SCORES | {"novelty": 101}, opinion="", by=By(expert, NOW))
    await score(task.id, scores=SCORES, opinion="", by=By(expert, NOW))
    with pytest.raises(Conflict):
        await score(task.id, scores=SCORES, opinion="", by=By(expert, NOW))
    assert (await verdict_for(claim.id, find_terms("guangxi")[0])).shown_points == "79.00"


async def test_an_expert_of_a_party_is_not_asked() -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_accepted(desk, applicant)
    buyer = (await Claim.get(id=claim.id).select_related("applicant")).applicant
    expert = await make_member(buyer, staff_role=StaffRole.REVIEWER)

    with pytest.raises(Invalid, match="应当回避"):
        await assign_experts(
            claim.number,
            reviewer_ids=[expert.user_id],
            due_on=NOW.date() + timedelta(days=7),
            by=By(desk.operator, NOW),
        )


@pytest.mark.parametrize(("days_ago", "is_asked"), [(3 * 365 - 1, False), (3 * 365 + 2, True)])
async def test_an_expert_is_not_asked_for_three_years_after_leaving_a_party(
    days_ago: int, is_asked: bool
) -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    applicant = (await Claim.get(id=claim.id).select_related("applicant")).applicant
    expert = await make_staff(StaffRole.REVIEWER)
    left = NOW - timedelta(days=days_ago)
    await make_membership(expert.user_id, applicant, start=left - timedelta(days=30), end=left)

    assignment = assign_experts(
        claim.number,
        reviewer_ids=[expert.user_id],
        due_on=NOW.date() + timedelta(days=7),
        by=By(desk.operator, NOW),
    )

    if is_asked:
        assert len(await assignment) == 1
    else:
        with pytest.raises(Invalid, match="应当回避"):
            await assignment


@pytest.mark.parametrize(
    ("points", "rate"),
    [(100, 5000), (85, 5000), (84, 4000), (70, 4000), (69, 3000), (60, 3000), (59, 0), (0, 0)],
)
def test_points_approve_a_part_of_the_ceiling(points: int, rate: int) -> None:
    assert approved_rate(Fraction(points), 5000) == rate


def test_points_are_weighed_and_averaged_exactly() -> None:
    assert mean([points_of(SCORES), Fraction(80)]) == Fraction(159, 2)
    assert points_of(SCORES, {"novelty": 2, "maturity": 1, "benefit": 1}) == Fraction(327, 4)
    assert approved_rate(Fraction(50), 3333, {"bands": [{"from": 50, "share": 5000}]}) == 1667


@pytest.mark.parametrize(
    ("slug", "facts"),
    [
        ("guangxi", ["paid_in_equity"]),
        ("ningbo-buyer", ["mode"]),
        ("suzhou", ["grade"]),
        ("fuzhou@2025", ["flags.witnessed"]),
        ("henan-buyer", []),
    ],
)
def test_a_form_asks_what_the_set_names_and_no_record_has(slug: str, facts: list[str]) -> None:
    assert required_facts(find_terms(slug)[-1]) == facts


async def test_what_is_stated_reaches_the_computation_and_is_closed_after_hand_in() -> None:
    applicant = await make_applicant(region="320500")
    claim = await _claim_to("suzhou", applicant, contract_amount=600 * WAN, trade_amount=600 * WAN)
    contract = await Contract.get(claims__claim_id=claim.id)

    await declare_facts(claim.number, contract.number, grade="major", by=By(applicant, NOW))
    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
    desk = await make_desk()
    await accept(claim.number, by=By(desk.officer, NOW))
    made = await calculate(claim.number, by=By(desk.officer, NOW))

    assert made.award_amount == 150 * WAN
    with pytest.raises(Conflict):
        await declare_facts(claim.number, contract.number, grade="general", by=By(applicant, NOW))


async def _claim_to(slug: str, applicant, **fields):  # type: ignore[no-untyped-def]
    from market.accounts.models import Organisation

    buyer = await Organisation.get(id=applicant.organisation_id)
    contract = await make_contract(buyer, **fields)
    await make_sales(contract, applicant)
    return await create_claim(slug, year=2026, contract_numbers=[contract.number], by=By(applicant, NOW))


async def test_one_invoice_serves_one_applicant_only() -> None:
    first, claim = await make_draft()
    second, other = await make_draft()

    async def add(number: str, actor) -> None:  # type: ignore[no-untyped-def]
        await add_evidence(
            number,
            kind="invoice",
            paper_number="45002600001",
            dated_on=None,
            amount=WAN,
            upload=None,
            by=By(actor, NOW),
            store=None,  # type: ignore[arg-type]
        )

    await add(claim.number, first)
    with pytest.raises(Invalid):
        await add(claim.number, first)
    with pytest.raises(Invalid):
        await add(other.number, second)


async def test_doubts_stand_beside_a_claim_once_it_is_handed_in() -> None:
    applicant, claim = await make_draft()
    row = await ClaimContract.get(claim_id=claim.id).select_related("contract__deal__seller")
    holder, seller = await make_organisation(), row.contract.deal.seller
    buyer = (await Claim.get(id=claim.id).select_related("applicant")).applicant
    for held in (seller, buyer):
        await PartyTie.create(
            id=uuid4(),
            kind=TieKind.SHAREHOLDING,
            uscc=held.uscc,
            other=holder.uscc,
            basis_points=5100,
            source="公示系统",
            entered_at=NOW,
        )

    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))

    kept = await Claim.get(id=claim.id)
    assert ",related," in kept.doubt_kinds
    assert kept.doubts is not None
    assert any(str(holder.uscc) in one["what"] for one in kept.doubts)
    assert kept.status is ClaimStatus.SUBMITTED


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
    own, *others = [_deed(name, amount * WAN) for name, amount in zip("ABC", amounts, strict=False)]

    assert [one.number for one in find_split(own, others, [50 * WAN])] == expected


def test_far_apart_or_with_another_seller_nothing_looks_split() -> None:
    own = _deed("A", 40 * WAN)

    assert not find_split(own, [_deed("B", 40 * WAN, seller_id=uuid4())], [50 * WAN])
    assert find_same_day_resales(own, [_deed("B", WAN), _deed("C", WAN, 2)])[0].number == "B"
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
    way = path_between("a", "b", [PartyLink(one, other, "", share=share) for one, other, share in ties])

    assert (None if way is None else len(way)) == length


@pytest.mark.parametrize(
    ("amounts", "left"),
    [
        ([10, 20], [(1, 10), (2, 20)]),
        ([10, 20, -5], [(1, 10), (2, 15)]),
        ([10, 20, -20], [(1, 10)]),
        ([10, 20, -25, 5], [(1, 5), (4, 5)]),
        ([10, -10, 10], [(3, 10)]),
        ([-5, 10], [(2, 10)]),
    ],
)
def test_money_that_went_back_is_taken_off_the_latest_receipts(
    amounts: list[int], left: list[tuple[int, int]]
) -> None:
    pairs = [(date(2026, 1, day), amount) for day, amount in enumerate(amounts, start=1)]

    assert net_refunds(pairs) == [(date(2026, 1, day), amount) for day, amount in left]
