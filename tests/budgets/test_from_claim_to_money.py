"""From the claim to the money, in one go."""

from __future__ import annotations

from market.audit.models import AuditEvent
from market.budgets import checks
from market.budgets.batches import approve_batch
from market.budgets.models import Batch
from market.budgets.states import BatchStatus
from market.claims.checks import parts_add_up
from market.claims.states import ClaimStatus
from market.integrity.models import IntegrityCheck
from market.ledger.transfers import balance
from market.records.by import By
from market.records.models import StatusEvent
from tests.budgets.factories import order_and_release, settle
from tests.claims.factories import (
    LATER,
    WAN,
    make_desk,
    make_published,
    make_rechecked,
    status_of,
)
from tests.moments import end_notices


async def test_a_claim_goes_from_draft_to_paid_out_and_is_booked() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)

    await end_notices(LATER)
    await approve_batch(number, by=By(desk.approver, LATER))
    ordered = await order_and_release(number, desk)
    await settle(ordered.orders[0], desk, reference="BANK-1")

    assert await status_of(claim) is ClaimStatus.PAID
    assert (await Batch.get(number=number)).status is BatchStatus.DONE
    assert (await balance("budget:guangxi:2026")).amount == 940 * WAN
    assert (await balance("reserved:guangxi:2026")).amount == 0
    assert (await balance(f"disbursed:{claim.id}")).amount == 60 * WAN
    steps = (
        await StatusEvent.filter(subject_kind="claim", subject_id=claim.id)
        .order_by("id")
        .values_list("status", flat=True)
    )
    assert [str(step) for step in steps] == [
        "submitted",
        "accepted",
        "calculated",
        "rechecked",
        "publicity",
        "approved",
        "to_pay",
        "paid",
    ]
    occasions = await IntegrityCheck.filter(reference_id=claim.id).order_by("checked_at")
    assert {check.occasion for check in occasions} == {"submission", "list_confirmation", "payment"}
    acts = AuditEvent.filter(subject_kind="claim", subject_id=claim.id).exclude(action="add_evidence")
    assert [act.action for act in await acts.order_by("sequence")] == [
        "create",
        "submit",
        "find_doubts",
        "accept",
        "calculate",
        "recheck",
        "publish",
        "approve",
        "order_payment",
        "pay",
    ]
    for holds in (
        checks.no_award_above_its_budget,
        checks.money_is_set_aside,
        parts_add_up,
        checks.paid_is_booked,
        checks.three_people,
    ):
        assert await holds() == []
