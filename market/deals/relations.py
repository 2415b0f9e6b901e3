"""What a broker and the sides of a deal have in common, for conflicts of interest (README h)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from market.deals.models import Deal
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.kit.room import Relation


async def relations(
    user_ids: Collection[UUID], organisation_ids: Collection[UUID], since: datetime
) -> list[Relation]:
    """Return the deals of these organisations that one of these people brokered and that moved `since`."""
    organisations = set(organisation_ids)
    sides = Q(seller_id__in=list(organisations)) | Q(buyer_id__in=list(organisations))
    deals = Deal.filter(sides, broker_id__in=list(user_ids), updated_at__gte=since)
    return [
        Relation(
            deal.broker_id,
            side.id,
            _(
                "%(from)s 起为%(organisation)s的交易担任技术经纪人",
                **{"from": day(deal.created_at)},
                organisation=side.name,
            ),
        )
        for deal in await deals.select_related("seller", "buyer").order_by("created_at", "id")
        for side in (deal.seller, deal.buyer)
        if deal.broker_id is not None and side.id in organisations
    ]
