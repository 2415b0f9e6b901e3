"""Changes of a deal's status, and the row locks they need."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.accounts.actors import Actor
from market.audit.services import record
from market.deals.models import Deal, DealAction, DealEvent, Side
from market.deals.parties import may_see, side_of
from market.deals.states import next_status
from market.deals.subjects import attach_subjects
from market.kit.database import atomic
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.records.by import By


@atomic()
async def advance(deal_id: UUID, action: DealAction, *, by: By, **data: Any) -> Deal:
    """Carry out `action` on a deal and record it, with what `data` says of it.

    The row lock serialises concurrent actions: the second sees the status that the first left.

    Raises:
        ActionNotAllowed: the present status does not permit it.
    """
    deal = await Deal.select_for_update().get(id=deal_id)
    deal.status, deal.updated_at = next_status(deal.status, action), by.now
    await deal.save(update_fields=["status", "updated_at"])
    await DealEvent.create(
        deal_id=deal.id,
        action=action,
        status=deal.status,
        actor_id=by.user_id,
        happened_at=by.now,
    )
    await record("deal", deal.id, action, by=by, status=deal.status, **data)
    return deal


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
