"""The dashboard card of an expert."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.kit.i18n import gettext as _
from market.kit.room import Card
from market.panels.models import ExpertReview
from market.panels.permissions import PanelAct


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the card of an expert's pending reviews."""
    if actor.may(AccountAct.SEE_DESK) or not actor.may(PanelAct.SCORE_CLAIM):
        return []
    waiting = ExpertReview.filter(reviewer_id=actor.user_id, submitted_at=None, declined_at=None)
    return [Card(_("待评审"), await waiting.count(), "/reviews", "due")]
