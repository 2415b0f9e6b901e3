"""Awards that are clawed back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from market.budgets import clawbacks
from market.budgets.clawback_checks import clawbacks_are_booked
from market.budgets.clawback_returns import confirm_return, record_return, reject_return, sum_returned
from market.budgets.clawbacks import confirm_clawback, drop_clawback, start_clawback
from market.budgets.models import Clawback, ClawbackReceipt
from market.budgets.states import ClawbackStatus
from market.claims.applications import create_claim
from market.claims.checks import no_conflicted_hands
from market.claims.models import Claim
from market.claims.queries import voided_among
from market.claims.states import ClaimStatus
from market.contracts.models import Contract, ContractChange
from market.contracts.states import ChangeKind
from market.deals.models import Side
from market.kit.errors import Conflict, Invalid
from market.ledger import transfers as book
from market.records.by import By
from market.records.decisions import AlreadyDecided, SamePerson
from tests.budgets.factories import make_paid, rescind
from tests.claims.factories import LATER, WAN, make_desk
from tests.databases import past_guards
from tests.factories import make_member
from tests.visitor import sign_in


async def test_a_rescinded_contract_brings_a_paid_award_back_by_receipts() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    await rescind(claim)

    assert await clawbacks.start_due(LATER) == 1
    assert await clawbacks.start_due(LATER) == 0
    clawback = await Clawback.get(claim_id=claim.id)
    await confirm_clawback(clawback.number, by=By(desk.approver, LATER))
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.CLAWBACK

    async def back(amount: int, reference: str) -> None:
        receipt = await record_return(
            clawback.number,
            amount=amount,
            received_on=LATER.date(),
            bank_reference=reference,
            by=By(desk.officer, LATER),
        )
        await confirm_return(clawback.number, receipt.id, by=By(desk.rechecker, LATER))

    await back(10 * WAN, "r1")
    with pytest.raises(Conflict):
        await back(10 * WAN, "r1")
    with pytest.raises(Invalid):
        await back(clawback.amount, "r2")
    await back(clawback.amount - 10 * WAN, "r2")

    assert (await Clawback.get(id=clawback.id)).status is ClawbackStatus.SETTLED
    assert (await book.balance(f"owed:{clawback.id}")).amount == 0
    assert (await book.balance("recovered:guangxi:2026")).amount == clawback.amount == 60 * WAN
    assert not [finding for check in (clawbacks_are_booked, no_conflicted_hands) for finding in await check()]
    await past_guards("UPDATE clawbacks SET amount = amount - 1")
    assert clawback.number in (await clawbacks_are_booked())[0]


async def test_money_that_did_not_come_back_in_time_is_overdue(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    await rescind(claim)
    await clawbacks.start_due(LATER)
    clawback = await confirm_clawback((await Clawback.get()).number, by=By(desk.approver, LATER))
    due_on = clawback.due_on
    assert due_on is not None

    assert not clawback.is_overdue(due_on)
    assert clawback.is_overdue(due_on + timedelta(days=1))

    await past_guards("UPDATE clawbacks SET due_on = '2026-01-20'")
    await sign_in(client, desk.officer)
    for address in ("/desk/clawbacks?overdue=yes", "/desk/clawbacks", f"/desk/clawbacks/{clawback.number}"):
        assert "已逾期" in (await client.get(address)).text
    assert "逾期未缴回的追回" in (await client.get("/dashboard")).text


async def test_a_cancelled_registration_brings_an_award_back_and_bars_a_new_claim() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    contract = await Contract.get(claims__claim_id=claim.id).select_related("deal__buyer")
    await ContractChange.create(
        id=uuid4(),
        contract_id=contract.id,
        sequence=1,
        kind=ChangeKind.CANCELLATION,
        side=Side.SELLER,
        agreement="登记机构注销",
        agreed_on=LATER.date(),
        proposed_by_id=desk.officer.user_id,
        proposed_at=LATER,
        effective_at=LATER,
    )

    assert await clawbacks.start_due(LATER) == 1
    assert await voided_among([contract.id]) == {contract.id}
    buyer = await make_member(contract.deal.buyer)
    with pytest.raises(Invalid):
        await create_claim("guangxi", year=2026, contract_numbers=[contract.number], by=By(buyer, LATER))


async def test_who_starts_a_clawback_does_not_confirm_it_and_one_is_live_at_a_time() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)

    with pytest.raises(Invalid):
        await start_clawback(claim.number, amount=61 * WAN, ground="x", by=By(desk.officer, LATER))
    row = await start_clawback(claim.number, amount=WAN, ground="虚报", by=By(desk.officer, LATER))
    with pytest.raises(Conflict):
        await start_clawback(claim.number, amount=WAN, ground="x", by=By(desk.officer, LATER))
    await drop_clawback(row.number, reason="查无此事", by=By(desk.approver, LATER))

    again = await start_clawback(claim.number, amount=WAN, ground="x", by=By(desk.officer, LATER))
    assert again.number != row.number
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.PAID


async def test_money_that_came_back_counts_when_a_second_person_confirmed_it() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    clawback = await start_clawback(claim.number, amount=2 * WAN, ground="虚报", by=By(desk.officer, LATER))
    await confirm_clawback(clawback.number, by=By(desk.approver, LATER))

    async def record(amount: int, reference: str) -> ClawbackReceipt:
        return await record_return(
            clawback.number,
            amount=amount,
            received_on=LATER.date(),
            bank_reference=reference,
            by=By(desk.officer, LATER),
        )

    wrong = await record(2 * WAN, "r1")
    assert await sum_returned(clawback.id) == 0
    assert (await book.balance(f"owed:{clawback.id}")).amount == 2 * WAN
    with pytest.raises(Invalid):
        await record(1, "r2")
    with pytest.raises(Invalid) as unexplained:
        await reject_return(clawback.number, wrong.id, reason="", by=By(desk.rechecker, LATER))
    await reject_return(clawback.number, wrong.id, reason="金额不符", by=By(desk.rechecker, LATER))
    with pytest.raises(AlreadyDecided):
        await confirm_return(clawback.number, wrong.id, by=By(desk.rechecker, LATER))
    right = await record(WAN, "r1")
    both = replace(desk.officer, roles=desk.officer.roles | desk.rechecker.roles)
    with pytest.raises(SamePerson):
        await confirm_return(clawback.number, right.id, by=By(both, LATER))
    await confirm_return(clawback.number, right.id, by=By(desk.rechecker, LATER))

    assert unexplained.value.field == "reason"
    assert await sum_returned(clawback.id) == WAN
    assert (await Clawback.get(id=clawback.id)).status is ClawbackStatus.CONFIRMED
    assert not await clawbacks_are_booked()
