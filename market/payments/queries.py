"""Payments and remittances are reached through what they pay for; whoever asks has checked that."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.payments.models import ConnectedAccount, Payment, Remittance


async def list_payments(payable_kind: str, payable_ids: Collection[UUID]) -> list[Payment]:
    """Return all tries to pay these payables online, oldest first."""
    return (
        await Payment.filter(payable_kind=payable_kind, payable_id__in=list(payable_ids))
        .select_related("started_by")
        .order_by("created_at")
    )


async def list_remittances(payable_kind: str, payable_ids: Collection[UUID]) -> list[Remittance]:
    """Return the bank transfers recorded for these payables with voucher and people, oldest first."""
    return (
        await Remittance.filter(payable_kind=payable_kind, payable_id__in=list(payable_ids))
        .select_related("voucher", "recorded_by", "decided_by")
        .order_by("recorded_at")
    )


async def get_remittance(
    remittance_id: UUID, *, payable_kind: str, payable_ids: Collection[UUID]
) -> Remittance:
    """Return a remittance if it pays for one of these payables, which the caller may see.

    Raises:
        NotFound: there is none, or it pays for something else.
    """
    found = await (
        Remittance.filter(id=remittance_id, payable_kind=payable_kind, payable_id__in=list(payable_ids))
        .select_related("voucher", "recorded_by", "decided_by")
        .first()
    )
    if found is None:
        raise NotFound(_("没有这笔对公转账。"))
    return found


async def find_connected_account(organisation_id: UUID) -> ConnectedAccount | None:
    """Return the organisation's account at the gateway, begun or ready; None if it has none."""
    return await ConnectedAccount.get_or_none(organisation_id=organisation_id)
