"""The dashboard card of those who manage sanctions."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.integrity.models import Sanction
from market.integrity.permissions import IntegrityAct
from market.kit.i18n import gettext as _
from market.kit.room import Card


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the card of unanswered appeals."""
    if not actor.may(IntegrityAct.MANAGE_SANCTIONS):
        return []
    appeals = Sanction.filter(appealed_at__isnull=False, appeal_answer="")
    return [Card(_("待答复申诉"), await appeals.count(), "/backoffice/sanctions", "due")]
