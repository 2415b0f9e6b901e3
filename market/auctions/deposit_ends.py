"""When a deposit is free, and which end of it is due: nothing leaves while the bidder is bound by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from market.auctions.models import Auction, AuctionRuling, Enrolment
from market.auctions.money_models import DefaultSettlement, DepositMovement
from market.auctions.states import (
    AuctionStatus,
    DefaultRule,
    EnrolmentStatus,
    Movement,
    NextRule,
    Ruling,
)
from market.contracts.models import Contract
from market.kit.errors import Conflict
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.records.decisions import Verdict
from market.records.transitions import history

AWARDED = (AuctionStatus.RESULT_PUBLICITY, AuctionStatus.CONCLUDED, AuctionStatus.DEFAULTED)
OUT = (EnrolmentStatus.REFUSED, EnrolmentStatus.WITHDRAWN)


@dataclass(frozen=True)
class Turns:
    """The moments of an auction that free deposits; None: it has not come to that."""

    ended_at: datetime | None = None
    """It failed or was ended."""
    confirmed_at: datetime | None = None
    """Two persons confirmed its result."""
    signed_at: datetime | None = None
    """The present winner signed."""
    defaulted_at: datetime | None = None
    """Two persons found the last default."""
    again_at: datetime | None = None
    """It was announced again, so that nobody steps in any more."""


async def turns_of(auction: Auction) -> Turns:
    """Read what has become of an auction."""
    ended = [
        event.happened_at
        for event in await history("auction", auction.id)
        if event.status in (AuctionStatus.FAILED, AuctionStatus.ABORTED)
    ]
    confirmed = AuctionRuling.filter(auction_id=auction.id, verdict=Verdict.CONFIRMED).order_by("decided_at")
    decided = {ruling.ruling: ruling.decided_at for ruling in await confirmed}
    contract = await Contract.get_or_none(deal_id=auction.deal_id) if auction.deal_id else None
    again = await Auction.filter(rerun_of_id=auction.id, version__gt=0).order_by("published_at").first()
    return Turns(
        ended_at=ended[-1] if ended else None,
        confirmed_at=decided.get(Ruling.RESULT),
        signed_at=contract.signed_at if contract else None,
        defaulted_at=decided.get(Ruling.DEFAULT),
        again_at=again.published_at if again else None,
    )


async def free_since(auction: Auction, enrolment: Enrolment, turns: Turns) -> datetime | None:
    """Return since when a bidder's deposit is to be given back; None while the bidder is bound by it."""
    if enrolment.status in OUT:
        return enrolment.decided_at or (await history("enrolment", enrolment.id))[-1].happened_at
    if turns.ended_at is not None:
        return turns.ended_at
    if auction.status not in AWARDED:
        return None
    if await default_of(auction, enrolment) is not None:
        settlement = await settlement_of(auction, enrolment)
        return settlement.decided_at if settlement is not None and settlement.returned else None
    if enrolment.id == auction.winner_id:
        return turns.signed_at
    if enrolment.waits_second and auction.next_rule is NextRule.SECOND:
        # Who waited until the winner's default is free, unless they agree to step in: nobody does after them.
        has_waited = turns.defaulted_at is not None and enrolment.agreed_next_at is None
        return turns.defaulted_at if has_waited else turns.signed_at or turns.again_at
    return turns.confirmed_at


async def default_of(auction: Auction, enrolment: Enrolment) -> AuctionRuling | None:
    """Return the confirmed ruling by which a bidder has defaulted."""
    return await AuctionRuling.filter(
        auction_id=auction.id,
        ruling=Ruling.DEFAULT,
        enrolment_id=enrolment.id,
        verdict=Verdict.CONFIRMED,
    ).first()


async def settlement_of(auction: Auction, enrolment: Enrolment) -> DefaultSettlement | None:
    """Return the confirmed account of a bidder's default."""
    return await DefaultSettlement.filter(
        ruling__auction_id=auction.id, ruling__enrolment_id=enrolment.id, verdict=Verdict.CONFIRMED
    ).first()


async def require_due(auction: Auction, enrolment: Enrolment, movement: Movement, amount: int) -> None:
    """Raise unless this end of a deposit is due.

    Raises:
        Conflict: the bidder is bound by it, or the terms of the auction give it to somebody else.
    """
    if await default_of(auction, enrolment) is not None:
        if movement is Movement.APPLIED:
            raise Conflict(_("只有成交的受让方，保证金才抵作价款。"))
        await _require_by_terms(auction, enrolment, movement, amount)
        return
    if movement is Movement.FORFEITED:
        raise Conflict(_("只有认定悔约的受让方，保证金才不予退还。"))
    is_winner = auction.winner_id == enrolment.id
    if movement is Movement.APPLIED and not (is_winner and auction.status is AuctionStatus.CONCLUDED):
        raise Conflict(_("只有成交的受让方，保证金才抵作价款。"))
    if movement is not Movement.RELEASED:
        return
    if await free_since(auction, enrolment, await turns_of(auction)) is None:
        raise Conflict(
            _("结果还在等签约，受让方和等待递补的竞买人的保证金不能退还。")
            if auction.status in AWARDED
            else _("竞价还没有结束，保证金不能退还。")
        )


async def _require_by_terms(auction: Auction, enrolment: Enrolment, movement: Movement, amount: int) -> None:
    """Raise unless a defaulter's deposit goes where the terms send it: wholly kept, or as it was settled."""
    if auction.default_rule is DefaultRule.ALL:
        if movement is Movement.RELEASED:
            raise Conflict(_("按竞价须知，悔约的保证金全部不予退还。"))
        return
    settlement = await settlement_of(auction, enrolment)
    if settlement is None:
        raise Conflict(_("按竞价须知，悔约的保证金重新成交并结算以后才能办理。"))
    most = settlement.kept if movement is Movement.FORFEITED else settlement.returned
    moved = await DepositMovement.filter(
        enrolment_id=enrolment.id, movement=movement, verdict=Verdict.CONFIRMED
    ).values_list("amount", flat=True)
    if sum(int(str(row)) for row in moved) + amount > most:
        words = _("按悔约结算，%(movement)s的最多 %(most)s。", movement=movement.label, most=yuan(most))
        raise Conflict(words)
