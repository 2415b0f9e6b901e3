"""Who may open the files of a deal room: the tier of each says how far beyond the room."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.deals.models import Deal
from market.deals.rules import contacts_visible, may_see
from market.files.models import StoredFile, Tier


async def may_open_deal_file(actor: Actor | None, file: StoredFile) -> bool:
    """Tell who opens what was put into the deal room: public files open to all, named ones to verified
    people, the rest to both sides, the broker and auditors.

    An undertaking, where one is asked for, comes on top of that; such a file of the other side opens
    only when both have agreed to be introduced, since it is signed by name.
    """
    if file.tier is Tier.PUBLIC:
        return True
    if actor is None:
        return False
    if file.tier is Tier.VERIFIED and (actor.is_organisation_verified or Role.BROKER in actor.roles):
        return True
    deal = await Deal.get_or_none(id=file.subject_id)
    if deal is None or not may_see(deal, actor):
        return False
    is_own = file.uploaded_by_id == actor.user_id
    return file.tier is not Tier.UNDERTAKING or is_own or contacts_visible(deal)
