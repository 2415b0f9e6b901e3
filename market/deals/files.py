"""Who may open the files of a deal room: whoever may open the room."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.deals.models import Deal
from market.deals.rules import may_see
from market.files.access import register
from market.files.models import StoredFile


async def opens_deal_file(actor: Actor | None, file: StoredFile) -> bool:
    """What the sides put into the deal room: both sides, the broker, auditors."""
    deal = await Deal.get_or_none(id=file.subject_id) if actor else None
    return deal is not None and actor is not None and may_see(deal, actor)


register("deal", opens_deal_file)
