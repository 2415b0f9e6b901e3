"""Reconciliation of our record of online payments with the gateway's, in both directions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.payments.gateway import Checkout, CheckoutState, GatewayDispute, PaymentGateway
from market.payments.gateway import Refund as GatewayRefund
from market.payments.models import ConnectedAccount, Difference, Dispute, Payment, Reconciliation, Refund
from market.payments.payables import book
from market.payments.refunds import GATEWAY_STATES
from market.payments.settlement import status_of, sync_payment
from market.payments.states import DifferenceKind, PaymentStatus, RefundStatus
from market.records.by import By

PAID = (PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED)
PERIOD = timedelta(days=45)
"""How far back is compared: a dispute comes weeks after its payment."""
TAKEN_OVER = (
    DifferenceKind.PAID_THERE,
    DifferenceKind.UNKNOWN_REFUND,
    DifferenceKind.REFUND_DIFFERS,
    DifferenceKind.UNKNOWN_DISPUTE,
    DifferenceKind.DISPUTE_DIFFERS,
)
"""Kinds of differences that are resolved by booking the gateway's record, as its webhook would be."""


@dataclass(frozen=True)
class Discrepancy:
    """One disagreement between the two records; the side that has no such object is empty."""

    kind: DifferenceKind
    account: str
    object_id: str
    payment_id: UUID | None
    ours: str
    theirs: str
    page: Checkout | None = None
    """The page of the payment, where the gateway's record can be taken over."""


async def reconcile(*, gateway: PaymentGateway, now: datetime) -> Reconciliation:
    """Compare our record with the gateway's, book what we lack, and store the differences.

    An operator decides about the rest.
    """
    since = now - PERIOD
    count, discrepancies = await compare(since=since, gateway=gateway, now=now)
    mended: set[str] = set()
    for discrepancy in discrepancies:
        page = discrepancy.page
        if discrepancy.kind not in TAKEN_OVER or page is None:
            continue
        payment = await Payment.get_or_none(checkout_id=page.id) or await Payment.get_or_none(
            id=discrepancy.payment_id
        )
        if payment is None:
            continue
        for update in await sync_payment(payment, page, gateway=gateway, now=now):
            await book(update, by=By.job(now))
        mended.add(discrepancy.object_id)
    reconciliation = await _store(count, discrepancies, mended, since=since, now=now)
    if len(discrepancies) > len(mended):
        await notify_staff(
            StaffRole.OPERATOR,
            _("与支付平台对账有 %(n)s 处差异待处理。", n=len(discrepancies) - len(mended)),
            now=now,
            address="/money/reconciliation",
        )
    return reconciliation


async def compare(
    *, since: datetime, gateway: PaymentGateway, now: datetime
) -> tuple[int, list[Discrepancy]]:
    """Compare what happened since a moment, account by account, and return the number of objects compared.

    Reads only. What is open on both sides is no discrepancy yet.
    """
    accounts = set(await ConnectedAccount.all().values_list("account", flat=True))
    accounts |= set(await Payment.filter(created_at__gte=since).values_list("connected_account", flat=True))
    count = 0
    discrepancies: list[Discrepancy] = []
    for account in sorted(str(account) for account in accounts):
        pages = await gateway.list_checkouts(account, since=since)
        payments = await Payment.filter(connected_account=account, created_at__gte=since)
        their_refunds = await gateway.list_refunds(account, since=since)
        our_refunds = await Refund.filter(payment__connected_account=account)
        their_disputes = await gateway.list_disputes(account, since=since)
        our_disputes = await Dispute.filter(payment__connected_account=account)
        by_intent = {page.payment_intent: page for page in pages if page.payment_intent}
        discrepancies += _compare_pages(account, pages, payments)
        discrepancies += _compare_refunds(account, their_refunds, our_refunds, by_intent, since)
        discrepancies += _compare_disputes(account, their_disputes, our_disputes, by_intent, since)
        for objects in (pages, payments, their_refunds, our_refunds, their_disputes, our_disputes):
            count += len(objects)
    return count, discrepancies


def _compare_pages(
    account: str, pages: Sequence[Checkout], payments: Sequence[Payment]
) -> Iterator[Discrepancy]:
    """Compare pages with payments; an open, unpaid page is no discrepancy."""
    by_page = {payment.checkout_id: payment for payment in payments if payment.checkout_id}
    by_id = {str(payment.id): payment for payment in payments}
    for page in pages:
        payment = by_page.get(page.id) or by_id.get(str(page.metadata.get("payment_id")))
        theirs = f"{page.state} {page.money}"
        is_paid = page.state is CheckoutState.PAID
        if payment is None:
            if is_paid:
                yield Discrepancy(DifferenceKind.UNKNOWN_PAGE, account, page.id, None, "", theirs)
            continue
        ours = f"{payment.status} {payment.money}"
        if page.money != payment.money:
            yield Discrepancy(DifferenceKind.PAGE_DIFFERS, account, page.id, payment.id, ours, theirs)
        elif is_paid and payment.status not in PAID:
            yield Discrepancy(DifferenceKind.PAID_THERE, account, page.id, payment.id, ours, theirs, page)
        elif not is_paid and payment.status in PAID:
            yield Discrepancy(DifferenceKind.NOT_PAID_THERE, account, page.id, payment.id, ours, theirs)
    page_ids = {page.id for page in pages}
    for payment in payments:
        if payment.status in PAID and payment.checkout_id not in page_ids:
            object_id = str(payment.checkout_id or payment.id)
            ours = f"{payment.status} {payment.money}"
            yield Discrepancy(DifferenceKind.MISSING_PAGE, account, object_id, payment.id, ours, "")


def _compare_refunds(
    account: str,
    reported: Sequence[GatewayRefund],
    refunds: Sequence[Refund],
    by_intent: Mapping[str, Checkout],
    since: datetime,
) -> Iterator[Discrepancy]:
    by_key = {refund.gateway_id or str(refund.id): refund for refund in refunds}
    reported_ids = set()
    for theirs in reported:
        our_id = str(theirs.metadata.get("refund_id"))
        reported_ids |= {theirs.id, our_id}
        refund = by_key.get(theirs.id) or by_key.get(our_id)
        page, words = by_intent.get(theirs.payment_intent), f"{theirs.state} {theirs.money}"
        if refund is None:
            yield Discrepancy(DifferenceKind.UNKNOWN_REFUND, account, theirs.id, None, "", words, page)
        elif GATEWAY_STATES[theirs.state][0] is not refund.status or refund.money != theirs.money:
            ours = f"{refund.status} {refund.money}"
            kind = DifferenceKind.REFUND_DIFFERS
            yield Discrepancy(kind, account, theirs.id, refund.payment_id, ours, words, page)
    for key, refund in by_key.items():
        is_with_gateway = refund.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
        if is_with_gateway and refund.proposed_at >= since and not {key, str(refund.id)} & reported_ids:
            ours = f"{refund.status} {refund.money}"
            yield Discrepancy(DifferenceKind.MISSING_REFUND, account, key, refund.payment_id, ours, "")


def _compare_disputes(
    account: str,
    reported: Sequence[GatewayDispute],
    disputes: Sequence[Dispute],
    by_intent: Mapping[str, Checkout],
    since: datetime,
) -> Iterator[Discrepancy]:
    by_id = {dispute.gateway_id: dispute for dispute in disputes}
    for theirs in reported:
        dispute = by_id.get(theirs.id)
        page, words = by_intent.get(theirs.payment_intent), f"{theirs.status} {theirs.money}"
        if dispute is None:
            yield Discrepancy(DifferenceKind.UNKNOWN_DISPUTE, account, theirs.id, None, "", words, page)
        elif dispute.status is not status_of(theirs.status) or dispute.money != theirs.money:
            ours = f"{dispute.status} {dispute.money}"
            kind = DifferenceKind.DISPUTE_DIFFERS
            yield Discrepancy(kind, account, theirs.id, dispute.payment_id, ours, words, page)
    reported_ids = {theirs.id for theirs in reported}
    for dispute in disputes:
        if dispute.opened_at >= since and dispute.gateway_id not in reported_ids:
            ours = f"{dispute.status} {dispute.money}"
            kind = DifferenceKind.MISSING_DISPUTE
            yield Discrepancy(kind, account, dispute.gateway_id, dispute.payment_id, ours, "")


@atomic()
async def _store(
    count: int,
    discrepancies: Sequence[Discrepancy],
    mended: Collection[str],
    *,
    since: datetime,
    now: datetime,
) -> Reconciliation:
    reconciliation = await Reconciliation.create(
        id=uuid4(), since=since, started_at=now, ended_at=now, checked_count=count
    )
    await Difference.bulk_create(
        [
            Difference(
                id=uuid4(),
                reconciliation_id=reconciliation.id,
                kind=discrepancy.kind,
                account=discrepancy.account,
                object_id=discrepancy.object_id,
                payment_id=discrepancy.payment_id,
                ours=discrepancy.ours[:80],
                theirs=discrepancy.theirs[:80],
                mended_at=now if discrepancy.object_id in mended else None,
            )
            for discrepancy in discrepancies
        ]
    )
    return reconciliation


async def last_reconciliation() -> Reconciliation | None:
    """Return the latest reconciliation; None before the first."""
    return await Reconciliation.all().order_by("-started_at").first()


async def list_differences(reconciliation_id: UUID, account: str | None = None) -> list[Difference]:
    """Return the differences of one reconciliation, for all accounts or for one."""
    differences = Difference.filter(reconciliation_id=reconciliation_id)
    if account is not None:
        differences = differences.filter(account=account)
    return await differences.order_by("account", "kind", "object_id")
