"""The result of an auction: proposed by one person of the organiser, decided by another, then published."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.accounts.relations import require_unrelated
from market.auctions import result_notices
from market.auctions.deposits import balance_of
from market.auctions.failures import tell_holder
from market.auctions.fold import Accepted, ranking
from market.auctions.hours import SIGN_DUE, clear_hours, watch_deposits_from
from market.auctions.models import Auction, AuctionRuling, Enrolment
from market.auctions.queries import decides, lock_auction, lock_run_by
from market.auctions.replay import replay
from market.auctions.states import (
    AuctionAct,
    AuctionAction,
    AuctionStatus,
    AuctionVerb,
    NextRule,
    Right,
    Ruling,
)
from market.audit.log import record
from market.codes.holidays import Calendar
from market.deals.awards import end_awarded, licence_or_assignment, open_awarded
from market.deals.models import ContractKind
from market.deals.terms import OfferTerms
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.listings.models import Outcome
from market.notices.models import Notice
from market.notices.publicity import Publicity
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.moments import set_moment
from market.records.transitions import transition

RULED_IN = {
    Ruling.RESULT: AuctionStatus.CONFIRMING,
    Ruling.DEFAULT: AuctionStatus.CONCLUDED,
    Ruling.PROMOTE: AuctionStatus.DEFAULTED,
}
"""The status in which each ruling is made."""


@atomic()
async def propose(number: str, ruling: Ruling, text: str = "", *, by: By) -> AuctionRuling:
    """Propose that a result stands, that its winner defaulted, or that the next in line steps in.

    Raises:
        Conflict: it is not the time, the replay differs from what is stored, or a proposal waits.
        Invalid: at `text`: a default needs its reason.
    """
    auction = await lock_run_by(by.actor, number)
    if auction.status is not RULED_IN[ruling]:
        raise Conflict(_("这场竞价现在不能这样认定。"))
    if await AuctionRuling.exists(auction_id=auction.id, verdict=None):
        raise Conflict(_("上一项认定还没有经另一人决定。"))
    if ruling is Ruling.DEFAULT:
        _require_overdue(auction, by)
        if not text.strip():
            raise Invalid(_("请写明悔约的事实。"), field="text")
    best = await _subject_of(auction, ruling)
    enrolment = await Enrolment.get(id=best.bidder)
    await require_unrelated(by, [auction.holder_id, enrolment.organisation_id])
    proposal = await AuctionRuling.create(
        id=uuid4(),
        auction_id=auction.id,
        ruling=ruling,
        enrolment_id=enrolment.id,
        amount=best.amount,
        chain_head=auction.chain_head,
        text=text.strip()[:500],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "auction",
        auction.id,
        AuctionVerb.PROPOSED,
        by=by,
        ruling=ruling.value,
        proposal=proposal.id,
        amount=best.amount,
    )
    return proposal


@atomic()
async def rule(
    ruling_id: UUID, verdict: Verdict, *, reason: str = "", calendar: Calendar, by: By
) -> AuctionRuling:
    """Decide what another person proposed; a confirmed ruling is carried out at once.

    Raises:
        SamePerson: the person proposed it.
        AlreadyDecided: somebody decided before.
        Conflict: the auction has gone on, or the contract was signed meanwhile.
    """
    by.actor.require(AuctionAct.DECIDE_AUCTION)
    snapshot = await AuctionRuling.get_or_none(id=ruling_id).select_related("auction", "enrolment")
    if snapshot is None:
        raise NotFound(_("没有这项认定。"))
    auction = await lock_auction(snapshot.auction.number)
    if not decides(by.actor, auction):
        raise Forbidden(_("这场竞价不由您决定。"))
    await require_unrelated(by, [auction.holder_id, snapshot.enrolment.organisation_id])
    ruling = await AuctionRuling.filter(id=ruling_id).select_for_update().get()
    await decide(ruling, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        await record("auction", auction.id, AuctionVerb.REJECTED, by=by, proposal=ruling.id)
        return ruling
    if ruling.ruling is Ruling.DEFAULT:
        await _record_default(auction, ruling, by)
    else:
        await _award(auction, ruling, calendar, by)
    return ruling


@atomic()
async def agree_to_step_in(number: str, *, by: By) -> Enrolment:
    """Agree, as the second in line, to take the lot at the own price now that the winner did not sign.

    Raises:
        Conflict: nobody else is to step in, it is another bidder, or the deposit went back.
    """
    by.actor.require(AuctionAct.BID)
    auction = await lock_auction(number)
    if auction.status is not AuctionStatus.DEFAULTED:
        raise Conflict(_("现在没有递补。"))
    second = await _second(auction)
    enrolment = await Enrolment.filter(id=second.bidder).select_for_update().get()
    if not enrolment.waits_second:
        raise Conflict(_("次高报价人报名时没有选择等待，不能递补。"))
    if enrolment.person_id != by.actor.user_id:
        raise Forbidden(_("递补由次高报价人决定。"))
    if (await balance_of(enrolment.id)).lies < auction.deposit:
        raise Conflict(_("保证金已经退还，不能再递补。"))
    enrolment.agreed_next_at, enrolment.return_by = by.now, None
    await enrolment.save(update_fields=["agreed_next_at", "return_by"])
    await record("auction", auction.id, AuctionVerb.AGREED_NEXT, by=by, amount=second.amount)
    return enrolment


async def conclude(auction: Auction, notice: Notice, by: By) -> None:
    """Open the deal once the result notice is clear: called after the transition, in its transaction."""
    enrolment = await Enrolment.get(id=auction.winner_id)
    outcome = await Outcome.select_for_update().get(id=auction.outcome_id)
    deal = await open_awarded(
        outcome,
        buyer_id=enrolment.organisation_id,
        made_by_id=enrolment.person_id,
        terms=offer_terms(auction),
        note=_("网络竞价 %(number)s，公示 %(notice)s 无异议。", number=auction.number, notice=notice.number),
        by=by,
    )
    auction.deal_id, auction.sign_by = deal.id, None
    await auction.save(update_fields=["deal_id", "sign_by"])
    await set_moment("auction", auction.id, SIGN_DUE, by.now)


PUBLICITY = Publicity(Auction, AuctionStatus.RESULT_PUBLICITY, AuctionAction.CONCLUDE, conclude)


def offer_terms(auction: Auction) -> OfferTerms:
    """Return what was bid for as terms of an offer; the parties write the rest into the contract."""
    is_licence = auction.right is not Right.TRANSFER
    return licence_or_assignment(
        OfferTerms(
            kind=ContractKind.LICENCE if is_licence else ContractKind.ASSIGNMENT,
            price=Money(int(auction.awarded_amount or 0)),
            is_exclusive=auction.right is Right.EXCLUSIVE,
            years=auction.years,
            territory=auction.territory,
        )
    )


def _require_overdue(auction: Auction, by: By) -> None:
    """Raise unless the time to sign is over."""
    if auction.sign_by is None or by.now < auction.sign_by:
        until = end_of(auction.sign_by) if auction.sign_by else _("待确认")
        raise Conflict(_("签约期限（%(until)s）还没有到，不能认定悔约。", until=until))


def next_ruling(auction: Auction, now: datetime) -> Ruling | None:
    """Return the ruling that is due of an auction, if its clock has come to it."""
    ruling = next((ruling for ruling, status in RULED_IN.items() if status is auction.status), None)
    if ruling is Ruling.DEFAULT and (auction.sign_by is None or now < auction.sign_by):
        return None
    return None if ruling is Ruling.PROMOTE and auction.next_rule is NextRule.NONE else ruling


async def _subject_of(auction: Auction, ruling: Ruling) -> Accepted:
    """Return the bid that a ruling is about; the whole log is replayed before."""
    if ruling is Ruling.PROMOTE:
        second = await _second(auction)
        enrolment = await Enrolment.get(id=second.bidder)
        if not (enrolment.waits_second and enrolment.agreed_next_at):
            raise Conflict(_("次高报价人没有在报名时选择等待，或者还没有同意递补。"))
        return second
    places = await _places(auction)
    if ruling is Ruling.RESULT:
        return places[0]
    return next(place for place in places if place.bidder == auction.winner_id)


async def _places(auction: Auction) -> list[Accepted]:
    course = await replay(auction)
    if not course.is_sound:
        raise Conflict(_("按规则重算的结果与记录不同，不能确认；请先核对报价记录。"))
    return ranking(course.config, course.course.accepted)


async def _second(auction: Auction) -> Accepted:
    """Return the best bid of who has not defaulted."""
    if auction.next_rule is NextRule.NONE:
        raise Conflict(_("公告的条件没有次高递补。"))
    defaulted = await AuctionRuling.filter(
        auction_id=auction.id, ruling=Ruling.DEFAULT, verdict=Verdict.CONFIRMED
    ).values_list("enrolment_id", flat=True)
    out = {UUID(str(one)) for one in defaulted}
    places = [place for place in await _places(auction) if place.bidder not in out]
    if not places or len(out) > 1:
        raise Conflict(_("没有可以递补的报价人，请重新竞价。"))
    return places[0]


async def next_in_line(auction: Auction) -> Enrolment | None:
    """Return who may step in for a winner who defaulted; None where the terms, or the bids, know nobody."""
    if auction.status is not AuctionStatus.DEFAULTED:
        return None
    try:
        second = await _second(auction)
    except Conflict:
        return None
    enrolment = await Enrolment.get(id=second.bidder).select_related("organisation")
    return enrolment if enrolment.waits_second else None


async def _award(auction: Auction, ruling: AuctionRuling, calendar: Calendar, by: By) -> None:
    if auction.status is not RULED_IN[ruling.ruling] or ruling.chain_head != auction.chain_head:
        raise Conflict(_("这场竞价现在不能这样认定。"))
    winner = await Enrolment.get(id=ruling.enrolment_id).select_related("organisation")
    action = AuctionAction.CONFIRM if ruling.ruling is Ruling.RESULT else AuctionAction.PROMOTE
    await transition(
        auction,
        action,
        by=by,
        changes={"winner_id": winner.id, "awarded_amount": ruling.amount, "deal_id": None},
        ruling=ruling.id,
        amount=ruling.amount,
    )
    await clear_hours(auction)
    await watch_deposits_from(auction, by.now)
    notice = await result_notices.publish(auction, winner.organisation, calendar=calendar, by=by)
    words = _("竞价 %(number)s 的结果已公示。", number=auction.number)
    await tell_holder(auction, words, by=by)
    people = await Enrolment.filter(auction_id=auction.id, bidder_number__isnull=False)
    await notify(
        words,
        now=by.now,
        address=f"/notices/{notice.number}",
        user_ids=[enrolment.person_id for enrolment in people],
    )


async def _record_default(auction: Auction, ruling: AuctionRuling, by: By) -> None:
    if auction.status is not AuctionStatus.CONCLUDED or auction.winner_id != ruling.enrolment_id:
        raise Conflict(_("这场竞价现在不能这样认定。"))
    if auction.deal_id is not None:
        await end_awarded(auction.deal_id, by=by)
    await transition(auction, AuctionAction.DEFAULT, by=by, note=ruling.text[:300], ruling=ruling.id)
    await clear_hours(auction)
    words = _("竞价 %(number)s 的受让方被认定悔约。", number=auction.number)
    await tell_holder(auction, words, by=by)
    winner = await Enrolment.get(id=ruling.enrolment_id)
    address = f"/auctions/{auction.number}"
    await notify(words, now=by.now, address=address, user_ids=[winner.person_id])
    second = await next_in_line(auction)
    if second is not None:
        words = _("竞价 %(number)s 的受让方悔约，贵单位可以按自己的报价递补。", number=auction.number)
        await notify(words, now=by.now, address=address, user_ids=[second.person_id])


async def parties_of(auction_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return holder, organiser and winner of auctions: nobody of theirs rules on their notices."""
    rows = await Auction.filter(id__in=list(auction_ids)).values_list(
        "id", "holder_id", "organiser_id", "winner_id"
    )
    winners = {
        row.id: row.organisation_id
        for row in await Enrolment.filter(id__in=[row[3] for row in rows if row[3] is not None])
    }
    parties: dict[UUID, set[UUID]] = {}
    for auction_id, holder, organiser, winner in rows:
        parties[auction_id] = {holder, organiser} | ({winners[winner]} if winner else set())
    return parties
