"""Claims that were paid, and contracts that are voided."""

from __future__ import annotations

from market.budgets.batches import approve_batch
from market.budgets.disbursements import enter_result, order_payment
from market.claims.models import Claim
from market.contracts.models import Contract
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.records.by import By
from tests.claims.factories import LATER, Desk, make_published, make_rechecked


async def make_paid(desk: Desk) -> tuple[Claim, str]:
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    order = (await order_payment(batch, by=By(desk.officer, LATER))).orders[0]
    await enter_result(
        order.number, is_paid=True, ended_on=LATER.date(), bank_reference="b1", by=By(desk.officer, LATER)
    )
    return await Claim.get(id=claim.id), batch


async def rescind(claim: Claim) -> None:
    contract = await Contract.get(claims__claim_id=claim.id)
    await Deal.filter(id=contract.deal_id).update(status=DealStatus.RESCINDED)
