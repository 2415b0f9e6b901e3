"""Checkout pages of the gateway, on which a buyer pays.

The payment is stored before the gateway is called, and its id is the idempotency key. The gateway is never
called inside a transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from market.audit.log import record
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
from market.payments.models import Payment
from market.payments.online_limits import application_fee, check_payable
from market.payments.payables import NoOnlinePayment, NothingDue, payable_of
from market.payments.settlement import apply_checkout, end_unpaid, lock_payment
from market.payments.states import (
    OPEN_PAYMENTS,
    DisputeStatus,
    PaymentAction,
    PaymentStatus,
    PaymentVerb,
    RefundStatus,
)
from market.records.by import By
from market.records.transitions import begin, transition


async def list_payments(payable_kind: str, payable_ids: Collection[UUID]) -> list[Payment]:
    """Return all online payments of these payables, oldest first."""
    return (
        await Payment.filter(payable_kind=payable_kind, payable_id__in=list(payable_ids))
        .select_related("started_by")
        .order_by("created_at")
    )


class AlreadyPaid(Conflict):
    """The payable was paid online, or is being paid at this moment."""


async def start_checkout(
    payable_kind: str,
    payable_id: UUID,
    *,
    gateway: PaymentGateway | None,
    by: By,
    urls: ReturnUrls,
    fee_basis_points: int = 0,
) -> str:
    """Return the address of the page where the buyer pays what is open; called again, the same page.

    The caller has checked that the person may pay. Our fee is a part of the amount, which the gateway puts
    on the platform's account. Idempotent: after a crash or a lost response call again. An error response
    ends the payment, since the gateway replays it for the same key; the next attempt is a new payment. An
    open page with other terms is closed.

    Raises:
        UnknownPayable: no room declares this kind.
        NothingDue: nothing is left to pay.
        AlreadyPaid: it was paid, or is being paid at this moment.
        NoOnlinePayment: the seller has no account at the gateway, or this site has no gateway.
        GatewayUnavailable: no response; call again.
        GatewayRefused: the gateway rejects the request.
    """
    payable = payable_of(payable_kind)
    if gateway is None:
        raise NoOnlinePayment
    account, money = await payable.seller_account(payable_id), await payable.open_amount(payable_id)
    title = (await payable.describe(payable_id)).title
    if money.amount <= 0:
        raise NothingDue(_("%(title)s没有待付的款项。", title=title))
    fee = application_fee(money, fee_basis_points)
    check_payable(money, fee)
    for _try in range(3):
        payment = await _prepare(payable_kind, payable_id, money, account=account, fee=fee, by=by)
        if (payment.money, payment.fee_amount, payment.connected_account) != (money, fee.amount, account):
            await _withdraw(payment, gateway=gateway, now=by.now)
        elif payment.status is PaymentStatus.PREPARED:
            return await _open_page(payment, title, urls, gateway=gateway, now=by.now)
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


async def _prepare(
    payable_kind: str, payable_id: UUID, money: Money, *, account: str, fee: Money, by: By
) -> Payment:
    """Return the one open payment of the payable; create it if there is none."""
    existing = await _find_open(payable_kind, payable_id)
    if existing is not None:
        return existing
    try:
        return await _create(payable_kind, payable_id, money, account=account, fee=fee, by=by)
    except IntegrityError as error:
        if getattr(error.args[0], "constraint_name", "") != "payments_one_open":
            raise
    # A concurrent request was first: its payment is the open one, unless it has ended already.
    existing = await _find_open(payable_kind, payable_id)
    if existing is None:
        raise AlreadyPaid(_("这笔款正在支付，请刷新后再看。"))
    return existing


@atomic()
async def _create(
    payable_kind: str, payable_id: UUID, money: Money, *, account: str, fee: Money, by: By
) -> Payment:
    payment = await Payment.create(
        id=uuid4(),
        payable_kind=payable_kind,
        payable_id=payable_id,
        amount=money.amount,
        currency=money.currency,
        fee_amount=fee.amount,
        connected_account=account,
        started_by_id=by.actor.user_id,
        created_at=by.now,
    )
    # After the insert: the unique index makes it wait for a success that is being recorded.
    if await _is_paid(payable_kind, payable_id):
        raise AlreadyPaid(_("这笔款已经支付。"))
    await begin(payment, by=by)
    await record("payment", payment.id, PaymentVerb.START, by=by, amount=money.amount)
    return payment


async def _is_paid(payable_kind: str, payable_id: UUID) -> bool:
    """Return whether a payment for it succeeded and was neither refunded nor lost in a dispute."""
    payments = await Payment.filter(
        payable_kind=payable_kind, payable_id=payable_id, status=PaymentStatus.SUCCEEDED
    ).prefetch_related("refunds", "disputes")
    return any(
        all(refund.status is not RefundStatus.SUCCEEDED for refund in payment.refunds)
        and all(dispute.status is not DisputeStatus.LOST for dispute in payment.disputes)
        for payment in payments
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
            # The caller does not know the payment's id yet.
            success_url=urls.success.replace("{PAYMENT_ID}", str(payment.id)),
            cancel_url=urls.cancel,
            metadata={"payment_id": str(payment.id)},
        )
    except (GatewayRefused, GatewayFault) as error:
        await end_unpaid(payment.id, PaymentAction.FAIL, failure=str(error), now=now)
        raise
    await _store_page(payment.id, page, now=now)
    return page.url


@atomic()
async def _store_page(payment_id: UUID, page: Checkout, *, now: datetime) -> None:
    payment = await lock_payment(payment_id)
    if payment.checkout_id == page.id:
        return
    changes = {"checkout_id": page.id, "checkout_url": page.url}
    await transition(payment, PaymentAction.OPEN, by=By.job(now), changes=changes)


async def _withdraw(payment: Payment, *, gateway: PaymentGateway, now: datetime) -> None:
    """End an open payment and close its page.

    A prepared one may have a page at the gateway whose address was never shown.
    """
    if await end_unpaid(
        payment.id, PaymentAction.FAIL, failure="withdrawn", now=now, only=(PaymentStatus.PREPARED,)
    ):
        return
    # A concurrent call may have stored its page meanwhile.
    payment = await Payment.get(id=payment.id)
    if payment.status not in OPEN_PAYMENTS:
        return
    page = await gateway.get_checkout(str(payment.checkout_id), payment.connected_account)
    if page.state is CheckoutState.OPEN:
        try:
            page = await gateway.expire_checkout(page.id, payment.connected_account)
        except GatewayRefused:  # Paid or closed by a concurrent request.
            page = await gateway.get_checkout(page.id, payment.connected_account)
    await _close(payment, page, now=now)


async def _close(payment: Payment, page: Checkout, *, now: datetime) -> None:
    """End a payment whose page is closed.

    Raises:
        AlreadyPaid: it is closed because it is being paid; the webhook reports the outcome.
    """
    if page.state in (CheckoutState.PAID, CheckoutState.PROCESSING):
        raise AlreadyPaid(_("这笔款已经支付，正在入账，请稍后刷新。"))
    await apply_checkout(payment.id, page, now=now)


async def _find_open(payable_kind: str, payable_id: UUID) -> Payment | None:
    return await Payment.filter(
        payable_kind=payable_kind, payable_id=payable_id, status__in=OPEN_PAYMENTS
    ).first()
