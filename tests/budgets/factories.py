"""Claims that are ordered, released and paid, and contracts that are voided."""

from __future__ import annotations

from datetime import datetime

from market.budgets.batches import approve_batch
from market.budgets.disbursements import OrderResult, enter_result, order_payment
from market.budgets.instructions import release_instruction
from market.budgets.models import Disbursement
from market.claims.models import Claim
from market.contracts.models import Contract
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.records.by import By
from tests.claims.factories import LATER, Desk, make_published, make_rechecked


async def order_and_release(batch: str, desk: Desk, at: datetime = LATER) -> OrderResult:
    """Order what waits on a list, and release its instruction."""
    result = await order_payment(batch, by=By(desk.officer, at))
    if result.instruction is not None:
        await release_instruction(result.instruction.number, by=By(desk.rechecker, at))
    return result


async def settle(
    order: Disbursement, desk: Desk, *, is_paid: bool = True, reference: str = "b1", at: datetime = LATER
) -> None:
    """Enter the bank's result of an order."""
    await enter_result(
        order.number, is_paid=is_paid, ended_on=at.date(), bank_reference=reference, by=By(desk.officer, at)
    )


async def make_paid(desk: Desk) -> tuple[Claim, str]:
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    await settle((await order_and_release(batch, desk)).orders[0], desk)
    return await Claim.get(id=claim.id), batch


async def rescind(claim: Claim) -> None:
    contract = await Contract.get(claims__claim_id=claim.id)
    await Deal.filter(id=contract.deal_id).update(status=DealStatus.RESCINDED)
