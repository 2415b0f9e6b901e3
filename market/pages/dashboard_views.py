"""Each person's dashboard: cards gathered from the rooms, what waits for them first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.messages import list_messages
from market.accounts.models import Organisation, OrganisationStatus
from market.accounts.permissions import AccountAct
from market.accounts.queries import list_broker_profiles
from market.accounts.web import signed_in_actor
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.room import Card, rooms
from market.kit.templating import render
from market.kit.web import deps
from market.notices.holiday_years import count_undecided, missing_years
from market.notices.models import Objection
from market.notices.states import UNDECIDED, NoticeAct

NEWEST = 5
URGENT = ("due", "wrong")
"""Tones of figures that somebody must do something about."""
NOTHING = (0, "0")
"""Counts that are not shown among what is to do."""


async def dashboard(request: Request) -> Response:
    actor = signed_in_actor(request)
    messages, _total = await list_messages(actor.user_id, offset=0, limit=NEWEST)
    return render(
        request,
        "pages/dashboard.html",
        board=await board(actor, deps(request).clock()),
        messages=messages,
    )


@dataclass(frozen=True)
class Board:
    """What one person sees first after signing in."""

    todo: list[Card]
    """Only what there is something of."""
    standing: list[Card]


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
    )


async def operator_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return what waits: units, brokers, objections, and years of holidays to enter or confirm."""
    cards = []
    if actor.may(AccountAct.VERIFY_ORGANISATION):
        units = await Organisation.filter(status=OrganisationStatus.PENDING).count()
        _profiles, brokers = await list_broker_profiles(is_verified=False, offset=0, limit=1)
        cards += [
            Card(_("待核验单位"), units, "/backoffice/organisations?status=pending", "due"),
            Card(_("待核验经纪人"), brokers, "/backoffice/brokers", "due"),
        ]
    waiting = Objection.filter(status__in=UNDECIDED)
    proposed = waiting.filter(rulings__verdict__isnull=True, rulings__proposed_at__isnull=False).distinct()
    if actor.may(NoticeAct.PROPOSE_RULING):
        count = await waiting.count() - await proposed.count()
        cards.append(Card(_("待裁定异议"), count, "/backoffice/objections", "due"))
    if actor.may(NoticeAct.DECIDE_OBJECTION):
        cards.append(Card(_("待决定的裁定"), await proposed.count(), "/backoffice/objections", "due"))
    if actor.may(NoticeAct.ENTER_HOLIDAYS):
        missing = await missing_years(local_date(now))
        cards.append(Card(_("缺少的放假安排"), len(missing), "/backoffice/holidays", "wrong"))
    if actor.may(NoticeAct.CONFIRM_HOLIDAYS):
        cards.append(Card(_("待确认的放假安排"), await count_undecided(), "/backoffice/holidays", "due"))
    return cards


routes = [Route("/dashboard", dashboard, name="pages:dashboard")]
