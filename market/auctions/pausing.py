"""Suspension of an auction by the operator, and how it goes on with the time that was left."""

from __future__ import annotations

from datetime import datetime

from market.accounts.messages import notify
from market.accounts.relations import require_unrelated
from market.auctions.failures import tell_holder, tell_organiser
from market.auctions.fold import Resumption, turn
from market.auctions.hours import clear_hours, set_hours
from market.auctions.models import Auction, AuctionPause, Enrolment
from market.auctions.queries import lock_auction
from market.auctions.replay import state_of
from market.auctions.rules import RESUME_AFTER
from market.auctions.states import AuctionAct, AuctionAction, AuctionStatus, EnrolmentStatus, Format
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import transition


@atomic()
async def suspend(number: str, reason: str, *, by: By) -> Auction:
    """Stop the clock of an auction that waits or runs; the reason is public.

    Raises:
        Conflict: its time is over.
    """
    auction = await _lock(number, by)
    if not reason.strip():
        raise Invalid(_("请写明为什么暂停，页面上会公布。"), field="reason")
    if auction.ends_at is not None and by.now >= auction.ends_at:
        raise Conflict(_("竞价时间已到，不能再暂停。"))
    await transition(
        auction,
        AuctionAction.SUSPEND,
        by=by,
        note=reason.strip()[:300],
        changes={"paused_at": by.now},
        bids=None if auction.format is Format.SEALED else auction.sequence,
    )
    await _log(auction, reason, by, paused_at=by.now)
    await clear_hours(auction)
    await _tell(auction, _("竞价 %(number)s 已暂停：%(reason)s", number=number, reason=reason[:200]), by)
    return auction


@atomic()
async def resume(number: str, resumes_at: datetime, *, by: By) -> Auction:
    """Let a suspended auction go on from a moment of which everybody is told an hour before, or earlier.

    Raises:
        Invalid: at `resumes_at`: it is too soon, or before the announced opening.
    """
    auction = await _lock(number, by)
    if auction.status is not AuctionStatus.SUSPENDED:
        raise Conflict(_("这场竞价没有暂停。"))
    earliest = max(by.now + RESUME_AFTER, auction.bids_from or auction.opens_at)
    if resumes_at < earliest:
        raise Invalid(_("最早 %(at)s 恢复。", at=moment(earliest)), field="resumes_at")
    state = turn(state_of(auction), Resumption(resumes_at))
    await transition(
        auction,
        AuctionAction.RESUME,
        by=by,
        changes={
            "paused_at": None,
            "bids_from": state.bids_from,
            "last_at": state.last_at,
            "ends_at": state.ends_at,
            "last_end": state.hard_end,
        },
        resumes_at=resumes_at,
        ends_at=state.ends_at,
    )
    await _log(auction, "", by, resumes_at=resumes_at)
    await set_hours(auction)
    words = _(
        "竞价 %(number)s %(at)s 恢复，%(end)s 结束。",
        number=number,
        at=moment(resumes_at),
        end=moment(state.ends_at),
    )
    await _tell(auction, words, by)
    return auction


async def _lock(number: str, by: By) -> Auction:
    by.actor.require(AuctionAct.CHECK_AUCTION)
    auction = await lock_auction(number)
    await require_unrelated(by, [auction.holder_id])
    return auction


async def _log(
    auction: Auction,
    reason: str,
    by: By,
    *,
    paused_at: datetime | None = None,
    resumes_at: datetime | None = None,
) -> None:
    await AuctionPause.create(
        auction_id=auction.id,
        after_sequence=auction.sequence,
        paused_at=paused_at,
        resumes_at=resumes_at,
        reason=reason.strip()[:500],
        made_by_id=by.actor.user_id,
        made_at=by.now,
    )


async def _tell(auction: Auction, text: str, by: By) -> None:
    people = await Enrolment.filter(auction_id=auction.id, status=EnrolmentStatus.QUALIFIED)
    await notify(
        text,
        now=by.now,
        address=f"/auctions/{auction.number}",
        user_ids=[enrolment.person_id for enrolment in people],
    )
    await tell_holder(auction, text, by=by)
    await tell_organiser(auction, text, by=by)
