"""Disputes (拒付): the payer's bank takes card money back until it has decided. We only keep its word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from market.audit.services import record
from market.codes.labels import labels
from market.kit.database import atomic
from market.payments.gateway import DisputeTold
from market.payments.models import Dispute, DisputeStatus, Payment
from market.records.by import By

_STATUSES = {
    "warning_needs_response": DisputeStatus.WARNING,
    "warning_under_review": DisputeStatus.WARNING,
    "warning_closed": DisputeStatus.CLOSED,
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
ENDED = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED)


@dataclass(frozen=True)
class DisputedPayment:
    """A dispute as it stands, for whoever books it. Telling of it twice is normal."""

    dispute_id: UUID
    payable_kind: str
    is_news: bool


def status_of(word: str) -> DisputeStatus:
    """Return our status for the gateway's word; a word we do not know means that the money is withheld."""
    return _STATUSES.get(word, DisputeStatus.OPEN)


@atomic()
async def keep_dispute(payment_id: UUID, told: DisputeTold, *, now: datetime) -> DisputedPayment:
    """Bring a dispute to where the gateway says it stands; an old word changes nothing that has ended."""
    payment = await Payment.select_for_update().get(id=payment_id)
    status = status_of(told.status)
    dispute = await Dispute.get_or_none(gateway_id=told.id)
    is_news = dispute is None
    if dispute is None:
        dispute = await Dispute.create(
            id=uuid4(),
            gateway_id=told.id,
            payment_id=payment.id,
            status=status,
            amount=told.money.amount,
            currency=told.money.currency,
            reason=told.reason if told.reason in labels("dispute_reason") else "general",
            answer_by=told.answer_by,
            opened_at=told.opened_at,
            updated_at=now,
        )
    elif dispute.status is not status and dispute.status not in ENDED:
        is_news = True
        dispute.status, dispute.answer_by, dispute.updated_at = status, told.answer_by, now
        await dispute.save(update_fields=["status", "answer_by", "updated_at"])
    if is_news:
        await record("payment", payment.id, f"dispute_{status}", by=By.job(now), amount=dispute.amount)
    return DisputedPayment(dispute.id, payment.payable_kind, is_news)
