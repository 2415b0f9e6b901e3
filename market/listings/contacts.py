"""The contact of a listing is a person's data: exported to the person, emptied when they are erased."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.models import Membership, User
from market.listings.models import Need, Outcome
from market.records.by import By


async def _is_contact(user_id: UUID) -> Q:
    """Return the condition for listings whose contact is this person: by address, or name in an own unit."""
    user = await User.get(id=user_id)
    units = await Membership.filter(user_id=user_id).values_list("organisation_id", flat=True)
    return Q(contact_email=user.email) | Q(contact_name=user.name, organisation_id__in=list(units))


async def export_contacts(user_id: UUID) -> list[dict[str, Any]]:
    """Return the listings that name a person as their contact."""
    condition = await _is_contact(user_id)
    return [
        row
        for model in (Outcome, Need)
        for row in await model.filter(condition).values(
            "number", "contact_name", "contact_phone", "contact_email"
        )
    ]


async def erase_contacts(user_id: UUID, _by: By) -> None:
    """Empty the contacts that name a person; the unit enters another one."""
    condition = await _is_contact(user_id)
    for model in (Outcome, Need):
        await model.filter(condition).update(contact_name="", contact_phone="", contact_email="")
