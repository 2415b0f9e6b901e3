"""In-app messages to both parties of a deal."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.deals.models import Deal

DECIDING_ROLES = frozenset({MemberRole.ADMIN, MemberRole.AGENT})
"""Roles of members who act on deals for an organisation; finance does not."""


async def notify_both_parties(
    deal: Deal, text: str, *, now: datetime, address: str = "", roles: Collection[MemberRole] | None = None
) -> None:
    """Send one message to seller and buyer; `address` defaults to the deal's page.

    `roles` limits the recipients, see `accounts.messages.notify`.
    """
    for organisation_id in (deal.seller_id, deal.buyer_id):
        await notify(
            text,
            now=now,
            address=address or f"/deals/{deal.number}",
            organisation_id=organisation_id,
            roles=roles,
        )
