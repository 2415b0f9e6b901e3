"""Who had a past with the applicant, or with a party of its contract, decides on nothing of its claim."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from market.accounts.actors import Actor, load_actor
from market.accounts.models import Organisation, StaffRole
from market.accounts.relations import Conflicted
from market.budgets.batches import approve_batch, make_batch
from market.budgets.disbursements import order_payment
from market.budgets.instructions import release_instruction
from market.budgets.list_confirmation import confirm_batch
from market.budgets.payment_results import enter_result
from market.claims.desk_review import accept, calculate, recheck
from market.claims.models import Claim
from market.claims.queries import parties_of
from market.claims.refusals import propose_refusal
from market.notices import objections
from market.notices.models import Notice
from market.notices.rulings import propose_ruling
from market.records.by import By
from tests.budgets.factories import order_and_release, reported
from tests.claims.factories import (
    LATER,
    Desk,
    make_accepted,
    make_budget,
    make_calculated,
    make_desk,
    make_published,
    make_rechecked,
)
from tests.factories import HOLIDAYS, NOW, make_member, make_membership, make_organisation, make_staff


async def make_related(
    role: StaffRole, claim: Claim, *, side: str = "applicant", end: datetime | None = None
) -> Actor:
    """Make one of the staff who works, or worked until `end`, for the applicant or for its seller."""
    staff = await make_staff(role)
    organisation_id = claim.applicant_id
    if side == "seller":
        (organisation_id,) = set((await parties_of([claim.id]))[claim.id]) - {claim.applicant_id}
    organisation = await Organisation.get(id=organisation_id)
    await make_membership(staff.user_id, organisation, start=NOW - timedelta(days=2000), end=end)
    return await load_actor(staff.user_id)


async def _computed(desk: Desk, claim: Claim, by: By) -> object:
    return await calculate(claim.number, by=by)


async def _rechecked(desk: Desk, claim: Claim, by: By) -> object:
    return await recheck(claim.number, sequence=1, by=by)


async def _refused(desk: Desk, claim: Claim, by: By) -> object:
    return await propose_refusal(claim.number, clause="kinds", reason="不在支持范围。", by=by)


async def _listed(desk: Desk, claim: Claim, by: By) -> object:
    await make_budget(desk, 10**9)
    return await make_batch("guangxi", year=2026, claim_numbers=[claim.number], title="x", by=by)


async def _confirmed(desk: Desk, claim: Claim, by: By) -> object:
    await make_budget(desk, 10**9)
    made_by = By(desk.officer, NOW)
    batch = await make_batch("guangxi", year=2026, claim_numbers=[claim.number], title="x", by=made_by)
    return await confirm_batch(batch.number, calendar=HOLIDAYS, by=by)


async def _approved(desk: Desk, claim: Claim, by: By) -> object:
    return await approve_batch(await make_published(desk, claim), by=By(by.actor, LATER))


async def _released(desk: Desk, claim: Claim, by: By) -> object:
    number = await make_published(desk, claim)
    await approve_batch(number, by=By(desk.approver, LATER))
    ordered = await order_payment(number, by=By(desk.officer, LATER))
    assert ordered.instruction is not None
    return await release_instruction(ordered.instruction.number, by=By(by.actor, LATER))


async def _entered(desk: Desk, claim: Claim, by: By) -> object:
    number = await make_published(desk, claim)
    await approve_batch(number, by=By(desk.approver, LATER))
    (order,) = (await order_and_release(number, desk)).orders
    return await enter_result(order.number, reported(), by=By(by.actor, LATER))


async def _ruled(desk: Desk, claim: Claim, by: By) -> object:
    await make_published(desk, claim)
    notice = await Notice.get(subject_kind="batch")
    objector = By(await make_member(), NOW)
    filed = await objections.object_to(notice.number, reason="不实", entry_id=claim.id, by=objector)
    return await propose_ruling(filed.id, is_upheld=False, text="属实", by=by)


ACTS = [
    (StaffRole.OFFICER, make_accepted, _computed),
    (StaffRole.OFFICER, make_accepted, _refused),
    (StaffRole.RECHECKER, make_calculated, _rechecked),
    (StaffRole.OFFICER, make_rechecked, _listed),
    (StaffRole.RECHECKER, make_rechecked, _confirmed),
    (StaffRole.APPROVER, make_rechecked, _approved),
    (StaffRole.RECHECKER, make_rechecked, _released),
    (StaffRole.OFFICER, make_rechecked, _entered),
    (StaffRole.OPERATOR, make_rechecked, _ruled),
]


@pytest.mark.parametrize(("role", "make", "act"), ACTS, ids=[act.__name__ for _role, _make, act in ACTS])
async def test_nobody_decides_for_or_against_an_organisation_of_their_own(
    role: StaffRole,
    make: Callable[[Desk], Awaitable[Claim]],
    act: Callable[[Desk, Claim, By], Awaitable[object]],
) -> None:
    desk = await make_desk()
    claim = await make(desk)
    related = await make_related(role, claim)

    with pytest.raises(Conflicted, match="应当回避"):
        await act(desk, claim, By(related, NOW))


async def test_a_past_with_the_seller_counts_and_ends_after_three_years() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    of_the_seller = await make_related(StaffRole.OFFICER, claim, side="seller")
    recently = await make_related(StaffRole.OFFICER, claim, end=NOW - timedelta(days=1000))
    long_ago = await make_related(StaffRole.OFFICER, claim, end=NOW - timedelta(days=1100))
    await make_membership(long_ago.user_id, await make_organisation())

    for officer in (of_the_seller, recently):
        with pytest.raises(Conflicted):
            await calculate(claim.number, by=By(officer, NOW))
    assert (await calculate(claim.number, by=By(long_ago, NOW))).award_amount


async def test_an_order_leaves_out_the_claim_of_ones_own_organisation() -> None:
    desk = await make_desk()
    own, other = await make_rechecked(desk), await make_rechecked(desk)
    number = await make_published(desk, own, other)
    await approve_batch(number, by=By(desk.approver, LATER))
    officer = await make_related(StaffRole.OFFICER, own)

    result = await order_payment(number, by=By(officer, LATER))

    assert [order.claim_id for order in result.orders] == [other.id]
    assert [held for held, _reason in result.held] == [own.number]


async def test_ones_own_claim_is_not_even_accepted() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    officer = await make_related(StaffRole.OFFICER, claim)

    with pytest.raises(Conflicted):
        await accept(claim.number, by=By(officer, NOW))
