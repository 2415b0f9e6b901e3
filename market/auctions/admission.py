"""Admission to an auction: each enrolment is admitted or refused, then the bidder numbers are drawn."""

from __future__ import annotations

from itertools import combinations
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.accounts.relations import require_unrelated
from market.auctions.announcements import require_over
from market.auctions.deposits import balance_of
from market.auctions.failures import fail, tell_holder
from market.auctions.hours import watch_deposits_from
from market.auctions.models import Auction, Enrolment, NumberDraw
from market.auctions.queries import lock_enrolment, lock_run_by
from market.auctions.rules import count_groups
from market.auctions.states import (
    AuctionAction,
    AuctionStatus,
    AuctionVerb,
    EnrolmentAction,
    EnrolmentStatus,
    FailReason,
    PriorityClaim,
    SingleRule,
)
from market.audit.log import record
from market.integrity.related_parties import relation_between
from market.kit.database import atomic
from market.kit.draws import seed_of, shuffled
from market.kit.errors import Conflict, Invalid
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import transition

DECIDED_IN = (AuctionStatus.ENROLLING, AuctionStatus.QUALIFYING)
"""Statuses in which enrolments are decided."""


@atomic()
async def admit(number: str, enrolment_id: UUID, *, has_priority: bool = False, by: By) -> Enrolment:
    """Admit a bidder whose deposit lies where it should; a claim to priority is confirmed with it, or not.

    Raises:
        Conflict: the deposit is not confirmed, or the time to admit is over.
        Invalid: at `has_priority`: none is claimed.
    """
    auction, enrolment = await _lock(number, enrolment_id, by)
    if has_priority and enrolment.priority_claim is PriorityClaim.NONE:
        raise Invalid(_("报名时没有主张优先权。"), field="has_priority")
    if (await balance_of(enrolment.id)).lies < auction.deposit:
        raise Conflict(_("保证金 %(amount)s 还没有登记并经另一人确认。", amount=yuan(auction.deposit)))
    await transition(
        enrolment,
        EnrolmentAction.ADMIT,
        by=by,
        changes=_decided(by) | {"has_priority": has_priority},
        auction=auction.id,
        has_priority=has_priority,
    )
    await _tell(enrolment, auction, _("竞价 %(number)s：贵单位已取得竞价资格。", number=number), by)
    return enrolment


@atomic()
async def refuse(number: str, enrolment_id: UUID, reason: str, *, by: By) -> Enrolment:
    """Refuse a bidder, with the reason it reads."""
    auction, enrolment = await _lock(number, enrolment_id, by)
    reason = reason.strip()[:300]
    if not reason:
        raise Invalid(_("不予通过时请写明理由。"), field="reason")
    await transition(
        enrolment,
        EnrolmentAction.REFUSE,
        by=by,
        changes=_decided(by) | {"reason": reason},
        auction=auction.id,
    )
    await watch_deposits_from(auction, by.now)
    words = _("竞价 %(number)s 报名不予通过：%(reason)s", number=number, reason=reason)
    await _tell(enrolment, auction, words, by)
    return enrolment


@atomic()
async def draw_numbers(number: str, salt: str, *, by: By) -> Auction:
    """End the admission: draw the numbers, or record that there are too few bidders.

    The seed comes from the auction's audit chain and the typed salt, so that anybody can repeat the draw.
    Related bidders count as one.

    Raises:
        Conflict: an enrolment waits for its decision, the announcement is disputed, or the bidding should
            have begun.
        Invalid: at `salt`.
    """
    auction = await lock_run_by(by.actor, number)
    await require_unrelated(by, [auction.holder_id])
    if auction.status is not AuctionStatus.QUALIFYING or by.now >= auction.opens_at:
        raise Conflict(_("现在不能抽取竞价号：报名还没有截止，或者竞价时间已到。"))
    if await Enrolment.exists(auction_id=auction.id, status=EnrolmentStatus.APPLIED):
        raise Conflict(_("还有报名没有审核。"))
    await require_over(auction, by)
    if not salt.strip():
        raise Invalid(_("请输入一段口令，任何文字都可以。"), field="salt")
    admitted = await Enrolment.filter(auction_id=auction.id, status=EnrolmentStatus.QUALIFIED).order_by("id")
    groups = count_groups(await _related(admitted), len(admitted))
    if groups < auction.min_bidders:
        await _end_short(auction, groups, by)
        return auction
    await _draw(auction, [enrolment.id for enrolment in admitted], salt.strip()[:120], by)
    return auction


def order_of(ids: list[UUID], seed: str) -> list[str]:
    """Return enrolments in the order of their numbers: what is stored of a draw repeats it."""
    return shuffled(sorted(map(str, ids)), seed)


async def _draw(auction: Auction, ids: list[UUID], salt: str, by: By) -> None:
    # How many there are, nobody else knows before the beginning.
    begun = await record("auction", auction.id, AuctionVerb.DRAWING, by=by, number=auction.number, salt=salt)
    seed = seed_of(auction.number, begun.hash, salt)
    drawn = order_of(ids, seed)
    for place, enrolment_id in enumerate(drawn, 1):
        await Enrolment.filter(id=enrolment_id).update(bidder_number=place)
    await NumberDraw.create(
        id=uuid4(),
        auction_id=auction.id,
        chain_head=begun.hash,
        salt=salt,
        seed=seed,
        drawn=drawn,
        drawn_by_id=by.actor.user_id,
        drawn_at=by.now,
    )
    await transition(auction, AuctionAction.DRAW, by=by, seed=seed)
    for enrolment in await Enrolment.filter(id__in=drawn).order_by("bidder_number"):
        words = _(
            "竞价 %(number)s：贵单位的竞价号是 %(bidder)02d 号。",
            number=auction.number,
            bidder=enrolment.bidder_number,
        )
        await _tell(enrolment, auction, words, by)


async def _related(admitted: list[Enrolment]) -> list[tuple[int, int]]:
    """Return the pairs of bidders, by index, that are related."""
    await Enrolment.fetch_for_list(admitted, "organisation")
    return [
        (first, second)
        for (first, one), (second, other) in combinations(enumerate(admitted), 2)
        if await relation_between(one.organisation.uscc or "", other.organisation.uscc or "")
    ]


async def _end_short(auction: Auction, groups: int, by: By) -> None:
    if groups == 1 and auction.single_rule is SingleRule.AGREE:
        await transition(auction, AuctionAction.FIND_SINGLE, by=by)
        words = _("竞价 %(number)s 只有一家合格，可以转为协议定价。", number=auction.number)
        await tell_holder(auction, words, by=by)
    else:
        await fail(auction, FailReason.TOO_FEW, by=by)


def _decided(by: By) -> dict[str, object]:
    return {"decided_by_id": by.actor.user_id, "decided_at": by.now}


async def _lock(number: str, enrolment_id: UUID, by: By) -> tuple[Auction, Enrolment]:
    auction = await lock_run_by(by.actor, number)
    if auction.status not in DECIDED_IN:
        raise Conflict(_("资格审核已经结束。"))
    enrolment = await lock_enrolment(auction, enrolment_id)
    await require_unrelated(by, [auction.holder_id, enrolment.organisation_id])
    return auction, enrolment


async def _tell(enrolment: Enrolment, auction: Auction, text: str, by: By) -> None:
    await notify(text, now=by.now, address=f"/auctions/{auction.number}", user_ids=[enrolment.person_id])
