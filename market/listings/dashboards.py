"""Dashboard cards about listings; each links to exactly the rows it counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from market.accounts.actors import Actor
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.room import Card
from market.listings import queries
from market.listings.kinds import KINDS, NEED, OUTCOME, Kind
from market.listings.states import ListingAct

RENEW_AHEAD = timedelta(days=30)


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return a person's cards about listings, pending work first."""
    cards: list[Card] = []
    if actor.may(ListingAct.MODERATE):
        for kind in KINDS.values():
            words = _("待审核成果") if kind is OUTCOME else _("待审核需求")
            count = await queries.count_pending(kind)
            cards.append(Card(words, count, f"/backoffice/listings?kind={kind.key}", "due"))
    if actor.may(ListingAct.WRITE_LISTING):
        if actor.may_sell:
            cards += await _own(OUTCOME, actor, now)
        if actor.may_buy:
            cards += await _own(NEED, actor, now)
    return cards


async def _own(kind: Kind, actor: Actor, now: datetime) -> list[Card]:
    counts, address = await queries.count_own(kind, actor), f"/my/{kind.index}"
    due = await queries.count_renewable(kind, actor, local_date(now) + RENEW_AHEAD)
    is_outcome = kind is OUTCOME
    cards = [
        (_("退回待改的成果") if is_outcome else _("退回待改的需求"), "returned", "wrong"),
        (_("审核中的成果") if is_outcome else _("审核中的需求"), "pending", "plain"),
        (_("成果草稿") if is_outcome else _("需求草稿"), "draft", "plain"),
        (_("已发布的成果") if is_outcome else _("已发布的需求"), "published", "act"),
    ]
    renewal = Card(_("待续期的成果") if is_outcome else _("待续期的需求"), due, f"{address}?due=1", "due")
    status_cards = [
        Card(words, counts.get(key, 0), f"{address}?status={key}", tone) for words, key, tone in cards
    ]
    return [status_cards[0], renewal, *status_cards[1:]]
