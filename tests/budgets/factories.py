"""Claims that are ordered, released and paid, and contracts that are voided."""

from __future__ import annotations

from datetime import datetime

from market.budgets.batches import approve_batch
from market.budgets.disbursements import OrderResult, order_payment
from market.budgets.instructions import release_instruction
from market.budgets.models import Disbursement
from market.budgets.payment_results import Reported, confirm_result, enter_result
from market.budgets.states import PaymentOutcome, ReturnReason
from market.claims.models import Claim
from market.contracts.models import Contract
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.records.by import By
from tests.claims.factories import LATER, Desk, make_published, make_rechecked
from tests.stage_cache import cached_stage


async def order_and_release(batch: str, desk: Desk, at: datetime = LATER) -> OrderResult:
    """Order what waits on a list, and release its instruction."""
    result = await order_payment(batch, by=By(desk.officer, at))
    if result.instruction is not None:
        await release_instruction(result.instruction.number, by=By(desk.rechecker, at))
    return result


async def settle(
    order: Disbursement,
    desk: Desk,
    *,
    is_paid: bool = True,
    why: ReturnReason = ReturnReason.OTHER,
    reference: str = "b1",
    at: datetime = LATER,
) -> None:
    """Enter the bank's result of an order, and confirm it as another person."""
    result = await enter_result(order.number, reported(is_paid, why, reference, at), by=By(desk.officer, at))
    await confirm_result(result.id, by=By(desk.rechecker, at))


def reported(
    is_paid: bool = True,
    why: ReturnReason = ReturnReason.OTHER,
    reference: str = "b1",
    at: datetime = LATER,
) -> Reported:
    """Return what the bank says of an order."""
    if is_paid:
        return Reported(PaymentOutcome.PAID, at.date(), reference)
    return Reported(PaymentOutcome.RETURNED, at.date(), reference, why, "银行系统维护")


@cached_stage
async def make_paid(desk: Desk) -> tuple[Claim, str]:
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    await settle((await order_and_release(batch, desk)).orders[0], desk)
    return await Claim.get(id=claim.id), batch


async def rescind(claim: Claim) -> None:
    contract = await Contract.get(claims__claim_id=claim.id)
    await Deal.filter(id=contract.deal_id).update(status=DealStatus.RESCINDED)
