"""The row locks under which a deal is changed."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.deals.models import Deal, Side
from market.deals.parties import may_see, side_of
from market.deals.queries import attach_subjects
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _


async def lock_deal_for(actor: Actor, number: str) -> tuple[Deal, Side]:
    """Lock a deal for the transaction and return it with the side the person acts for.

    Raises:
        NotFound: there is none, or the person acts for neither side.
    """
    deal = await Deal.select_for_update().get_or_none(number=number)
    side = side_of(deal, actor) if deal else None
    if deal is None or side is None:
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    await deal.fetch_related("seller", "buyer", "outcome", "need")
    await attach_subjects([deal])
    return deal, side


async def lock_deal_seen_by(actor: Actor, number: str) -> Deal:
    """Lock a deal that the person may open, for the transaction.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    deal = await Deal.select_for_update().get_or_none(number=number)
    if deal is None or not may_see(deal, actor):
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    return deal
