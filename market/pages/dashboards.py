"""The figures of each person's dashboard, gathered from the rooms; what waits for them comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct, Role
from market.kit.cards import Card
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.listings.permissions import ListingAct

URGENT = ("due", "wrong")
"""Tones of figures that somebody must do something about."""


NOTHING = (0, "0")


@dataclass(frozen=True)
class Board:
    """What one person sees first after signing in."""

    todo: list[Card]
    """Only what there is something of."""
    standing: list[Card]
    acts: list[tuple[str, str]]
    """What may be begun: words and address, the main one first."""


async def board(actor: Actor, now: datetime) -> Board:
    """Return the dashboard of a person."""
    cards: list[Card] = []
    for room in rooms().all:
        if room.dashboard:
            cards += await room.dashboard(actor, now)
    return Board(
        # What is late or wrong comes before what is merely due.
        todo=sorted(
            (card for card in cards if card.tone in URGENT and card.count not in NOTHING),
            key=lambda card: card.tone != "wrong",
        ),
        standing=[card for card in cards if card.tone not in URGENT],
        acts=_acts(actor),
    )


def _acts(actor: Actor) -> list[tuple[str, str]]:
    acts: list[tuple[str, str]] = []
    if actor.may(ListingAct.WRITE_LISTING) and actor.may_buy:
        acts.append((_("写一条需求"), "/my/needs/new"))
    if actor.may(ListingAct.WRITE_LISTING) and actor.may_sell:
        acts.append((_("写一份成果"), "/my/outcomes/new"))
    if Role.BROKER in actor.roles:
        acts.append((_("看推荐的对接"), "/matches"))
    if actor.may(AccountAct.SEE_DESK):
        acts.append((_("去补助工作台"), "/desk"))
    if actor.may(ListingAct.MODERATE):
        acts.append((_("审核成果和需求"), "/backoffice/listings"))
    if actor.may(AccountAct.READ_AUDIT):
        acts.append((_("看责任链日志"), "/audit-log"))
    if not acts and not actor.is_staff:
        acts.append((_("登记或加入单位"), "/account/organisation"))
    return acts
