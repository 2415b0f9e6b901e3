"""Queries by payable. The caller has checked that the person may see it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from market.payments.models import ConnectedAccount, Payment, Remittance
from market.payments.payables import NoOnlinePayment


async def list_payments(payable_kind: str, payable_ids: Collection[UUID]) -> list[Payment]:
    """Return all online payments of these payables, oldest first."""
    return (
        await Payment.filter(payable_kind=payable_kind, payable_id__in=list(payable_ids))
        .select_related("started_by")
        .order_by("created_at")
    )


async def list_remittances(payable_kind: str, payable_ids: Collection[UUID]) -> list[Remittance]:
    """Return the bank transfers recorded for these payables, oldest first, with voucher and people."""
    return (
        await Remittance.filter(payable_kind=payable_kind, payable_id__in=list(payable_ids))
        .select_related("voucher", "proposed_by", "decided_by")
        .order_by("proposed_at")
    )


async def find_connected_account(organisation_id: UUID) -> ConnectedAccount | None:
    """Return the organisation's account at the gateway, onboarded or not; None if it has none."""
    return await ConnectedAccount.get_or_none(organisation_id=organisation_id)


async def require_receiving_account(organisation_id: UUID) -> str:
    """Return the organisation's account at the gateway.

    Raises:
        NoOnlinePayment: it has none that can receive.
    """
    account = await find_connected_account(organisation_id)
    if account is None or not account.charges_enabled:
        raise NoOnlinePayment
    return str(account.account)
