"""Offers and counter-offers, and the acceptance that names exactly what is accepted."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.deals.messages import DECIDING_ROLES, notify_both_parties
from market.deals.models import Deal, Offer
from market.deals.parties import contacts_visible, organisation_of, other_side
from market.deals.queries import lock_deal_for
from market.deals.states import DealAct, DealAction, OfferAction, OfferStatus
from market.deals.terms import OfferTerms, complete_plan
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import HOME
from market.kit.terms import to_columns
from market.listings.holds import require_not_held
from market.matching import match_acts as matching
from market.matching.states import MatchAction
from market.records.by import By
from market.records.moments import set_moment
from market.records.transitions import begin, transition

EXPIRY = "deals.expire_offer"
"""The moment of an offer at which it expires."""


class OfferChanged(Conflict):
    """The offer on the person's page was replaced, accepted or has expired."""


class OwnOffer(Forbidden):
    """A side tried to accept its own offer."""


@atomic()
async def make_offer(
    number: str, terms: OfferTerms, *, base_offer_id: UUID | None, valid_days: int | None, by: By
) -> Offer:
    """Make an offer for the person's side; it replaces an open offer of either side.

    `base_offer_id` is the latest offer on the actor's page (optimistic lock): a newer one is refused.

    Raises:
        OfferChanged: there is a newer offer.
        Invalid: at `plan`, when the rows do not add up to the price; at `currency`, when it is a
            foreign one between domestic parties; at `price`, when it is below the deal's least.
        ActionNotAllowed: the deal has gone on.
    """
    by.actor.require(DealAct.MAKE_OFFER)
    terms = complete_plan(terms)
    deal, side = await lock_deal_for(by.actor, number)
    if not contacts_visible(deal):
        raise Conflict(_("双方同意对接以后才能报价。"))
    _require_least_price(deal, terms)
    latest = await Offer.filter(deal_id=deal.id).order_by("-sequence").first()
    if (latest.id if latest else None) != base_offer_id:
        raise OfferChanged(_("对方刚提出了新的报价，请先看过再还价。"))
    await end_open_offer(deal.id, OfferAction.REPLACE, by=by)
    offer = await Offer.create(
        id=uuid4(),
        deal_id=deal.id,
        sequence=latest.sequence + 1 if latest else 1,
        side=side,
        made_by_id=by.actor.user_id,
        **to_columns(terms),
        content_hash=terms.content_hash,
        expires_at=by.now + timedelta(days=valid_days) if valid_days else None,
        made_at=by.now,
    )
    await begin(offer, by=by)
    await set_moment("offer", offer.id, EXPIRY, offer.expires_at)
    await transition(
        deal,
        DealAction.OFFER,
        by=by,
        offer=offer.id,
        side=side,
        amount=offer.price_amount,
        hash=offer.content_hash,
    )
    await notify(
        _("对方提出报价：%(title)s。", title=deal.title),
        now=by.now,
        address=f"/deals/{deal.number}",
        organisation_id=organisation_of(deal, other_side(side)).id,
    )
    return offer


@atomic()
async def accept_offer(number: str, offer_id: UUID | None, content_hash: str, *, by: By) -> Deal:
    """Accept the other side's open offer, named with the hash of what was read.

    Raises:
        OfferChanged: it is no longer open, or its terms differ from what was read.
        OwnOffer: the person's side made it.
    """
    by.actor.require(DealAct.ACCEPT_OFFER)
    deal, side = await lock_deal_for(by.actor, number)
    offer = await Offer.select_for_update().get_or_none(id=offer_id, deal_id=deal.id) if offer_id else None
    if offer is None or offer.status is not OfferStatus.OPEN or offer.content_hash != content_hash:
        raise OfferChanged(_("这份报价已被替换、接受或变更，请看过现在的报价再确认。"))
    if offer.side is side:
        raise OwnOffer(_("自己一方提出的报价，由对方确认。"))
    await require_not_held(deal.subject_kind, deal.subject_id)
    if is_expired(offer, by.now):
        raise OfferChanged(_("这份报价已过有效期，请对方重新报价，或者您来还价。"))
    await transition(offer, OfferAction.ACCEPT, by=by, changes={"answered_at": by.now}, deal=deal.id)
    await transition(
        deal,
        DealAction.AGREE,
        by=by,
        changes={"kind": offer.kind, "price_amount": offer.price_amount, "currency": offer.currency},
        offer=offer.id,
        side=side,
        hash=offer.content_hash,
    )
    if deal.match_id:
        await matching.transition_match(deal.match_id, MatchAction.CONCLUDE, now=by.now)
    await notify(
        _("您的报价已被接受：%(title)s。", title=deal.title),
        now=by.now,
        address=f"/deals/{deal.number}",
        organisation_id=organisation_of(deal, offer.side).id,
    )
    return deal


def _require_least_price(deal: Deal, terms: OfferTerms) -> None:
    """Raise if what is fixed of the price, without royalties yet to come, is below the deal's least price."""
    if deal.least_price is None:
        return
    if terms.fixed.currency != HOME or terms.fixed.amount < deal.least_price:
        raise Invalid(
            _("竞价转协议定价的，价格（不含提成）不能低于起始价 %(least)s。", least=yuan(deal.least_price)),
            field="price",
        )


def is_expired(offer: Offer, now: datetime) -> bool:
    """Return whether the offer has expired, whether or not its moment was dealt with."""
    return offer.expires_at is not None and offer.expires_at <= now


async def end_open_offer(deal_id: UUID, action: OfferAction, *, by: By) -> None:
    """End the open offer of a deal that the caller has locked, if it has one."""
    offers = await Offer.filter(deal_id=deal_id, status=OfferStatus.OPEN).select_for_update()
    for offer in offers:
        await transition(offer, action, by=by, changes={"answered_at": by.now}, deal=deal_id)


@atomic()
async def expire_offer(offer_id: UUID, *, now: datetime) -> bool:
    """Expire an offer at its moment, unless it was answered before, and notify both sides. Idempotent."""
    offer = await Offer.get(id=offer_id)
    # Lock order: deal before offer.
    deal = await Deal.select_for_update().get(id=offer.deal_id)
    offer = await Offer.select_for_update().get(id=offer_id)
    if offer.status is not OfferStatus.OPEN or not is_expired(offer, now):
        return False
    await transition(offer, OfferAction.EXPIRE, by=By.job(now), changes={"answered_at": now}, deal=deal.id)
    await notify_both_parties(
        deal,
        _("报价已过有效期，任何一方都可以重新报价：%(title)s。", title=deal.title),
        now=now,
        roles=DECIDING_ROLES,
    )
    return True
