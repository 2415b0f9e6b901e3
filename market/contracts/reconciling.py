"""The nightly comparison with the payment gateway: find every difference, take over what can be."""

from __future__ import annotations

from datetime import datetime, timedelta

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.contracts.telling import book
from market.kit.i18n import gettext as _
from market.payments import reconciling
from market.payments.gateway import PaymentGateway
from market.payments.models import Payment, Reconciliation
from market.payments.services import bring_up

DAYS = 45
"""How far back is looked: a dispute comes weeks after its payment."""
TAKEN_OVER = ("paid_there", "unknown_refund", "refund_differs", "unknown_dispute", "dispute_differs")


async def reconcile(*, gateway: PaymentGateway, now: datetime) -> Reconciliation:
    """Compare our record with the gateway's, take over what it knows better, and keep what was found.

    Where the gateway tells of money that came or went, its word is booked as if its webhook had
    come; the rest is shown to people, who decide.
    """
    since = now - timedelta(days=DAYS)
    count, found = await reconciling.compare(since=since, gateway=gateway, now=now)
    mended: set[str] = set()
    for each in found:
        page = each.page
        if each.kind not in TAKEN_OVER or page is None:
            continue
        payment = await Payment.get_or_none(checkout_id=page.id) or await Payment.get_or_none(
            id=each.payment_id
        )
        if payment is None:
            continue
        for told in await bring_up(payment, page, gateway=gateway, now=now):
            await book(told, now=now)
        mended.add(each.object_id)
    made = await reconciling.keep(count, found, mended, since=since, started_at=now, now=now)
    if len(found) > len(mended):
        await notify_staff(
            StaffRole.OPERATOR,
            _("与支付平台对账有 %(n)s 处差异待处理。", n=len(found) - len(mended)),
            now=now,
            address="/money/reconciliation",
        )
    return made
