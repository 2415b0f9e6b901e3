"""The subject of a deal: what is sold, named by kind and id and described by the room that owns it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.models import Organisation, User
from market.accounts.permissions import Role
from market.deals.models import Deal, Introduction, Offer, Side
from market.deals.parties import contacts_visible, may_see, organisation_of, side_of
from market.deals.states import ENDED, DealAct, DealStatus, OfferStatus
from market.kit.errors import NotFound
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.kit.room import rooms
from market.kit.statements import Statement, TablesStatement
from market.listings.models import Need, Outcome
from market.listings.queries import outcome_subject
from market.notices.models import Notice
from market.records.models import StatusEvent
from market.records.transitions import history


async def get_deal_for(actor: Actor, number: str) -> Deal:
    """Return a deal with its parties, for those who may open its room.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    deal = await Deal.filter(number=number).first()
    if deal is None or not may_see(deal, actor):
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    await fetch_parties([deal])
    return deal


_PARTIES = TablesStatement(
    {
        "organisations": (Organisation, "WHERE id = ANY($1::uuid[])"),
        "outcomes": (Outcome, "WHERE id = ANY($2::uuid[])"),
        "needs": (Need, "WHERE id = ANY($3::uuid[])"),
        "users": (User, "WHERE id = ANY($4::uuid[])"),
    }
)


async def fetch_parties(deals: Sequence[Deal]) -> None:
    """Fetch seller, buyer, subject, need and broker of these deals.

    Each is read once, by one statement: a join would repeat all columns of a party for each of its deals.
    """
    if not deals:
        return
    ids = (
        {party_id for deal in deals for party_id in (deal.seller_id, deal.buyer_id)},
        {deal.outcome_id for deal in deals if deal.outcome_id},
        {deal.need_id for deal in deals if deal.need_id},
        {deal.broker_id for deal in deals if deal.broker_id},
    )
    records = await _PARTIES.read(*map(list, ids))
    organisations, outcomes, needs, brokers = (
        {record.pk: record for record in rows} for rows in records.values()
    )
    for deal in deals:
        deal.seller, deal.buyer = organisations[deal.seller_id], organisations[deal.buyer_id]
        deal.outcome = outcomes[deal.outcome_id] if deal.outcome_id else None
        deal.need = needs[deal.need_id] if deal.need_id else None
        deal.broker = brokers[deal.broker_id] if deal.broker_id else None
    await attach_subjects(deals)


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
    """Return the latest deal that resulted from a match.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    deal = await Deal.filter(match_id=match_id).order_by("-created_at").first()
    if deal is None or not may_see(deal, actor):
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    return deal


async def parties_of_deals(deal_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return both sides of each deal."""
    deals = await Deal.filter(id__in=list(deal_ids)).only("id", "seller_id", "buyer_id")
    return {deal.id: {deal.seller_id, deal.buyer_id} for deal in deals}


async def list_live_deals(actor: Actor) -> list[Deal]:
    """Return the deals the person takes part in that have not ended, with their parties."""
    deals = await _visible_to(actor).filter(status__not_in=list(ENDED)).order_by("updated_at").limit(500)
    await fetch_parties(deals)
    return deals


async def list_running_deals(actor: Actor) -> list[Deal]:
    """Return the same as `list_live_deals` in one statement, the last updated first, with the needs."""
    deals = _visible_to(actor).filter(status__not_in=list(ENDED)).order_by("-updated_at").limit(300)
    return await deals.select_related("seller", "buyer", "need")


async def list_offers(deal_id: UUID, most: int | None = None) -> list[Offer]:
    """Return the offers of a deal, oldest first; only the last `most` if given."""
    offers = Offer.filter(deal_id=deal_id).order_by("-sequence")
    return (await (offers if most is None else offers.limit(most)))[::-1]


async def find_accepted_offer(deal_id: UUID) -> Offer | None:
    """Return the accepted offer, if there is one; a unique index allows no second."""
    return await Offer.get_or_none(deal_id=deal_id, status=OfferStatus.ACCEPTED)


async def list_events(deal_id: UUID, most: int | None = None) -> list[StatusEvent]:
    """Return the status events of a deal, oldest first; only the last `most` if given."""
    return await history("deal", deal_id, most)


async def count_events(deal_id: UUID) -> int:
    """Count the status events of a deal, including its opening."""
    return await StatusEvent.filter(subject_kind="deal", subject_id=deal_id).count()


async def find_introduction(deal_id: UUID) -> Introduction | None:
    """Return the broker's introduction that opened the deal, if one did."""
    return await Introduction.get_or_none(deal_id=deal_id).select_related("broker")


async def list_deals(
    actor: Actor,
    page_request: PageRequest,
    *,
    status: str = "",
    todo: str = "",
    only: Collection[UUID] | None = None,
) -> Page[Deal]:
    """Return the deals the person may open, the last updated first.

    `status`, `todo` and `only` (ids) filter them; unknown values of `status` and `todo` are ignored.
    """
    deals = _visible_to(actor)
    if status in set(DealStatus):
        deals = deals.filter(status=status)
    if todo in TODO_FILTERS:
        deals = deals.filter(TODO_FILTERS[todo].condition(actor))
    if only is not None:
        deals = deals.filter(id__in=list(only))
    items = (
        await deals.order_by("-updated_at", "-number").offset(page_request.offset).limit(page_request.size)
    )
    await fetch_parties(items)
    return page_request.page(items, await deals.count())


_LATEST_OFFERS = TablesStatement(
    {
        "offers": (
            Offer,
            "WHERE id IN (SELECT DISTINCT ON (deal_id) id FROM offers WHERE deal_id = ANY($1::uuid[]) "
            "ORDER BY deal_id, sequence DESC)",
        )
    }
)


async def latest_offers(deal_ids: Collection[UUID]) -> dict[UUID, Offer]:
    """Return the last offer of each of these deals that has one."""
    offers = (await _LATEST_OFFERS.read(list(deal_ids)))["offers"]
    return {offer.deal_id: offer for offer in offers}


async def latest_notices(deal_ids: Collection[UUID]) -> dict[UUID, Notice]:
    """Return the last notice about each of these deals that has one."""
    notices = await Notice.filter(subject_kind="deal", subject_id__in=list(deal_ids)).order_by(
        "published_at", "number"
    )
    return {notice.subject_id: notice for notice in notices}


NOBODY = UUID(int=0)
"""An id that no record has."""
_LATEST_DEAL = Statement(
    lambda outcome_id, organisation_id, broker_id: (
        Deal.filter(_is_of(organisation_id, broker_id), outcome_id=outcome_id)
        .order_by("-created_at")
        .limit(1)
    ),
    UUID(int=1),
    UUID(int=2),
    UUID(int=3),
)
_DEALS_ABOUT = Statement(
    lambda outcome_id: Deal.filter(outcome_id=outcome_id).order_by("-updated_at").limit(50), UUID(int=1)
)


async def list_deals_about(outcome_id: UUID) -> list[Deal]:
    """Return the deals about an outcome, the last updated first, fifty at most."""
    return await _DEALS_ABOUT.all(outcome_id)


async def find_running_deal(actor: Actor, outcome_id: UUID) -> Deal | None:
    """Return the person's latest deal about an outcome unless it was terminated or rescinded."""
    if Role.AUDITOR in actor.roles:
        deal = await Deal.filter(outcome_id=outcome_id).order_by("-created_at").first()
    else:
        deal = await _LATEST_DEAL.first(outcome_id, *_acting_as(actor))
    return deal if deal and deal.status not in (DealStatus.TERMINATED, DealStatus.RESCINDED) else None


class Contact:
    """The contact person of one side, revealed when both have agreed."""

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
        return [Contact(deal, party_side) for party_side in Side]
    return [Contact(deal, side)] if side else []


class TodoFilter:
    """One kind of pending work of the person's side: a filter of the list and a card of the workbench."""

    def __init__(self, label: Lazy, tone: str, act: StrEnum, condition: Callable[[Actor], Q]) -> None:
        self.label, self.tone, self.act, self.condition = label, tone, act, condition


def _as_seller(actor: Actor, **conditions: Any) -> Q:
    return Q(seller_id=actor.organisation_id, **conditions)


def _as_buyer(actor: Actor, **conditions: Any) -> Q:
    return Q(buyer_id=actor.organisation_id, **conditions)


TODO_FILTERS: dict[str, TodoFilter] = {
    "agree": TodoFilter(
        lazy("新意向，待我方同意"),
        "due",
        DealAct.OPEN_DEAL,
        lambda actor: (
            Q(status=DealStatus.INTENT)
            & (_as_seller(actor, seller_agreed_at=None) | _as_buyer(actor, buyer_agreed_at=None))
        ),
    ),
    "answer": TodoFilter(
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
    "publish": TodoFilter(
        lazy("已定价，待公示"),
        "due",
        DealAct.PUBLISH_PRICE,
        lambda actor: _as_seller(actor, status=DealStatus.PRICED),
    ),
    "publicity": TodoFilter(
        lazy("公示中"),
        "note",
        DealAct.SEE_DEALS,
        lambda actor: Q(status=DealStatus.PUBLICITY) & (_as_seller(actor) | _as_buyer(actor)),
    ),
    "sign": TodoFilter(
        lazy("待签约"),
        "due",
        DealAct.SIGN,
        lambda actor: Q(status=DealStatus.TO_SIGN) & (_as_seller(actor) | _as_buyer(actor)),
    ),
    "register": TodoFilter(
        lazy("待登记合同"),
        "due",
        DealAct.REGISTER_CONTRACT,
        lambda actor: _as_seller(actor, status=DealStatus.SIGNED),
    ),
    "pay": TodoFilter(
        lazy("待付款"),
        "due",
        DealAct.RECORD_REMITTANCE,
        lambda actor: _as_buyer(actor, status__in=[DealStatus.REGISTERED, DealStatus.PAYING]),
    ),
    "receive": TodoFilter(
        lazy("待到账"),
        "note",
        DealAct.SEE_DEALS,
        lambda actor: _as_seller(actor, status__in=[DealStatus.REGISTERED, DealStatus.PAYING]),
    ),
    "brokered": TodoFilter(
        lazy("我跟进的交易"),
        "act",
        DealAct.SEE_DEALS,
        lambda actor: (
            Q(broker_id=actor.user_id)
            & ~Q(status__in=[DealStatus.COMPLETED, DealStatus.RESCINDED, DealStatus.TERMINATED])
        ),
    ),
}


def _visible_to(actor: Actor) -> QuerySet[Deal]:
    """Return the deals the person may open."""
    if Role.AUDITOR in actor.roles:
        return Deal.all()
    return Deal.filter(_is_of(*_acting_as(actor)))


def _is_of(organisation_id: UUID, broker_id: UUID) -> Q:
    """Return the condition that a deal has this organisation on a side, or this broker."""
    return Q(seller_id=organisation_id) | Q(buyer_id=organisation_id) | Q(broker_id=broker_id)


def _acting_as(actor: Actor) -> tuple[UUID, UUID]:
    """Return as which verified organisation, and as which broker, the person opens deals; or `NOBODY`."""
    organisation_id = actor.organisation_id if actor.is_organisation_verified else None
    return organisation_id or NOBODY, actor.user_id if Role.BROKER in actor.roles else NOBODY


async def attach_subjects(deals: Sequence[Deal]) -> None:
    """Set `subject` of these deals: a fetched outcome as it is, else one query for each kind.

    Raises:
        LookupError: no room describes the kind, or it does not know the id.
    """
    unresolved = []
    for deal in deals:
        if isinstance(deal.outcome, Outcome):
            deal.subject = outcome_subject(deal.outcome)
        else:
            unresolved.append(deal)
    for kind in {deal.subject_kind for deal in unresolved}:
        of_kind = [deal for deal in unresolved if deal.subject_kind == kind]
        describe = rooms().subjects[kind].describe
        if describe is None:
            raise LookupError(f"no room describes {kind} as the subject of a deal")
        subjects = await describe({deal.subject_id for deal in of_kind})
        for deal in of_kind:
            deal.subject = subjects[deal.subject_id]


async def lock_deal_for(actor: Actor, number: str) -> tuple[Deal, Side]:
    """Lock a deal for the transaction and return it with the side the person acts for.

    Raises:
        NotFound: there is none, or the person acts for neither side.
    """
    deal = await Deal.select_for_update().get_or_none(number=number)
    side = side_of(deal, actor) if deal else None
    if deal is None or side is None:
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    await deal.fetch_related("seller", "buyer", "outcome", "need")
    await attach_subjects([deal])
    return deal, side


async def lock_deal_seen_by(actor: Actor, number: str) -> Deal:
    """Lock a deal that the person may open, for the transaction.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    deal = await Deal.select_for_update().get_or_none(number=number)
    if deal is None or not may_see(deal, actor):
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    return deal
