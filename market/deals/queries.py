from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.models import Organisation, User
from market.accounts.permissions import Role
from market.deals.models import Deal, DealEvent, DealStatus, Introduction, Offer, OfferStatus, Side
from market.deals.parties import contacts_visible, may_see, organisation_of, side_of
from market.deals.permissions import DealAct
from market.deals.states import ENDED
from market.deals.subjects import attach_subjects
from market.kit.cards import Card
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.listings.models import Need, Outcome
from market.notices.models import Notice

M = TypeVar("M", bound=Model)


async def get_deal_for(actor: Actor, number: str) -> Deal:
    """Return a deal with its parties, for who may open the room.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    found = await Deal.filter(number=number).first()
    if found is None or not may_see(found, actor):
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    await fetch_parties([found])
    return found


async def fetch_parties(deals: Sequence[Deal]) -> None:
    """Put seller, buyer, subject, need and broker at these deals.

    One question for each kind of record: putting a join of all their columns into words takes longer
    than all the answers.
    """
    units = await _of_ids(Organisation, {id_ for each in deals for id_ in (each.seller_id, each.buyer_id)})
    outcomes = await _of_ids(Outcome, {each.outcome_id for each in deals if each.outcome_id})
    needs = await _of_ids(Need, {each.need_id for each in deals if each.need_id})
    brokers = await _of_ids(User, {each.broker_id for each in deals if each.broker_id})
    for each in deals:
        each.seller, each.buyer = units[each.seller_id], units[each.buyer_id]
        each.outcome = outcomes[each.outcome_id] if each.outcome_id else None
        each.need = needs[each.need_id] if each.need_id else None
        each.broker = brokers[each.broker_id] if each.broker_id else None
    await attach_subjects(deals)


async def _of_ids(model: type[M], ids: set[UUID]) -> dict[UUID, M]:
    return {each.pk: each for each in await model.filter(id__in=list(ids))} if ids else {}


async def get_brokered_deal_for(actor: Actor, number: str) -> Deal:
    """Return a deal for its broker, whose own ledger of it this is, or an auditor.

    Raises:
        NotFound: there is none, or it is another broker's; the sides do not read what a broker notes.
    """
    deal = await get_deal_for(actor, number)
    if deal.broker_id is None or not (deal.broker_id == actor.user_id or Role.AUDITOR in actor.roles):
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    return deal


async def get_deal_of_match_for(actor: Actor, match_id: UUID) -> Deal:
    """Return the latest deal that came of a match.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    found = await Deal.filter(match_id=match_id).order_by("-created_at").first()
    if found is None or not may_see(found, actor):
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    return found


async def list_live_deals(actor: Actor) -> list[Deal]:
    """Return the deals the person takes part in that have not ended, with their parties."""
    found = _of(actor).filter(status__not_in=list(ENDED))
    deals = await found.order_by("updated_at").limit(500)
    await fetch_parties(deals)
    return deals


async def list_offers(deal_id: UUID, most: int | None = None) -> list[Offer]:
    """Return the offers of a deal in order, only the last ones where `most` says how many."""
    found = Offer.filter(deal_id=deal_id).order_by("-sequence")
    return (await (found if most is None else found.limit(most)))[::-1]


async def find_accepted_offer(deal_id: UUID) -> Offer | None:
    """Return the one offer that both sides agreed to, if one was; the database lets no second be."""
    return await Offer.get_or_none(deal_id=deal_id, status=OfferStatus.ACCEPTED)


async def list_events(deal_id: UUID, most: int | None = None) -> list[DealEvent]:
    """Return what happened to a deal in order, only the last where `most` says how many."""
    found = DealEvent.filter(deal_id=deal_id).order_by("-id")
    events = (await (found if most is None else found.limit(most)))[::-1]
    people = await _of_ids(User, {each.actor_id for each in events if each.actor_id})
    for event in events:
        event.actor = people.get(event.actor_id) if event.actor_id else None
    return events


async def count_events(deal_id: UUID) -> int:
    """Return how many changes of status a deal has seen, with its opening."""
    return await DealEvent.filter(deal_id=deal_id).count()


async def find_introduction(deal_id: UUID) -> Introduction | None:
    """Return the broker's introduction that began the deal, if one did."""
    return await Introduction.get_or_none(deal_id=deal_id).select_related("broker")


async def list_deals(
    actor: Actor,
    page_request: PageRequest,
    *,
    status: str = "",
    todo: str = "",
    only: Collection[UUID] | None = None,
) -> Page[Deal]:
    """Return the deals the person may open, those last moved first.

    `status` and `todo` narrow them, `only` to these deals; an unknown word finds all.
    """
    found = _of(actor)
    if status in set(DealStatus):
        found = found.filter(status=status)
    if todo in TODO:
        found = found.filter(TODO[todo].wanted(actor))
    if only is not None:
        found = found.filter(id__in=list(only))
    items = (
        await found.order_by("-updated_at", "-number").offset(page_request.offset).limit(page_request.size)
    )
    await fetch_parties(items)
    return page_request.page(items, await found.count())


async def latest_offers(deal_ids: Collection[UUID]) -> dict[UUID, Offer]:
    """Return the last offer of each of these deals that has one."""
    rows = await connection().execute_query_dict(
        "SELECT DISTINCT ON (deal_id) id FROM offers WHERE deal_id = ANY($1::uuid[]) "
        "ORDER BY deal_id, sequence DESC",
        [[str(each) for each in deal_ids]],
    )
    found = await Offer.filter(id__in=[row["id"] for row in rows]) if rows else []
    return {offer.deal_id: offer for offer in found}


async def latest_notices(deal_ids: Collection[UUID]) -> dict[UUID, Notice]:
    """Return the last notice about each of these deals that has one."""
    found = await Notice.filter(subject_kind="deal", subject_id__in=list(deal_ids)).order_by(
        "published_at", "number"
    )
    return {notice.subject_id: notice for notice in found}


async def find_running(actor: Actor, outcome_id: UUID) -> Deal | None:
    """Return the deal about an outcome that the person's organisation is in now, to go on there."""
    found = await _of(actor).filter(outcome_id=outcome_id).order_by("-created_at").first()
    return found if found and found.status not in (DealStatus.TERMINATED, DealStatus.RESCINDED) else None


class Contact:
    """Whom to call on one side, revealed when both have agreed."""

    def __init__(self, deal: Deal, side: Side) -> None:
        listing = deal.outcome if side is Side.SELLER else deal.need
        own = organisation_of(deal, side)
        source = listing if listing is not None and listing.contact_name else own
        self.side, self.organisation = side, own.name
        self.name, self.phone, self.email = source.contact_name, source.contact_phone, source.contact_email


def contacts(deal: Deal, actor: Actor) -> list[Contact]:
    """Return the contacts this person may see: of both sides once both have agreed, else of their own."""
    side = side_of(deal, actor)
    if contacts_visible(deal) or (side is None and Role.BROKER in actor.roles):
        return [Contact(deal, each) for each in Side]
    return [Contact(deal, side)] if side else []


class Todo:
    """One kind of work that waits for the person's side, as a filter of the list and a card."""

    def __init__(self, label: Lazy, tone: str, act: StrEnum, wanted: Callable[[Actor], Q]) -> None:
        self.label, self.tone, self.act, self.wanted = label, tone, act, wanted


def _as_seller(actor: Actor, **given: Any) -> Q:
    return Q(seller_id=actor.organisation_id, **given)


def _as_buyer(actor: Actor, **given: Any) -> Q:
    return Q(buyer_id=actor.organisation_id, **given)


TODO: dict[str, Todo] = {
    "agree": Todo(
        lazy("新意向，待我方同意"),
        "due",
        DealAct.OPEN_DEAL,
        lambda actor: (
            Q(status=DealStatus.INTENT)
            & (_as_seller(actor, seller_agreed_at=None) | _as_buyer(actor, buyer_agreed_at=None))
        ),
    ),
    "answer": Todo(
        lazy("待我方确认的报价"),
        "due",
        DealAct.ACCEPT_OFFER,
        lambda actor: (
            Q(status=DealStatus.NEGOTIATING)
            & (
                _as_seller(actor, offers__status=OfferStatus.OPEN, offers__side=Side.BUYER)
                | _as_buyer(actor, offers__status=OfferStatus.OPEN, offers__side=Side.SELLER)
            )
        ),
    ),
    "publish": Todo(
        lazy("已定价，待公示"),
        "due",
        DealAct.PUBLISH_PRICE,
        lambda actor: _as_seller(actor, status=DealStatus.PRICED),
    ),
    "publicity": Todo(
        lazy("公示中"),
        "note",
        DealAct.SEE_DEALS,
        lambda actor: Q(status=DealStatus.PUBLICITY) & (_as_seller(actor) | _as_buyer(actor)),
    ),
    "sign": Todo(
        lazy("待签约"),
        "due",
        DealAct.SIGN,
        lambda actor: Q(status=DealStatus.TO_SIGN) & (_as_seller(actor) | _as_buyer(actor)),
    ),
    "register": Todo(
        lazy("待登记合同"),
        "due",
        DealAct.REGISTER_CONTRACT,
        lambda actor: _as_seller(actor, status=DealStatus.SIGNED),
    ),
    "pay": Todo(
        lazy("待付款"),
        "due",
        DealAct.RECORD_REMITTANCE,
        lambda actor: _as_buyer(actor, status__in=[DealStatus.REGISTERED, DealStatus.PAYING]),
    ),
    "receive": Todo(
        lazy("待到账"),
        "note",
        DealAct.SEE_DEALS,
        lambda actor: _as_seller(actor, status__in=[DealStatus.REGISTERED, DealStatus.PAYING]),
    ),
    "brokered": Todo(
        lazy("我跟进的交易"),
        "act",
        DealAct.SEE_DEALS,
        lambda actor: (
            Q(broker_id=actor.user_id)
            & ~Q(status__in=[DealStatus.COMPLETED, DealStatus.RESCINDED, DealStatus.TERMINATED])
        ),
    ),
}
_SELLER_CARDS = ("agree", "answer", "publish", "publicity", "sign", "register", "receive")
_BUYER_CARDS = ("agree", "answer", "publicity", "sign", "pay")


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the figures of the person's deals that they may do something about; each links to its rows."""
    keys: list[str] = []
    if actor.is_organisation_verified and not actor.is_staff and actor.organisation_id:
        keys += _SELLER_CARDS if actor.may_sell else ()
        keys += [key for key in _BUYER_CARDS if actor.may_buy and key not in keys]
    if Role.BROKER in actor.roles:
        keys.append("brokered")
    made = []
    for key in [each for each in keys if actor.may(TODO[each].act)]:
        count = await _of(actor).filter(TODO[key].wanted(actor)).distinct().count()
        made.append(Card(str(TODO[key].label), count, f"/deals?todo={key}", TODO[key].tone))
    return made


def _of(actor: Actor) -> QuerySet[Deal]:
    """The deals the person may open."""
    if Role.AUDITOR in actor.roles:
        return Deal.all()
    mine = Q(broker_id=actor.user_id) if Role.BROKER in actor.roles else Q(id__in=[])
    if actor.organisation_id and actor.is_organisation_verified:
        mine |= Q(seller_id=actor.organisation_id) | Q(buyer_id=actor.organisation_id)
    return Deal.filter(mine)
