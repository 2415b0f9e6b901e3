"""What waits for those who run the market, beside the listings to judge."""

from __future__ import annotations

from datetime import datetime

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationStatus
from market.accounts.permissions import AccountAct
from market.accounts.queries import list_broker_profiles
from market.kit.cards import Card
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.notices.holiday_years import count_undecided
from market.notices.holidays import missing_years
from market.notices.models import Objection
from market.notices.permissions import NoticeAct
from market.notices.states import UNDECIDED


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return what waits: units, brokers, objections, and years of holidays to enter or confirm."""
    cards = []
    if actor.may(AccountAct.VERIFY_ORGANISATION):
        units = await Organisation.filter(status=OrganisationStatus.PENDING).count()
        _profiles, brokers = await list_broker_profiles(is_verified=False, offset=0, limit=1)
        cards += [
            Card(_("待核验单位"), units, "/backoffice/organisations?status=pending", "due"),
            Card(_("待核验经纪人"), brokers, "/backoffice/brokers", "due"),
        ]
    if actor.may(NoticeAct.DECIDE_OBJECTION):
        objections = await Objection.filter(status__in=UNDECIDED).count()
        cards.append(Card(_("待裁定异议"), objections, "/backoffice/objections", "due"))
    if actor.may(NoticeAct.ENTER_HOLIDAYS):
        missing = await missing_years(local_date(now))
        cards.append(Card(_("缺少的放假安排"), len(missing), "/backoffice/holidays", "wrong"))
    if actor.may(NoticeAct.CONFIRM_HOLIDAYS):
        cards.append(Card(_("待确认的放假安排"), await count_undecided(), "/backoffice/holidays", "due"))
    return cards
