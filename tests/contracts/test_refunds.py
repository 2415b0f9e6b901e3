from __future__ import annotations

import json

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from market.accounts.models import MemberRole
from market.contracts import bank_statements, refunds
from market.contracts.models import Receipt
from market.contracts.queries import received_amount
from market.contracts.states import ReceiptSource
from market.kit.errors import Conflict, Forbidden, GatewayUnavailable, Invalid, NotFound
from market.kit.money import Money
from market.kit.workflow import ActionNotAllowed
from market.ledger.transfers import balance
from market.pages.workbench import build_board
from market.payments.models import ConnectedAccount, Dispute, GatewayEvent, Payment, Refund
from market.payments.refunds import RefundExceedsPayment, send_refund
from market.payments.standin import Fault
from market.payments.statement_models import BankLine, LinePart
from market.payments.states import DisputeStatus, LineStatus, PaymentStatus, RefundStatus
from market.records.by import By
from market.records.decisions import SamePerson
from tests.contracts.bank_statements import lines_of, take_over
from tests.contracts.factories import LATER, TODAY, instalments_of, make_registered, make_remittance
from tests.contracts.online_payments import PayableContract, make_payable_contract
from tests.deals.factories import make_parties
from tests.factories import make_member
from tests.invariants import OF_CONTRACTS, broken
from tests.payments.bank_statement_files import Row

PRICE = 80_500_000
"""The first instalment of tests' contracts."""


async def is_well() -> bool:
    return await broken(*OF_CONTRACTS) == {}


async def test_a_part_goes_back_online_and_is_owed_again() -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()

    refund = await payable.refund(payment, 500_000)

    assert (refund.status, refund.gateway_id and refund.gateway_id[:3]) == (RefundStatus.SUCCEEDED, "re_")
    assert await received_amount(payable.contract.id) == PRICE - 500_000
    assert await balance(f"due:{(await payable.instalment()).id}") == Money(500_000)
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.SUCCEEDED
    again = await payable.pay()
    assert again.amount == 500_000
    assert await is_well()


async def test_our_fee_is_booked_once_and_goes_back_in_proportion() -> None:
    payable = await make_payable_contract()
    payable.fee_basis_points = 60
    payment = await payable.pay()
    code, met = f"fee:{payable.contract.id}", f"met:online:{payable.parties.university.id}"
    assert (payment.fee_amount, await balance(code)) == (483_000, Money(483_000))

    await payable.refund(payment, PRICE // 2)
    await payable.settle_all_again()

    assert await balance(code) == Money(241_500)
    assert await balance(met) == Money(PRICE - PRICE // 2 - 241_500)
    await payable.refund(payment, PRICE - PRICE // 2)
    assert (await balance(code), await balance(met)) == (Money(0), Money(0))
    assert await is_well()


async def test_never_more_goes_back_than_came_whatever_the_order_of_events() -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    await payable.refund(payment, PRICE - 1)

    with pytest.raises(RefundExceedsPayment):
        await payable.refund(payment, 2)
    await payable.refund(payment, 1)
    await payable.settle_all_again()

    assert (await Payment.get(id=payment.id)).status is PaymentStatus.REFUNDED
    assert await received_amount(payable.contract.id) == 0
    assert await Receipt.filter(source=ReceiptSource.REFUND).count() == 2


async def test_the_database_itself_refuses_more_than_came_and_a_receipt_beyond_its_instalment() -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    refund = await payable.refund(payment, PRICE)
    [receipt] = await Receipt.filter(amount__gt=0)

    for write in (
        Refund.create(
            payment_id=payment.id, status=RefundStatus.PREPARED, amount=1, cause="x", proposed_at=LATER
        ),
        Receipt.create(
            contract_id=receipt.contract_id,
            instalment_id=receipt.instalment_id,
            source=ReceiptSource.REFUND,
            source_id=receipt.id,
            amount=-1,
            received_on=TODAY,
            booked_at=LATER,
        ),
    ):
        with pytest.raises(IntegrityError):
            async with in_transaction():
                await write
    assert refund.status is RefundStatus.SUCCEEDED


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.LOST_ANSWER, Fault.BUSY])
async def test_a_refund_whose_answer_was_lost_is_asked_for_again_and_done_once(fault: Fault) -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    refund = await refunds.request_refund(
        payment.id, 100, "多收", by=By(payable.parties.seller_finance, LATER)
    )
    payable.standin.fail_next(fault)

    with pytest.raises(GatewayUnavailable):
        await send_refund(refund.id, gateway=payable.gateway, now=LATER)
    await send_refund(refund.id, gateway=payable.gateway, now=LATER)
    await payable.settle()

    assert (await Refund.get(id=refund.id)).status is RefundStatus.SUCCEEDED
    assert len(payable.standin.all("refund")) == 1
    assert await received_amount(payable.contract.id) == PRICE - 100


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.REFUSED])
async def test_a_refund_that_the_gateway_answers_with_an_error_fails_and_may_be_tried_anew(
    fault: Fault,
) -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    payable.standin.fail_next(fault)

    failed = await payable.refund(payment, PRICE)
    done = await payable.refund(payment, PRICE)

    assert (failed.status, done.status) == (RefundStatus.FAILED, RefundStatus.SUCCEEDED)
    assert await received_amount(payable.contract.id) == 0


async def test_a_slow_refund_counts_when_it_is_done_and_comes_back_when_it_fails_after_all() -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    payable.standin.slow_refunds = True
    refund = await payable.refund(payment, PRICE)
    before = await received_amount(payable.contract.id)

    await payable.standin.settle_refund(str(refund.gateway_id))
    await payable.settle()
    done = await received_amount(payable.contract.id)
    await payable.standin.settle_refund(str(refund.gateway_id), succeeds=False)
    await payable.settle()
    await payable.settle_all_again()

    assert (refund.status, before, done) == (RefundStatus.PENDING, PRICE, 0)
    assert await received_amount(payable.contract.id) == PRICE
    assert (await Refund.get(id=refund.id)).status is RefundStatus.FAILED
    assert (await Payment.get(id=payment.id)).status is PaymentStatus.SUCCEEDED
    assert await Receipt.filter(source=ReceiptSource.RESTORED).count() == 1
    assert await is_well()


async def test_a_refund_made_at_the_gateway_itself_is_taken_over_even_before_the_payment_was_heard_of() -> (
    None
):
    payable = await make_payable_contract()
    payable.standin.hold = True
    payment = await payable.pay()
    await payable.standin.refund_at_gateway(str(payment.checkout_id), 300)

    await payable.standin.flush(newest_first=True)
    await payable.settle()

    [refund] = await Refund.all()
    assert (refund.amount, refund.proposed_by_id) == (300, None)
    assert await received_amount(payable.contract.id) == PRICE - 300


async def test_what_was_paid_twice_goes_back_from_the_surplus_first() -> None:
    payable = await make_payable_contract()
    first = await payable.instalment()
    remittance = await make_remittance(payable.parties, first, 300)
    payment = await payable.pay()
    line_row = Row("3.00", f"{payable.contract.number}-1", payer="另一家")
    statement = await take_over(payable.parties, line_row, line_row)
    expected, extra = await lines_of(statement)
    for line in (expected, extra):
        await bank_statements.confirm_line(line.id, by=By(payable.parties.seller_finance, LATER))
    assert (await LinePart.get(line_id=expected.id)).remittance_id == remittance.id
    over = await LinePart.get(line_id=extra.id).select_related("remittance")
    assert over.remittance is not None
    before = await received_amount(payable.contract.id)

    refund = await refunds.record_refund(
        over.remittance,
        300,
        "重复付款",
        refunded_on=TODAY,
        bank_reference="R1",
        blob=None,
        by=By(payable.parties.seller_finance, LATER),
    )
    with pytest.raises(SamePerson):
        await refunds.confirm_refund(refund.id, by=By(payable.parties.seller_finance, LATER))
    other = await make_member(payable.parties.university, role=MemberRole.FINANCE)
    await refunds.confirm_refund(refund.id, by=By(other, LATER))

    assert payment.amount == PRICE - 300
    assert await received_amount(payable.contract.id) == before == PRICE
    assert await balance(f"surplus:{first.id}") == Money(0)
    with pytest.raises(ActionNotAllowed):
        await refunds.confirm_refund(refund.id, by=By(other, LATER))
    assert await is_well()


async def test_a_payment_for_nothing_here_is_sent_back_from_the_statement() -> None:
    parties = await make_parties()
    [line] = await lines_of(await take_over(parties, Row("8.00", "货款", payer="某厂")))
    other = await make_member(parties.university, role=MemberRole.FINANCE)

    async def record() -> Refund:
        return await refunds.record_refund(
            await BankLine.get(id=line.id),
            800,
            "付错单位",
            refunded_on=TODAY,
            bank_reference="",
            blob=None,
            by=By(parties.seller_finance, LATER),
        )

    await refunds.reject_refund((await record()).id, "没有退出", by=By(other, LATER))
    assert (await BankLine.get(id=line.id)).status is LineStatus.OPEN
    await refunds.confirm_refund((await record()).id, by=By(other, LATER))

    assert (await BankLine.get(id=line.id)).status is LineStatus.RETURNED
    assert await balance(f"refunded:{parties.university.id}") == Money(800)


async def test_only_the_sellers_finance_sends_money_back() -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()

    for actor, refusal in (
        (payable.parties.seller, Forbidden),
        (payable.parties.buyer_finance, Forbidden),
        (await make_member(role=MemberRole.FINANCE), NotFound),
    ):
        with pytest.raises(refusal):
            await refunds.request_refund(payment.id, 1, "x", by=By(actor, LATER))
    for amount, reason in ((0, "x"), (1, " ")):
        with pytest.raises(Invalid):
            await payable.refund(payment, amount) if amount == 0 else await refunds.request_refund(
                payment.id, amount, reason, by=By(payable.parties.seller_finance, LATER)
            )


async def _disputed(payable: PayableContract, *, warning: bool = False) -> str:
    payment = await payable.pay()
    dispute = await payable.standin.dispute(str(payment.checkout_id), warning=warning)
    await payable.settle()
    return str(dispute["id"])


@pytest.mark.parametrize(
    ("decision", "status", "left", "withheld"),
    [
        ("won", DisputeStatus.WON, PRICE, 0),
        ("lost", DisputeStatus.LOST, 0, 0),
        ("", DisputeStatus.OPEN, PRICE, PRICE),
    ],
)
async def test_disputed_money_is_withheld_until_the_bank_decides(
    decision: str, status: DisputeStatus, left: int, withheld: int
) -> None:
    payable = await make_payable_contract()
    dispute_id = await _disputed(payable)
    board = await build_board(payable.parties.seller_finance, LATER)
    address = f"/contracts/{payable.contract.number}/money"
    assert [todo.address for todo in board.todos if todo.what == "答复拒付"] == [address]
    if decision:
        await payable.standin.decide_dispute(dispute_id, decision)
        await payable.settle()
    await payable.settle_all_again()

    dispute = await Dispute.get()
    seller = payable.parties.university.id
    assert dispute.status is status
    assert await received_amount(payable.contract.id) == left
    assert await balance(f"disputed:{dispute.id}") == Money(withheld)
    assert await balance(f"met:online:{seller}") == Money(left - withheld)
    assert await is_well()


async def test_an_inquiry_takes_no_money_and_a_lost_dispute_heard_of_late_takes_it_once() -> None:
    payable = await make_payable_contract()
    inquiry = await _disputed(payable, warning=True)
    assert await received_amount(payable.contract.id) == PRICE
    payable.standin.hold = True
    await payable.standin.decide_dispute(inquiry, "lost")
    payable.standin.deliver_twice = True

    await payable.standin.flush(newest_first=True)
    await payable.settle()
    await payable.settle_all_again()

    assert (await Dispute.get()).status is DisputeStatus.LOST
    assert await received_amount(payable.contract.id) == 0


async def test_what_was_not_confirmed_cannot_go_back() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 100)

    with pytest.raises(Conflict, match="没有确认"):
        await refunds.record_refund(
            remittance,
            100,
            "x",
            refunded_on=TODAY,
            bank_reference="",
            blob=None,
            by=By(parties.seller_finance, LATER),
        )


@pytest.mark.parametrize("kind", ["refund.updated", "charge.refunded", "charge.dispute.created"])
async def test_word_of_money_back_for_something_unknown_is_noted_and_has_no_effect(kind: str) -> None:
    payable = await make_payable_contract()
    account = (await ConnectedAccount.get()).account
    for n, (owner, thing) in enumerate(
        [
            (account, {"id": "re_x", "payment_intent": "pi_none"}),
            (account, {"id": "re_x", "payment_intent": None}),
            ("acct_none", {"id": "re_x", "payment_intent": "pi_none"}),
        ]
    ):
        event = {"id": f"evt_{kind}{n}", "object": "event", "type": kind, "data": {"object": thing}}
        body = json.dumps(event | {"account": owner})
        await payable.deliver(body.encode(), payable.standin.sign(body))

    await payable.settle()

    assert not await GatewayEvent.filter(processed_at=None).exists()
    assert not await Refund.exists()
    assert not await Dispute.exists()
