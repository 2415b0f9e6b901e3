"""Telling both sides of a deal the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.deals.models import Deal

WHO_DECIDE = frozenset({MemberRole.ADMIN, MemberRole.AGENT})
"""Who acts on a deal for an organisation; finance does not."""


async def tell_both(
    deal: Deal, text: str, *, now: datetime, address: str = "", roles: Collection[MemberRole] | None = None
) -> None:
    """Tell seller and buyer something; `address` is the deal's own page unless it says otherwise.

    With `roles` only those members; else as `accounts.messages.tell`.
    """
    for side_id in (deal.seller_id, deal.buyer_id):
        await notify(
            text,
            now=now,
            address=address or f"/deals/{deal.number}",
            organisation_id=side_id,
            roles=roles,
        )
