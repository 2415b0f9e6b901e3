"""A contract that ends closes the pages on which its instalments could still be paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from market.contracts import closing, services
from market.contracts.jobs import close_pages
from market.contracts.models import ChangeKind, Receipt
from market.deps import Deps
from market.kit.errors import GatewayUnavailable
from market.kit.jobs import run_waiting
from market.ledger.checks import load_checks, run_checks
from market.ledger.services import balance
from market.payments.gateway import CheckoutState
from market.payments.models import Payment, PaymentStatus
from market.payments.standin import Fault
from market.records.by import By
from market.worker import load_jobs
from tests.contracts.make import LATER, TODAY
from tests.contracts.money import URLS, Till, make_till


async def open_page(till: Till) -> Payment:
    instalment = await till.instalment()
    await services.start_payment(
        instalment.id, gateway=till.gateway, by=By(till.parties.buyer, LATER), urls=URLS
    )
    return await Payment.get(payable_id=instalment.id, status=PaymentStatus.PENDING)


async def end(till: Till, kind: ChangeKind = ChangeKind.RESCISSION) -> None:
    change = await services.enter_change(
        till.contract.number, kind, "协商", agreed_on=TODAY, by=By(till.parties.seller, LATER)
    )
    if kind is ChangeKind.RESCISSION:
        await services.confirm_change(change.id, by=By(till.parties.buyer, LATER))


async def state_of(till: Till, payment: Payment) -> CheckoutState:
    return (await till.gateway.get_checkout(str(payment.checkout_id), payment.connected_account)).state


def working(deps: Deps, till: Till) -> Deps:
    load_jobs()
    return replace(deps, gateway=till.gateway)


@pytest.mark.parametrize("kind", [ChangeKind.RESCISSION, ChangeKind.CANCELLATION])
async def test_the_open_page_is_closed_by_the_job(deps: Deps, kind: ChangeKind) -> None:
    till = await make_till()
    payment = await open_page(till)

    await end(till, kind)
    before = await state_of(till, payment)
    await run_waiting(working(deps, till))

    assert before is CheckoutState.OPEN
    assert await state_of(till, payment) is CheckoutState.EXPIRED
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.EXPIRED
    assert await closing.ask_again() == 0


async def test_what_was_begun_after_a_cancellation_stays_open(deps: Deps) -> None:
    till = await make_till()
    await end(till, ChangeKind.CANCELLATION)
    payment = await open_page(till)
    await Payment.filter(id=payment.id).update(created_at=LATER + timedelta(seconds=1))

    await close_pages(working(deps, till))
    await run_waiting(working(deps, till))

    assert await state_of(till, payment) is CheckoutState.OPEN


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.LOST_ANSWER])
async def test_a_lost_call_is_made_again_and_a_lost_job_is_found_by_the_sweep(
    deps: Deps, fault: Fault
) -> None:
    till = await make_till()
    payment = await open_page(till)
    await end(till)
    till.standin.fail_next(fault)

    with pytest.raises(GatewayUnavailable):
        await run_waiting(working(deps, till))
    await close_pages(working(deps, till))
    await run_waiting(working(deps, till))

    assert await state_of(till, payment) is CheckoutState.EXPIRED
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.EXPIRED


async def test_money_that_was_faster_stands_as_a_surplus(deps: Deps) -> None:
    till = await make_till()
    payment = await open_page(till)
    await end(till)
    till.standin.hold = True
    await till.standin.pay(str(payment.checkout_id))

    is_closed = await closing.close_page(payment.payable_id, gateway=till.gateway, now=LATER)
    till.standin.hold = False
    await till.standin.flush()
    await till.settle()

    assert not is_closed
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.SUCCEEDED
    assert not await Receipt.exists()
    assert await balance(f"surplus:{payment.payable_id}") == payment.money
    load_checks()
    assert [each.findings for each in await run_checks() if not each.is_well] == []
