"""What waits for those who run the market, beside the listings to judge."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationStatus
from market.accounts.permissions import Act
from market.accounts.queries import list_broker_profiles
from market.kit.cards import Card
from market.kit.i18n import gettext as _
from market.notices.models import Objection
from market.notices.states import UNDECIDED


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the units and brokers to verify and the objections to decide."""
    cards = []
    if actor.may(Act.VERIFY_ORGANISATION):
        units = await Organisation.filter(status=OrganisationStatus.PENDING).count()
        _profiles, brokers = await list_broker_profiles(is_verified=False, offset=0, limit=1)
        cards += [
            Card(_("待核验单位"), units, "/backoffice/organisations?status=pending", "due"),
            Card(_("待核验经纪人"), brokers, "/backoffice/brokers", "due"),
        ]
    if actor.may(Act.DECIDE_OBJECTION):
        objections = await Objection.filter(status__in=UNDECIDED).count()
        cards.append(Card(_("待裁定异议"), objections, "/backoffice/objections", "due"))
    return cards
