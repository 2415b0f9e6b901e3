"""What waits in this room, on a person's dashboard."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.kit.i18n import gettext as _
from market.kit.room import Card
from market.payees.comparisons import count_to_compare
from market.payees.permissions import PayeeAct


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return how many accounts wait for the officer's comparison, or for the rechecker's confirmation."""
    if actor.may(PayeeAct.COMPARE_ACCOUNT):
        return [Card(_("待比对收款账户"), await count_to_compare(is_compared=False), "/payees", "due")]
    if actor.may(PayeeAct.CONFIRM_COMPARISON):
        return [Card(_("待确认收款账户"), await count_to_compare(is_compared=True), "/payees", "due")]
    return []
