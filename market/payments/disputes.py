"""Disputes (拒付): the payer's bank takes card money back until it has decided. We record its decisions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from market.audit.log import record
from market.kit.database import atomic
from market.payments.gateway import GatewayDispute
from market.payments.models import Dispute, Payment
from market.payments.payables import DisputedPayment
from market.payments.states import DISPUTE, DisputeAction, DisputeReason, DisputeStatus, DisputeVerb
from market.records.by import By
from market.records.transitions import begin, transition

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
_ACTIONS = {
    DisputeStatus.OPEN: DisputeAction.ESCALATE,
    DisputeStatus.WON: DisputeAction.WIN,
    DisputeStatus.LOST: DisputeAction.LOSE,
    DisputeStatus.CLOSED: DisputeAction.CLOSE,
}
"""The action that leads to a status that the gateway reports."""


def status_of(word: str) -> DisputeStatus:
    """Map the gateway's status to ours; an unknown one means that the money is withheld."""
    return _STATUSES.get(word, DisputeStatus.OPEN)


def _reason(word: str) -> DisputeReason:
    return DisputeReason(word) if word in DisputeReason._value2member_map_ else DisputeReason.GENERAL


@atomic()
async def record_dispute(payment_id: UUID, reported: GatewayDispute, *, now: datetime) -> DisputedPayment:
    """Sync a dispute with the state that the gateway reports; one that has ended does not change."""
    payment = await Payment.select_for_update().get(id=payment_id)
    status = status_of(reported.status)
    dispute = await Dispute.get_or_none(gateway_id=reported.id)
    is_new = dispute is None
    if dispute is None:
        dispute = await Dispute.create(
            id=uuid4(),
            gateway_id=reported.id,
            payment_id=payment.id,
            status=status,
            amount=reported.money.amount,
            currency=reported.money.currency,
            reason=_reason(reported.reason),
            answer_by=reported.answer_by,
            opened_at=reported.opened_at,
            updated_at=now,
        )
        await begin(dispute, by=By.job(now))
        await record(
            "dispute", dispute.id, DisputeVerb.REPORT, by=By.job(now), status=status, amount=dispute.amount
        )
    elif (action := _ACTIONS.get(status)) and DISPUTE.allows(dispute.status, action):
        is_new = True
        changes = {"answer_by": reported.answer_by}
        await transition(dispute, action, by=By.job(now), changes=changes, amount=dispute.amount)
    return DisputedPayment(payment.id, payment.payable_kind, payment.payable_id, dispute.id, is_new)
