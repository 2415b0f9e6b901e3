"""A contract that ends closes the pages on which its instalments could still be paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from market.contracts import contract_changes, online_payments
from market.contracts.jobs import close_pages
from market.contracts.models import Receipt
from market.contracts.states import ChangeKind
from market.deps import Deps
from market.kit.errors import GatewayUnavailable
from market.kit.jobs import run_pending
from market.ledger.transfers import balance
from market.payments.gateway import CheckoutState
from market.payments.models import Payment
from market.payments.standin import Fault
from market.payments.states import PaymentStatus
from market.records.by import By
from tests.contracts.factories import LATER, TODAY
from tests.contracts.online_payments import URLS, PayableContract, make_payable_contract
from tests.invariants import OF_CONTRACTS, broken


async def open_page(payable: PayableContract) -> Payment:
    instalment = await payable.instalment()
    await online_payments.start_payment(
        instalment.id, gateway=payable.gateway, by=By(payable.parties.buyer, LATER), urls=URLS
    )
    return await Payment.get(payable_id=instalment.id, status=PaymentStatus.PENDING)


async def end(payable: PayableContract, kind: ChangeKind = ChangeKind.RESCISSION) -> None:
    change = await contract_changes.propose_change(
        payable.contract.number, kind, "协商", agreed_on=TODAY, by=By(payable.parties.seller, LATER)
    )
    if kind is ChangeKind.RESCISSION:
        await contract_changes.confirm_change(change.id, by=By(payable.parties.buyer, LATER))


async def state_of(payable: PayableContract, payment: Payment) -> CheckoutState:
    return (await payable.gateway.get_checkout(str(payment.checkout_id), payment.connected_account)).state


def working(deps: Deps, payable: PayableContract) -> Deps:
    return replace(deps, gateway=payable.gateway)


@pytest.mark.parametrize("kind", [ChangeKind.RESCISSION, ChangeKind.CANCELLATION])
async def test_the_open_page_is_closed_by_the_job(deps: Deps, kind: ChangeKind) -> None:
    payable = await make_payable_contract()
    payment = await open_page(payable)

    await end(payable, kind)
    before = await state_of(payable, payment)
    await run_pending(working(deps, payable))

    assert before is CheckoutState.OPEN
    assert await state_of(payable, payment) is CheckoutState.EXPIRED
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.EXPIRED
    assert await online_payments.enqueue_unclosed_pages() == 0


async def test_what_was_begun_after_a_cancellation_stays_open(deps: Deps) -> None:
    payable = await make_payable_contract()
    await end(payable, ChangeKind.CANCELLATION)
    payment = await open_page(payable)
    await Payment.filter(id=payment.id).update(created_at=LATER + timedelta(seconds=1))

    await close_pages(working(deps, payable))
    await run_pending(working(deps, payable))

    assert await state_of(payable, payment) is CheckoutState.OPEN


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.LOST_ANSWER])
async def test_a_lost_call_is_made_again_and_a_lost_job_is_found_by_the_sweep(
    deps: Deps, fault: Fault
) -> None:
    payable = await make_payable_contract()
    payment = await open_page(payable)
    await end(payable)
    payable.standin.fail_next(fault)

    with pytest.raises(GatewayUnavailable):
        await run_pending(working(deps, payable))
    await close_pages(working(deps, payable))
    await run_pending(working(deps, payable))

    assert await state_of(payable, payment) is CheckoutState.EXPIRED
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.EXPIRED


async def test_money_that_was_faster_stands_as_a_surplus(deps: Deps) -> None:
    payable = await make_payable_contract()
    payment = await open_page(payable)
    await end(payable)
    payable.standin.hold = True
    await payable.standin.pay(str(payment.checkout_id))

    is_closed = await online_payments.close_page(payment.payable_id, gateway=payable.gateway, now=LATER)
    payable.standin.hold = False
    await payable.standin.flush()
    await payable.settle()

    assert not is_closed
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.SUCCEEDED
    assert not await Receipt.exists()
    assert await balance(f"surplus:{payment.payable_id}") == payment.money
    assert await broken(*OF_CONTRACTS) == {}
