"""What follows an auction: the day to sign, the only bidder, and that it is held again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from market.auctions import drafting
from market.auctions.failures import fail, tell_holder, tell_organiser
from market.auctions.hours import SIGN_DUE
from market.auctions.lot_terms import LotTerms
from market.auctions.models import Auction, Enrolment
from market.auctions.queries import lock_auction
from market.auctions.states import (
    OFFERED,
    AuctionAct,
    AuctionStatus,
    EnrolmentStatus,
    FailReason,
)
from market.codes.holidays import Calendar
from market.deals.awards import open_single
from market.deals.models import Deal
from market.deals.states import BEFORE_SIGNING
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.listings.models import Outcome
from market.notices.models import DayKind
from market.notices.periods import period_end, publication_region
from market.records.by import By
from market.records.moments import set_moment

AGAIN = (AuctionStatus.FAILED, AuctionStatus.ABORTED, AuctionStatus.DEFAULTED)
"""Statuses after which an auction may be held again."""


@atomic()
async def watch_signing(auction_id: UUID, calendar: Calendar, *, now: datetime) -> bool:
    """Tell until when the winner signs, and remind when that day is over. Idempotent."""
    auction = await Auction.filter(id=auction_id).select_for_update().get()
    if auction.status is not AuctionStatus.CONCLUDED or auction.deal_id is None:
        return False
    by = By.job(now)
    if auction.sign_by is None:
        region = publication_region((await auction.holder).region)
        last = period_end(
            local_date(now), auction.sign_days, DayKind.WORKING, region=region, calendar=calendar
        )
        if last is None:
            return False
        auction.sign_by = end_of_day(last)
        await auction.save(update_fields=["sign_by"])
        await set_moment("auction", auction.id, SIGN_DUE, auction.sign_by)
        return True
    if now < auction.sign_by or not await Deal.exists(id=auction.deal_id, status__in=list(BEFORE_SIGNING)):
        return False
    words = _("竞价 %(number)s 的受让方没有按期签约，请核实。", number=auction.number)
    await tell_organiser(auction, words, by=by)
    await tell_holder(auction, words, by=by)
    return True


@atomic()
async def agree_with_single(number: str, *, by: By) -> Deal:
    """Turn to an agreed price with the only admitted bidder; its own publicity follows."""
    auction = await _lock_single(number, by)
    bidder = (
        await Enrolment.filter(auction_id=auction.id, status=EnrolmentStatus.QUALIFIED)
        .order_by("applied_at")
        .first()
    )
    if bidder is None:
        raise NotFound(_("没有合格的竞买人。"))
    await fail(auction, FailReason.SINGLE_AGREED, by=by)
    outcome = await Outcome.select_for_update().get(id=auction.outcome_id)
    note = _(
        "网络竞价 %(number)s 只有一家合格，转为协议定价，不低于起始价 %(start)s。",
        number=auction.number,
        start=yuan(auction.start),
    )
    deal = await open_single(
        outcome, buyer_id=bidder.organisation_id, least_price=auction.start, note=note, by=by
    )
    auction.deal_id = deal.id
    await auction.save(update_fields=["deal_id"])
    return deal


@atomic()
async def decline_single(number: str, *, by: By) -> Auction:
    """Let an auction with one bidder fail."""
    auction = await _lock_single(number, by)
    await fail(auction, FailReason.SINGLE_DECLINED, by=by)
    return auction


@atomic()
async def hold_again(
    number: str, terms: LotTerms, *, organiser_id: UUID | None, reserve: int | None, secret: str, by: By
) -> Auction:
    """Write the draft of an auction that holds an ended one again; who defaulted in that is barred.

    Raises:
        Conflict: it has a result, or runs again already.
    """
    by.actor.require(AuctionAct.DRAFT_AUCTION)
    before = await lock_auction(number)
    if not by.actor.acts_for(before.holder_id):
        raise NotFound(_("没有这场竞价，或者您不能查看它。"))
    if before.status not in AGAIN or before.fail_reason is FailReason.SINGLE_AGREED:
        raise Conflict(_("这场竞价不能重新举行。"))
    if await Auction.exists(outcome_id=before.outcome_id, status__in=list(OFFERED)):
        raise Conflict(_("这项成果已有一场进行中的竞价。"))
    return await drafting.create(
        (await before.outcome).number,
        terms,
        organiser_id=organiser_id,
        reserve=reserve,
        secret=secret,
        rerun_of=before,
        by=by,
    )


async def hold(subject_kind: str, subject_id: UUID) -> str:
    """Return why an outcome is neither dealt in otherwise nor taken down: it is in an auction.

    It is held until the winner has signed, or has defaulted.
    """
    if subject_kind != "outcome":
        return ""
    awarded = Q(status=AuctionStatus.CONCLUDED, deal__status__in=list(BEFORE_SIGNING))
    auction = await Auction.filter(Q(status__in=list(OFFERED)) | awarded, outcome_id=subject_id).first()
    if auction is None:
        return ""
    return _(
        "这项成果正在网络竞价（%(number)s），成交签约或竞价结束前不能另行定价或下架。", number=auction.number
    )


async def _lock_single(number: str, by: By) -> Auction:
    by.actor.require(AuctionAct.DRAFT_AUCTION)
    auction = await lock_auction(number)
    if not by.actor.acts_for(auction.holder_id):
        raise NotFound(_("没有这场竞价，或者您不能查看它。"))
    if auction.status is not AuctionStatus.SINGLE:
        raise Conflict(_("这场竞价的状态已经变了，现在不能这样做。请刷新后再看。"))
    return auction
