"""An auction from its draft to the announcement: written by the holder, checked by the platform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import Organisation, OrganisationKind, StaffRole
from market.accounts.relations import require_unrelated
from market.auctions.announcements import announce
from market.auctions.failures import tell_holder
from market.auctions.hours import clear_hours, set_hours, watch_deposits_from
from market.auctions.lot_terms import LotTerms
from market.auctions.models import Auction, AuctionTerms, BidRow
from market.auctions.queries import lock_auction
from market.auctions.reserves import seal_reserve
from market.auctions.rules import Fault, announcement_faults, faults_of
from market.auctions.states import (
    OFFERED,
    AuctionAct,
    AuctionAction,
    AuctionStatus,
    AuctionVerb,
)
from market.audit.log import record
from market.codes.holidays import Calendar
from market.codes.numbers import next_number
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.terms import from_record, to_columns, to_content
from market.listings.models import Outcome
from market.listings.states import LIVE
from market.notices.notice_acts import lock_for
from market.notices.notice_acts import withdraw as withdraw_notice
from market.notices.states import NoticeStatus
from market.records.by import By
from market.records.transitions import begin, transition


def terms_of(auction: Auction) -> LotTerms:
    """Return the terms that an auction's columns hold."""
    return from_record(LotTerms, auction)


@atomic()
async def create(
    outcome_number: str,
    terms: LotTerms,
    *,
    organiser_id: UUID | None,
    reserve: int | None,
    secret: str,
    rerun_of: Auction | None = None,
    by: By,
) -> Auction:
    """Write a draft of an auction of an own outcome.

    Without `organiser_id`, of an exchange, the platform runs it; `secret` seals the reserve.

    Raises:
        NotFound: the outcome is not the organisation's, or not on offer.
        Invalid: at the field that is wrong.
    """
    by.actor.require(AuctionAct.DRAFT_AUCTION)
    outcome = await _own_outcome(outcome_number, by)
    organiser = await _organiser(organiser_id, outcome.organisation_id)
    auction_id = uuid4()
    values = _values(auction_id, terms, reserve, secret)
    auction = await Auction.create(
        id=auction_id,
        number=await next_number("auction", by.now),
        outcome_id=outcome.id,
        holder_id=outcome.organisation_id,
        organiser_id=organiser,
        created_by_id=by.actor.user_id,
        created_at=by.now,
        updated_at=by.now,
        rerun_of_id=rerun_of.id if rerun_of else None,
        **values,
    )
    await begin(auction, by=by)
    await record("auction", auction.id, AuctionVerb.CREATED, by=by, number=auction.number)
    return auction


@atomic()
async def edit(
    number: str, terms: LotTerms, *, organiser_id: UUID | None, reserve: int | None, secret: str, by: By
) -> Auction:
    """Change a draft.

    Raises:
        Conflict: it is being checked, or was announced: then its terms stay.
        Invalid: at the field that is wrong.
    """
    auction = await _lock_own(number, by)
    if auction.status is not AuctionStatus.DRAFT:
        raise Conflict(_("已提交的竞价不能再改；要改先请平台退回。"))
    values = _values(auction.id, terms, reserve, secret) | {
        "organiser_id": await _organiser(organiser_id, auction.holder_id),
        "updated_at": by.now,
    }
    auction.update_from_dict(values)
    await auction.save(update_fields=list(values))
    await record("auction", auction.id, AuctionVerb.EDITED, by=by)
    return auction


@atomic()
async def submit(number: str, *, by: By) -> Auction:
    """Submit a draft to the platform's check."""
    auction = await _lock_own(number, by)
    raise_first(faults_of(terms_of(auction)))
    await transition(auction, AuctionAction.SUBMIT, by=by)
    await notify_staff(
        StaffRole.OPERATOR,
        _("竞价 %(number)s 待审核：%(title)s。", number=auction.number, title=auction.title[:60]),
        now=by.now,
        address=f"/auctions/{auction.number}",
    )
    return auction


@atomic()
async def send_back(number: str, reason: str, *, by: By) -> Auction:
    """Return a submitted auction to its holder, with the reason."""
    auction = await _lock_checked(number, by)
    if not reason.strip():
        raise Invalid(_("退回时请写明理由。"), field="reason")
    await transition(auction, AuctionAction.RETURN, by=by, changes={"return_reason": reason.strip()[:500]})
    await tell_holder(auction, _("竞价 %(number)s 已退回，请看理由。", number=auction.number), by=by)
    return auction


@atomic()
async def approve(number: str, *, calendar: Calendar, by: By) -> Auction:
    """Announce an auction by a notice: its terms are frozen with their hash, and the outcome is held for it.

    Raises:
        Conflict: the outcome is gone, is in a deal or in another auction.
        Invalid: the announcement would be too short, or the terms do not hold together.
    """
    auction = await _lock_checked(number, by)
    organiser = await Organisation.get(id=auction.organiser_id)
    terms = terms_of(auction)
    raise_first(announcement_faults(terms, by.now, organiser.region, calendar))
    await _require_free(auction)
    await AuctionTerms.create(
        id=uuid4(),
        auction_id=auction.id,
        version=1,
        content=to_content(terms),
        content_hash=terms.content_hash,
        published_by_id=by.actor.user_id,
        published_at=by.now,
    )
    notice = await announce(auction, terms_hash=terms.content_hash, calendar=calendar, by=by)
    await transition(
        auction,
        AuctionAction.APPROVE,
        by=by,
        changes={
            "version": 1,
            "terms_hash": terms.content_hash,
            "published_at": by.now,
            "return_reason": "",
            "bids_from": terms.opens_at,
            "last_at": terms.opens_at,
            "ends_at": terms.planned_end,
            "last_end": terms.hard_end,
        },
        terms=terms.content_hash,
        notice=notice.number,
    )
    await set_hours(auction)
    await tell_holder(auction, _("竞价 %(number)s 已公告，开始报名。", number=auction.number), by=by)
    return auction


@atomic()
async def abort(number: str, reason: str, *, by: By) -> Auction:
    """End an auction that was announced: its holder before the first bid, the platform until its result.

    Raises:
        Forbidden: it is neither the person's, nor the platform's to end.
        Conflict: somebody has bid already.
    """
    auction = await lock_auction(number)
    if by.actor.may(AuctionAct.CHECK_AUCTION):
        await require_unrelated(by, [auction.holder_id])
        if auction.status is AuctionStatus.RESULT_PUBLICITY:
            notice = await lock_for("auction", auction.id)
            if notice is None or notice.status is not NoticeStatus.UPHELD:
                raise Conflict(_("结果公示中，异议成立以后才能终止。"))
    elif not (by.actor.may(AuctionAct.DRAFT_AUCTION) and by.actor.acts_for(auction.holder_id)):
        raise Forbidden(_("这场竞价不能由您终止。"))
    elif await BidRow.exists(auction_id=auction.id) or has_opened(auction, by.now):
        raise Conflict(_("竞价已经开始，转让方不能再终止。"))
    if not reason.strip():
        raise Invalid(_("请写明为什么终止，页面上会公布。"), field="reason")
    await transition(auction, AuctionAction.ABORT, by=by, note=reason.strip()[:300])
    await clear_hours(auction)
    await watch_deposits_from(auction, by.now)
    await withdraw_notice("auction", auction.id, by=by)
    return auction


def has_opened(auction: Auction, now: datetime) -> bool:
    """Return whether prices could be offered already."""
    return auction.bids_from is not None and now >= auction.bids_from


def raise_first(faults: list[Fault]) -> None:
    """Raise the first of these faults at its field."""
    if faults:
        raise Invalid(faults[0][1], field=faults[0][0])


def _values(auction_id: UUID, terms: LotTerms, reserve: int | None, secret: str) -> dict[str, Any]:
    if reserve is not None and reserve < terms.start:
        raise Invalid(_("保留价不能低于起始价。"), field="reserve")
    raise_first(faults_of(terms))
    values: Mapping[str, Any] = to_columns(terms)
    sealed, digest = seal_reserve(auction_id, reserve, secret) if reserve is not None else (None, "")
    return {**values, "reserve_sealed": sealed, "reserve_hash": digest}


async def _own_outcome(number: str, by: By) -> Outcome:
    outcome = await Outcome.get_or_none(number=number)
    if outcome is None or not by.actor.acts_for(outcome.organisation_id) or outcome.status not in LIVE:
        raise NotFound(_("没有这项成果，或者不是您单位在架的。"))
    return outcome


async def _organiser(organiser_id: UUID | None, holder_id: UUID) -> UUID:
    if organiser_id is None or organiser_id == holder_id:
        return holder_id
    organiser = await Organisation.get_or_none(id=organiser_id)
    if organiser is None or organiser.kind is not OrganisationKind.AGENCY or not organiser.is_verified:
        raise Invalid(_("组织方应是已认证的技术交易机构。"), field="organiser")
    return organiser.id


async def _lock_own(number: str, by: By) -> Auction:
    by.actor.require(AuctionAct.DRAFT_AUCTION)
    auction = await lock_auction(number)
    if not by.actor.acts_for(auction.holder_id):
        raise NotFound(_("没有这场竞价，或者您不能查看它。"))
    return auction


async def _lock_checked(number: str, by: By) -> Auction:
    by.actor.require(AuctionAct.CHECK_AUCTION)
    auction = await lock_auction(number)
    await require_unrelated(by, [auction.holder_id])
    return auction


async def _require_free(auction: Auction) -> None:
    """Raise unless the outcome can be held: it is on offer, in no other auction and in no priced deal."""
    outcome = await Outcome.select_for_update().get(id=auction.outcome_id)
    if outcome.status not in LIVE:
        raise Conflict(_("这项成果已经不在架，不能公告竞价。"))
    if await Auction.exists(outcome_id=outcome.id, status__in=list(OFFERED)):
        raise Conflict(_("这项成果已有一场进行中的竞价。"))
    priced = (DealStatus.PRICED, DealStatus.PUBLICITY, DealStatus.TO_SIGN)
    if await Deal.exists(outcome_id=outcome.id, status__in=list(priced)):
        raise Conflict(_("这项成果有已定价、还没有签约的交易，不能公告竞价。"))
