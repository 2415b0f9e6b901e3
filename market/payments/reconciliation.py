"""Reconciliation of our record of online payments with the gateway's, in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.payments.disputes import status_of
from market.payments.gateway import Checkout, CheckoutState, PaymentGateway
from market.payments.models import ConnectedAccount, Difference, Dispute, Payment, Reconciliation, Refund
from market.payments.payables import book
from market.payments.refunds import STATES
from market.payments.settlement import sync_payment
from market.payments.states import PaymentStatus, RefundStatus
from market.records.by import By

PAID = (PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED)
PERIOD = timedelta(days=45)
"""How far back is compared: a dispute comes weeks after its payment."""
TAKEN_OVER = ("paid_there", "unknown_refund", "refund_differs", "unknown_dispute", "dispute_differs")
"""Kinds of differences in which the gateway's record is booked, as if its webhook had come."""


@dataclass(frozen=True)
class Found:
    """One thing on which the two records disagree. A side that knows nothing of it is empty."""

    kind: str
    """paid_there, unknown_page, missing_page, page_differs; refund_… and dispute_… alike."""
    account: str
    object_id: str
    payment_id: UUID | None
    ours: str
    theirs: str
    page: Checkout | None = None
    """Where the gateway's word can be taken over."""


async def reconcile(*, gateway: PaymentGateway, now: datetime) -> Reconciliation:
    """Compare our record with the gateway's, take over what it knows better, and store the differences.

    The rest is shown to people, who decide.
    """
    since = now - PERIOD
    count, differences = await compare(since=since, gateway=gateway, now=now)
    mended: set[str] = set()
    for difference in differences:
        page = difference.page
        if difference.kind not in TAKEN_OVER or page is None:
            continue
        payment = await Payment.get_or_none(checkout_id=page.id) or await Payment.get_or_none(
            id=difference.payment_id
        )
        if payment is None:
            continue
        for update in await sync_payment(payment, page, gateway=gateway, now=now):
            await book(update, by=By.job(now))
        mended.add(difference.object_id)
    reconciliation = await keep(count, differences, mended, since=since, started_at=now, now=now)
    if len(differences) > len(mended):
        await notify_staff(
            StaffRole.OPERATOR,
            _("与支付平台对账有 %(n)s 处差异待处理。", n=len(differences) - len(mended)),
            now=now,
            address="/money/reconciliation",
        )
    return reconciliation


async def compare(*, since: datetime, gateway: PaymentGateway, now: datetime) -> tuple[int, list[Found]]:
    """Compare what happened since a moment, account by account: how much was looked at, what differs.

    Reads only. What is open on both sides is no difference yet.
    """
    accounts = set(await ConnectedAccount.all().values_list("account", flat=True))
    accounts |= set(await Payment.filter(created_at__gte=since).values_list("connected_account", flat=True))
    count, found = 0, []
    for account in sorted(str(each) for each in accounts):
        looked, differing = await _compare_account(account, since=since, gateway=gateway)
        count += looked
        found += differing
    return count, found


async def _compare_account(
    account: str, *, since: datetime, gateway: PaymentGateway
) -> tuple[int, list[Found]]:
    pages = {each.id: each for each in await gateway.list_checkouts(account, since=since)}
    payments = await Payment.filter(connected_account=account, created_at__gte=since)
    refunds = await gateway.list_refunds(account, since=since)
    disputes = await gateway.list_disputes(account, since=since)
    by_page = {each.checkout_id: each for each in payments if each.checkout_id}
    by_id = {str(each.id): each for each in payments}
    by_intent = {page.payment_intent: page for page in pages.values() if page.payment_intent}
    found = list(_pages(account, pages.values(), by_page, by_id))
    found += [
        Found(
            "missing_page",
            account,
            str(each.checkout_id or each.id),
            each.id,
            f"{each.status} {each.money}",
            "",
        )
        for each in payments
        if each.status in PAID and each.checkout_id not in pages
    ]
    ours = {
        each.gateway_id or str(each.id): each
        for each in await Refund.filter(payment__connected_account=account)
    }
    for told in refunds:
        mine = ours.get(told.id) or ours.get(str(told.metadata.get("refund_id")))
        page = by_intent.get(told.payment_intent)
        theirs = f"{told.state} {told.money}"
        if mine is None:
            found.append(Found("unknown_refund", account, told.id, None, "", theirs, page))
        elif STATES[told.state][0] is not mine.status or mine.money != told.money:
            kind = "refund_differs"
            found.append(
                Found(kind, account, told.id, mine.payment_id, f"{mine.status} {mine.money}", theirs, page)
            )
    there = {each.id for each in refunds} | {str(each.metadata.get("refund_id")) for each in refunds}
    found += [
        Found("missing_refund", account, key, each.payment_id, f"{each.status} {each.money}", "")
        for key, each in ours.items()
        if each.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
        and each.proposed_at >= since
        and not {key, str(each.id)} & there
    ]
    known = {each.gateway_id: each for each in await Dispute.filter(payment__connected_account=account)}
    for dispute in disputes:
        our = known.get(dispute.id)
        if our is None or our.status is not status_of(dispute.status) or our.money != dispute.money:
            found.append(
                Found(
                    "dispute_differs" if our else "unknown_dispute",
                    account,
                    dispute.id,
                    our.payment_id if our else None,
                    f"{our.status} {our.money}" if our else "",
                    f"{dispute.status} {dispute.money}",
                    by_intent.get(dispute.payment_intent),
                )
            )
    heard = {each.id for each in disputes}
    found += [
        Found("missing_dispute", account, key, each.payment_id, f"{each.status} {each.money}", "")
        for key, each in known.items()
        if each.opened_at >= since and key not in heard
    ]
    return len(pages) + len(payments) + len(refunds) + len(ours) + len(disputes) + len(known), found


def _pages(
    account: str, pages: Iterable[Checkout], by_page: dict[str, Payment], by_id: dict[str, Payment]
) -> Iterable[Found]:
    """Compare the pages at the gateway with our payments; an open page that nobody paid is no matter."""
    for page in pages:
        payment = by_page.get(page.id) or by_id.get(str(page.metadata.get("payment_id")))
        theirs = f"{page.state} {page.money}"
        is_paid = page.state is CheckoutState.PAID
        if payment is None:
            if is_paid:
                yield Found("unknown_page", account, page.id, None, "", theirs)
            continue
        ours = f"{payment.status} {payment.money}"
        if page.money != payment.money:
            yield Found("page_differs", account, page.id, payment.id, ours, theirs)
        elif is_paid and payment.status not in PAID:
            yield Found("paid_there", account, page.id, payment.id, ours, theirs, page)
        elif not is_paid and payment.status in PAID:
            yield Found("not_paid_there", account, page.id, payment.id, ours, theirs)


@atomic()
async def keep(
    count: int, found: list[Found], mended: set[str], *, since: datetime, started_at: datetime, now: datetime
) -> Reconciliation:
    """Write down what a comparison found, and what of it was taken over from the gateway."""
    made = await Reconciliation.create(
        id=uuid4(), since=since, started_at=started_at, ended_at=now, checked_count=count
    )
    await Difference.bulk_create(
        [
            Difference(
                id=uuid4(),
                reconciliation_id=made.id,
                kind=each.kind,
                account=each.account,
                object_id=each.object_id,
                payment_id=each.payment_id,
                ours=each.ours[:80],
                theirs=each.theirs[:80],
                mended_at=now if each.object_id in mended else None,
            )
            for each in found
        ]
    )
    return made


async def last_reconciliation() -> Reconciliation | None:
    """Return the comparison that was made last; None before the first."""
    return await Reconciliation.all().order_by("-started_at").first()


async def list_differences(reconciliation_id: UUID, account: str | None = None) -> list[Difference]:
    """Return what one comparison found, for all accounts or for one."""
    found = Difference.filter(reconciliation_id=reconciliation_id)
    if account is not None:
        found = found.filter(account=account)
    return await found.order_by("account", "kind", "object_id")
