"""Offers and counter-offers, and the acceptance that names exactly what is accepted."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.audit.services import record
from market.deals.models import Deal, DealAction, Offer, OfferStatus
from market.deals.notifications import WHO_DECIDE, tell_both
from market.deals.parties import contacts_visible, organisation_of, other
from market.deals.permissions import DealAct
from market.deals.terms import OfferTerms, complete_plan
from market.deals.transitions import advance, lock_deal_for
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden
from market.kit.i18n import gettext as _
from market.kit.terms import to_columns
from market.matching import services as matching
from market.matching.models import MatchStatus
from market.records.by import By


class OfferChanged(Conflict):
    """The offer is no longer the one the person saw: it was replaced, accepted, or has run out."""


class OwnOffer(Forbidden):
    """An offer is accepted by the other side."""


@atomic()
async def make_offer(
    number: str, terms: OfferTerms, *, seen: UUID | None, valid_days: int | None, by: By
) -> Offer:
    """Make an offer for one's side; an open offer of either side is replaced.

    `seen` is the latest offer the person knew of: one made meanwhile is not swept away unread.

    Raises:
        OfferChanged: there is a newer offer.
        Invalid: at `plan`, when the rows do not add up to the price; at `currency`, when it is a
            foreign one between domestic parties.
        ActionNotAllowed: the deal has gone on.
    """
    by.actor.require(DealAct.MAKE_OFFER)
    terms = complete_plan(terms)
    deal, side = await lock_deal_for(by.actor, number)
    if not contacts_visible(deal):
        raise Conflict(_("双方同意对接以后才能报价。"))
    last = await Offer.filter(deal_id=deal.id).order_by("-sequence").first()
    if (last.id if last else None) != seen:
        raise OfferChanged(_("对方刚提出了新的报价，请先看过再还价。"))
    await Offer.filter(deal_id=deal.id, status=OfferStatus.OPEN).update(
        status=OfferStatus.REPLACED, answered_at=by.now
    )
    offer = await Offer.create(
        id=uuid4(),
        deal_id=deal.id,
        sequence=last.sequence + 1 if last else 1,
        side=side,
        made_by_id=by.actor.user_id,
        **to_columns(terms),
        content_hash=terms.content_hash,
        expires_at=by.now + timedelta(days=valid_days) if valid_days else None,
        made_at=by.now,
    )
    await advance(
        deal.id,
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
        organisation_id=organisation_of(deal, other(side)).id,
    )
    return offer


@atomic()
async def accept_offer(number: str, offer_id: UUID | None, content_hash: str, *, by: By) -> Deal:
    """Accept the other side's open offer, named with the hash of what was read.

    Raises:
        OfferChanged: it is not open any more, or not with these terms; it takes fresh consent.
        OwnOffer: the offer is one's own.
    """
    by.actor.require(DealAct.ACCEPT_OFFER)
    deal, side = await lock_deal_for(by.actor, number)
    offer = await Offer.select_for_update().get_or_none(id=offer_id, deal_id=deal.id) if offer_id else None
    if offer is None or offer.status is not OfferStatus.OPEN or offer.content_hash != content_hash:
        raise OfferChanged(_("这份报价已被替换、接受或变更，请看过现在的报价再确认。"))
    if offer.side is side:
        raise OwnOffer(_("自己一方提出的报价，由对方确认。"))
    if is_expired(offer, by.now):
        raise OfferChanged(_("这份报价已过有效期，请对方重新报价，或者您来还价。"))
    offer.status, offer.answered_at = OfferStatus.ACCEPTED, by.now
    await offer.save(update_fields=["status", "answered_at"])
    deal.kind, deal.price_amount, deal.currency = offer.kind, offer.price_amount, offer.currency
    await deal.save(update_fields=["kind", "price_amount", "currency"])
    moved = await advance(
        deal.id, DealAction.AGREE, by=by, offer=offer.id, side=side, hash=offer.content_hash
    )
    if deal.match_id:
        await matching.move(deal.match_id, MatchStatus.DEALT, now=by.now)
    await notify(
        _("您的报价已被接受：%(title)s。", title=deal.title),
        now=by.now,
        address=f"/deals/{deal.number}",
        organisation_id=organisation_of(deal, offer.side).id,
    )
    return moved


def is_expired(offer: Offer, now: datetime) -> bool:
    """Tell whether the offer's time is over, swept or not."""
    return offer.expires_at is not None and offer.expires_at <= now


async def expire_due(now: datetime) -> int:
    """End the open offers whose time is over; return how many."""
    ids = await Offer.filter(status=OfferStatus.OPEN, expires_at__lte=now).values_list("id", "deal_id")
    return sum([await _expire(offer_id, deal_id, now=now) for offer_id, deal_id in ids])


@atomic()
async def _expire(offer_id: UUID, deal_id: UUID, *, now: datetime) -> bool:
    # The deal first, as everybody else locks them.
    deal = await Deal.select_for_update().get(id=deal_id)
    offer = await Offer.select_for_update().get(id=offer_id)
    if offer.status is not OfferStatus.OPEN:
        return False
    offer.status, offer.answered_at = OfferStatus.EXPIRED, now
    await offer.save(update_fields=["status", "answered_at"])
    await record("deal", deal.id, "offer_expired", by=By.job(now), offer=offer.id)
    await tell_both(
        deal,
        _("报价已过有效期，任何一方都可以重新报价：%(title)s。", title=deal.title),
        now=now,
        roles=WHO_DECIDE,
    )
    return True
