"""Deals at a price that was found before: by bidding, or in a choice among the solutions of a challenge."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from market.audit.log import record
from market.codes.numbers import next_number
from market.deals.messages import notify_both_parties
from market.deals.models import ContractKind, Deal, Offer, Opening, Pricing, Side
from market.deals.offers import end_open_offer
from market.deals.states import BEFORE_SIGNING, DealAction, DealStatus, DealVerb, OfferAction
from market.deals.terms import OfferTerms, complete_plan
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.terms import to_columns
from market.listings.models import Outcome
from market.notices import notice_acts as notices
from market.records.by import By
from market.records.transitions import begin, transition

TALKING = (DealStatus.INTENT, DealStatus.NEGOTIATING)


async def open_awarded(
    outcome: Outcome, *, buyer_id: UUID, made_by_id: UUID, terms: OfferTerms, note: str, by: By
) -> Deal:
    """Open a deal at the price that an auction found: the winner's bid is its accepted offer.

    `made_by_id` is the winner's authorised person. Talks of the two about the outcome end with it. Runs in
    the caller's transaction.

    Raises:
        Conflict: they have a deal about it that has gone further.
    """
    with in_source_language():
        terms = complete_plan(terms)
    await _end_talks(outcome, buyer_id, by)
    deal = await _create(outcome, buyer_id, note, Pricing.AUCTION, by)
    await _agree(deal, Side.BUYER, made_by_id, terms, DealAction.AWARD, by)
    await notify_both_parties(deal, _("竞价成交，可以签约：%(title)s。", title=deal.title), now=by.now)
    return deal


async def open_chosen(
    *,
    subject_kind: str,
    subject_id: UUID,
    title: str,
    seller_id: UUID,
    buyer_id: UUID,
    made_by_id: UUID,
    terms: OfferTerms,
    note: str,
    by: By,
) -> Deal:
    """Open a deal about a challenge at what both sides agreed on: the solver's offer, accepted.

    `made_by_id` is who agreed for the solver. Runs in the caller's transaction.
    """
    with in_source_language():
        terms = complete_plan(terms)
    deal = await Deal.create(
        id=uuid4(),
        number=await next_number("deal", by.now),
        title=title,
        opening=Opening.CHALLENGE,
        opening_note=note,
        subject_kind=subject_kind,
        subject_id=subject_id,
        seller_id=seller_id,
        buyer_id=buyer_id,
        pricing=Pricing.AGREED,
        seller_agreed_at=by.now,
        buyer_agreed_at=by.now,
        created_at=by.now,
        updated_at=by.now,
    )
    await begin(deal, by=by)
    await record("deal", deal.id, DealVerb.OPEN, by=by, opening=Opening.CHALLENGE, number=deal.number)
    await _agree(deal, Side.SELLER, made_by_id, terms, DealAction.CHOOSE, by)
    await notify_both_parties(deal, _("揭榜已商定，可以签约：%(title)s。", title=deal.title), now=by.now)
    return deal


async def _agree(
    deal: Deal, side: Side, made_by_id: UUID, terms: OfferTerms, action: DealAction, by: By
) -> None:
    """Write the offer that a deal rests on as accepted, and price the deal by it."""
    offer = await Offer.create(
        id=uuid4(),
        deal_id=deal.id,
        sequence=1,
        side=side,
        made_by_id=made_by_id,
        **to_columns(terms),
        content_hash=terms.content_hash,
        made_at=by.now,
    )
    await begin(offer, by=by)
    await transition(offer, OfferAction.ACCEPT, by=by, changes={"answered_at": by.now}, deal=deal.id)
    await transition(
        deal,
        action,
        by=by,
        changes={"kind": terms.kind, "price_amount": terms.price.amount, "currency": terms.price.currency},
        offer=offer.id,
        hash=offer.content_hash,
    )


async def open_single(outcome: Outcome, *, buyer_id: UUID, least_price: int, note: str, by: By) -> Deal:
    """Open talks between the holder and the only bidder, whose price they agree on (协议定价).

    `least_price`, in fen, is the starting price that was published.
    """
    await _end_talks(outcome, buyer_id, by)
    deal = await _create(outcome, buyer_id, note, Pricing.AGREED, by, least_price=least_price)
    await notify_both_parties(
        deal, _("竞价只有一家，转为协议定价：%(title)s。", title=deal.title), now=by.now
    )
    return deal


async def end_awarded(deal_id: UUID, *, comment: str = "", by: By) -> Deal:
    """Terminate the deal of a winner who did not sign; `comment` are the words why.

    Raises:
        Conflict: it was signed.
    """
    deal = await Deal.filter(id=deal_id).select_for_update().get()
    if deal.status is DealStatus.TERMINATED:
        return deal
    if deal.status not in BEFORE_SIGNING:
        raise Conflict(_("合同已经签署，不能按未签约终止。"))
    words = comment or _("受让方没有按期签约")
    await transition(
        deal,
        DealAction.TERMINATE,
        by=by,
        changes={"end_reason": "other", "end_comment": words},
        reason="other",
    )
    await notices.withdraw("deal", deal.id, by=by)
    await notify_both_parties(
        deal, _("%(why)s，交易终止：%(title)s。", why=words, title=deal.title), now=by.now
    )
    return deal


def licence_or_assignment(terms: OfferTerms) -> OfferTerms:
    """Return the terms without the scope of a licence where they are none."""
    if terms.kind is ContractKind.LICENCE:
        return terms
    return replace(terms, years=None, territory="", is_exclusive=False)


async def _create(
    outcome: Outcome, buyer_id: UUID, note: str, pricing: Pricing, by: By, *, least_price: int | None = None
) -> Deal:
    deal = await Deal.create(
        id=uuid4(),
        number=await next_number("deal", by.now),
        title=outcome.title,
        opening=Opening.AUCTION,
        opening_note=note,
        subject_kind="outcome",
        subject_id=outcome.id,
        outcome_id=outcome.id,
        seller_id=outcome.organisation_id,
        buyer_id=buyer_id,
        pricing=pricing,
        least_price=least_price,
        seller_agreed_at=by.now,
        buyer_agreed_at=by.now,
        created_at=by.now,
        updated_at=by.now,
    )
    await begin(deal, by=by)
    await record("deal", deal.id, DealVerb.OPEN, by=by, opening=Opening.AUCTION, number=deal.number)
    return deal


async def _end_talks(outcome: Outcome, buyer_id: UUID, by: By) -> None:
    """End what the two talk about already, which the auction has overtaken."""
    running = await Deal.filter(
        outcome_id=outcome.id, buyer_id=buyer_id, status__in=list(BEFORE_SIGNING)
    ).select_for_update()
    for deal in running:
        if deal.status not in TALKING:
            raise Conflict(_("双方关于这项成果的交易 %(number)s 已经定价。", number=deal.number))
        await transition(
            deal,
            DealAction.TERMINATE,
            by=by,
            changes={"end_reason": "other", "end_comment": _("改为网络竞价")},
            reason="other",
        )
        await end_open_offer(deal.id, OfferAction.WITHDRAW, by=by)
