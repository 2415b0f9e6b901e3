"""Auctions brought to where a test needs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.auctions.fold import Config
from market.auctions.lot_terms import LotTerms
from market.auctions.models import Auction, AuctionTerms, Enrolment
from market.auctions.replay import config_of
from market.auctions.states import AuctionStatus, EnrolmentStatus, Format, PriorityClaim, Right
from market.codes.numbers import next_number
from market.files.models import StoredFile, Tier
from market.kit.terms import to_columns, to_content
from tests.auctions.test_fold import WAN, clock
from tests.factories import make_member, make_organisation, make_outcome
from tests.stage_cache import cached_stage

OPENS = clock("14:00")


def lot_terms(**given: Any) -> LotTerms:
    """Return the terms of the worked example."""
    values: dict[str, Any] = {
        "title": "甘蔗渣可降解餐具热压成型专利包",
        "format": Format.ASCENDING,
        "right": Right.EXCLUSIVE,
        "start": 80 * WAN,
        "step": 2 * WAN,
        "deposit": 8 * WAN,
        "enrol_until": OPENS - timedelta(days=3),
        "opens_at": OPENS,
        "planned_end": clock("15:00"),
        "hard_end": clock("17:00"),
        "years": 8,
        "territory": "全国",
        "deposit_account": "桂科技术产权交易所监管账户",
        "terms_text": "以系统受理顺序为准。",
        "contact": "值班 0771-5550136",
    }
    return LotTerms(**(values | given))


@dataclass
class Lot:
    """An auction that waits for its opening, with its bidders in the order of their numbers."""

    auction: Auction
    bidders: list[Enrolment]

    async def reload(self) -> Auction:
        self.auction = await Auction.get(id=self.auction.id)
        return self.auction

    async def config(self) -> Config:
        return await config_of(self.auction)


@cached_stage
async def make_ready(bidders: int = 5, priority_from: int = 4, **given: Any) -> Lot:
    """Write an auction as it stands when numbers are drawn; bidders from `priority_from` on have priority."""
    holder = await make_organisation(kind=OrganisationKind.UNIVERSITY, name="广西大学")
    seller = await make_member(holder)
    outcome = await make_outcome(holder)
    terms = lot_terms(**given)
    auction = await Auction.create(
        id=uuid4(),
        number=await next_number("auction", OPENS),
        status=AuctionStatus.READY,
        outcome=outcome,
        holder=holder,
        organiser=holder,
        created_by_id=seller.user_id,
        created_at=OPENS - timedelta(days=30),
        updated_at=OPENS - timedelta(days=30),
        published_at=OPENS - timedelta(days=30),
        **to_columns(terms),
        terms_hash=terms.content_hash,
        version=1,
        bids_from=terms.opens_at,
        last_at=terms.opens_at,
        ends_at=terms.planned_end,
        last_end=terms.hard_end,
    )
    await AuctionTerms.create(
        id=uuid4(),
        auction=auction,
        version=1,
        content=to_content(terms),
        content_hash=terms.content_hash,
        published_by_id=seller.user_id,
        published_at=OPENS,
    )
    enrolments = [
        await _enrol(auction, number, seller, has_priority=number >= priority_from)
        for number in range(1, bidders + 1)
    ]
    return Lot(auction, enrolments)


async def _enrol(auction: Auction, number: int, decider: Actor, *, has_priority: bool) -> Enrolment:
    firm = await make_member(await make_organisation(name=f"竞买企业{number}"))
    enrolment_id = uuid4()
    mandate = await StoredFile.create(
        id=uuid4(),
        subject_kind="enrolment",
        subject_id=enrolment_id,
        kind="mandate",
        name="授权委托书.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        tier=Tier.PARTIES,
        version=1,
        uploaded_by_id=firm.user_id,
        uploaded_at=OPENS,
    )
    return await Enrolment.create(
        id=enrolment_id,
        auction=auction,
        status=EnrolmentStatus.QUALIFIED,
        organisation_id=firm.organisation_id,
        person_id=firm.user_id,
        terms_hash=auction.terms_hash,
        mandate=mandate,
        priority_claim=PriorityClaim.INVENTOR if has_priority else PriorityClaim.NONE,
        has_priority=has_priority,
        bidder_number=number,
        decided_by_id=decider.user_id,
        decided_at=OPENS,
        applied_at=OPENS,
    )
