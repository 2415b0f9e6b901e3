"""The way to the page where a buyer pays: write, call, write.

The gateway is never called inside a transaction, nor before there is a row whose id is the key
under which the gateway does a thing once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from market.audit.services import record
from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.payments.gateway import (
    Checkout,
    CheckoutState,
    GatewayFault,
    GatewayRefused,
    PaymentGateway,
    ReturnUrls,
)
from market.payments.models import DisputeStatus, Payment, PaymentStatus, RefundStatus
from market.payments.rules import check_payable
from market.payments.settling import apply, give_up, locked
from market.payments.states import OPEN_PAYMENTS, PaymentAction, next_payment_status
from market.records.by import By


class AlreadyPaid(Conflict):
    """The payable was paid online, or is being paid at this moment."""


@dataclass(frozen=True)
class Payable:
    """What a payment pays for: a record of a room above, such as an instalment."""

    kind: str
    id: UUID
    description: str
    """What the buyer reads on the gateway's page; must stay the same for the same payable."""


async def start_checkout(
    payable: Payable,
    money: Money,
    *,
    account: str,
    fee: Money,
    gateway: PaymentGateway,
    by: By,
    urls: ReturnUrls,
) -> str:
    """Return the address of the page where the buyer pays; called again, the same page.

    The payment is stored before the gateway is called, and its id is the key: a crash or a lost
    answer in between is mended by calling again. An answered error ends the payment, since the
    gateway would repeat it; the next try is a new one. An open page with other terms is closed.

    Raises:
        AlreadyPaid: nothing is left to pay here, or the page is being paid.
        GatewayUnavailable: no answer; call again.
        GatewayRefused: the gateway will not.
    """
    check_payable(money, fee)
    for _try in range(3):
        payment = await _prepare(payable, money, account=account, fee=fee, by=by)
        if (payment.money, payment.fee_amount, payment.connected_account) != (money, fee.amount, account):
            await _withdraw(payment, gateway=gateway, now=by.now)
        elif payment.status is PaymentStatus.PREPARED:
            return await _open_page(payment, payable.description, urls, gateway=gateway, now=by.now)
        else:
            page = await gateway.get_checkout(str(payment.checkout_id), account)
            if page.state is CheckoutState.OPEN:
                return page.url
            await _close(payment, page, now=by.now)
    raise AlreadyPaid(_("这笔款正在支付，请刷新后再看。"))


async def withdraw(payable_kind: str, payable_id: UUID, *, gateway: PaymentGateway, now: datetime) -> None:
    """Close the page on which this payable could still be paid, if there is one.

    Raises:
        AlreadyPaid: too late, it is being paid.
    """
    payment = await _find_open(payable_kind, payable_id)
    if payment is not None:
        await _withdraw(payment, gateway=gateway, now=now)


async def _prepare(payable: Payable, money: Money, *, account: str, fee: Money, by: By) -> Payment:
    """Return the one open payment of the payable, made now if there is none."""
    found = await _find_open(payable.kind, payable.id)
    if found is not None:
        return found
    try:
        return await _create(payable, money, account=account, fee=fee, by=by)
    except IntegrityError as error:
        if getattr(error.args[0], "constraint_name", "") != "payments_one_open":
            raise
    # Somebody else was first: theirs is the open one, unless it has ended already.
    found = await _find_open(payable.kind, payable.id)
    if found is None:
        raise AlreadyPaid(_("这笔款正在支付，请刷新后再看。"))
    return found


@atomic()
async def _create(payable: Payable, money: Money, *, account: str, fee: Money, by: By) -> Payment:
    payment = await Payment.create(
        id=uuid4(),
        payable_kind=payable.kind,
        payable_id=payable.id,
        amount=money.amount,
        currency=money.currency,
        fee_amount=fee.amount,
        connected_account=account,
        started_by_id=by.actor.user_id,
        created_at=by.now,
    )
    # After the insert: until then the unique index holds off a success that is being recorded.
    if await _is_paid(payable):
        raise AlreadyPaid(_("这笔款已经支付。"))
    await record("payment", payment.id, "start", by=by, amount=money.amount)
    return payment


async def _is_paid(payable: Payable) -> bool:
    """Tell whether a payment for it succeeded of which nothing went back."""
    paid = await Payment.filter(
        payable_kind=payable.kind, payable_id=payable.id, status=PaymentStatus.SUCCEEDED
    ).prefetch_related("refunds", "disputes")
    return any(
        all(each.status is not RefundStatus.SUCCEEDED for each in payment.refunds)
        and all(each.status is not DisputeStatus.LOST for each in payment.disputes)
        for payment in paid
    )


async def _open_page(
    payment: Payment, description: str, urls: ReturnUrls, *, gateway: PaymentGateway, now: datetime
) -> str:
    try:
        page = await gateway.create_checkout(
            payment.money,
            key=str(payment.id),
            description=description,
            account=payment.connected_account,
            fee=Money(payment.fee_amount, payment.currency),
            # The one thing the caller cannot know yet: the payment that was made for it.
            success_url=urls.success.replace("{PAYMENT_ID}", str(payment.id)),
            cancel_url=urls.cancel,
            metadata={"payment_id": str(payment.id)},
        )
    except (GatewayRefused, GatewayFault) as error:
        await give_up(payment.id, PaymentAction.FAIL, failure=str(error), now=now)
        raise
    await _keep_page(payment.id, page)
    return page.url


@atomic()
async def _keep_page(payment_id: UUID, page: Checkout) -> None:
    payment = await locked(payment_id)
    if payment.checkout_id == page.id:
        return
    payment.status = next_payment_status(payment.status, PaymentAction.OPEN)
    payment.checkout_id, payment.checkout_url = page.id, page.url
    await payment.save(update_fields=["status", "checkout_id", "checkout_url"])


async def _withdraw(payment: Payment, *, gateway: PaymentGateway, now: datetime) -> None:
    """End an open payment so that nobody can pay it any more.

    A prepared one has perhaps a page at the gateway, but nobody was ever shown its address.
    """
    if await give_up(
        payment.id, PaymentAction.FAIL, failure="withdrawn", now=now, only=(PaymentStatus.PREPARED,)
    ):
        return
    # Perhaps its page came in meanwhile, from the call that was under way.
    payment = await Payment.get(id=payment.id)
    if payment.status not in OPEN_PAYMENTS:
        return
    page = await gateway.get_checkout(str(payment.checkout_id), payment.connected_account)
    if page.state is CheckoutState.OPEN:
        try:
            page = await gateway.expire_checkout(page.id, payment.connected_account)
        except GatewayRefused:  # Paid just now, or closed by somebody else.
            page = await gateway.get_checkout(page.id, payment.connected_account)
    await _close(payment, page, now=now)


async def _close(payment: Payment, page: Checkout, *, now: datetime) -> None:
    """End a payment whose page is closed.

    Raises:
        AlreadyPaid: it is closed because somebody pays; the webhook tells the rest.
    """
    if page.state in (CheckoutState.PAID, CheckoutState.PROCESSING):
        raise AlreadyPaid(_("这笔款已经支付，正在入账，请稍后刷新。"))
    await apply(payment.id, page, now=now)


async def _find_open(payable_kind: str, payable_id: UUID) -> Payment | None:
    return await Payment.filter(
        payable_kind=payable_kind, payable_id=payable_id, status__in=OPEN_PAYMENTS
    ).first()
