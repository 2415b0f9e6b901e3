"""Auctions brought to where a test needs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation, OrganisationKind, StaffRole
from market.auctions import admission, deposits, drafting, enrolling, hours
from market.auctions.bidding import Answer, offer_price
from market.auctions.deposits import Entry
from market.auctions.enrolling import Application
from market.auctions.fold import Config
from market.auctions.lot_terms import LotTerms
from market.auctions.models import Auction, AuctionTerms, Enrolment
from market.auctions.replay import config_of
from market.auctions.states import (
    AuctionStatus,
    EnrolmentStatus,
    Format,
    Movement,
    PriorityClaim,
    Right,
)
from market.codes.numbers import next_number
from market.files.attachments import StoredBlob
from market.files.models import StoredFile, Tier
from market.files.uploads import Upload
from market.kit.clock import end_of_day
from market.kit.terms import to_columns, to_content
from market.records.by import By
from market.records.decisions import Verdict
from tests.auctions.test_fold import WAN, clock
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_outcome, make_staff
from tests.fakes import fake_deps
from tests.moments import run_acts
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
    terms = lot_terms(**({"deposit": 0} | given))
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


def clock_of(day: int, text: str) -> datetime:
    """Return a time of a day of March 2026, such as 14:56:59."""
    return clock(text).replace(month=3, day=day)


ENROL_UNTIL = end_of_day(date(2026, 3, 17))
OPENING = clock_of(20, "14:00")
SALT = "桂A 12345"
SECRET = "x" * 40
CLOSED = clock_of(20, "18:00")
BIDS = ((1, 80, "14:00"), (2, 84, "14:30"), (3, 86, "14:56:59"))


@dataclass
class Hall:
    """An auction with its people: holder, those who organise it and decide, firms that bid."""

    auction: Auction
    seller: Actor
    operator: Actor
    organiser: Actor
    decider: Actor
    firms: list[Actor]
    enrolments: list[Enrolment] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.auction.number

    async def reload(self) -> Auction:
        self.auction = await Auction.get(id=self.auction.id)
        self.enrolments = await Enrolment.filter(auction_id=self.auction.id).order_by("applied_at", "id")
        return self.auction

    async def by_number(self) -> list[Enrolment]:
        return (
            await Enrolment.filter(auction_id=self.auction.id)
            .exclude(bidder_number=None)
            .order_by("bidder_number")
        )


def hall_terms(**given: Any) -> LotTerms:
    hours = {
        "enrol_until": ENROL_UNTIL,
        "opens_at": OPENING,
        "planned_end": clock_of(20, "15:00"),
        "hard_end": clock_of(20, "17:00"),
    }
    return lot_terms(**(hours | given))


@cached_stage
async def make_announced(
    *, is_by_exchange: bool = False, firms: int = 3, reserve: int | None = None, **given: Any
) -> Hall:
    """A university announces an auction that the platform, or an exchange, runs."""
    holder = await make_organisation(
        kind=OrganisationKind.UNIVERSITY, name="广西大学", is_state_owned=True, nature_code="022"
    )
    seller = await make_member(holder)
    outcome = await make_outcome(holder)
    operator = await make_staff(StaffRole.OPERATOR)
    organiser, decider = operator, await make_staff(StaffRole.APPROVER)
    exchange = None
    if is_by_exchange:
        exchange = await make_organisation(kind=OrganisationKind.AGENCY, name="桂科技术产权交易所")
        organiser = await make_member(exchange, MemberRole.AGENT)
        decider = await make_member(exchange, MemberRole.FINANCE)
    auction = await drafting.create(
        outcome.number,
        hall_terms(**given),
        organiser_id=exchange.id if exchange else None,
        reserve=reserve,
        secret=SECRET,
        by=By(seller, NOW),
    )
    await drafting.submit(auction.number, by=By(seller, NOW))
    auction = await drafting.approve(auction.number, calendar=HOLIDAYS, by=By(operator, NOW))
    people = [await make_member(await make_organisation(name=f"竞买企业{n}")) for n in range(1, firms + 1)]
    return Hall(auction, seller, operator, organiser, decider, people)


def mandate_file() -> StoredBlob:
    return StoredBlob(Upload("授权委托书.pdf", b"%PDF-1.4", "application/pdf"), "0" * 64)


async def enrol(hall: Hall, firm: int, now: datetime = NOW, **given: Any) -> Enrolment:
    application = Application(hall.auction.terms_hash, **given)
    return await enrolling.enrol(hall.number, application, mandate_file(), by=By(hall.firms[firm], now))


def account_of(enrolment: Enrolment) -> str:
    """Return the number of a bidder's account."""
    return f"{int(enrolment.organisation_id):020d}"[-20:]


async def pay(hall: Hall, enrolment: Enrolment, now: datetime = NOW) -> None:
    """Let the organiser record the deposit and its second person confirm it."""
    organisation = await Organisation.get(id=enrolment.organisation_id)
    entry = Entry(
        Movement.RECEIVED,
        hall.auction.deposit,
        f"V{enrolment.id}",
        organisation.name,
        now.date(),
        account_of(enrolment),
    )
    movement = await deposits.record_movement(
        hall.number, enrolment.id, entry, secret=SECRET, by=By(hall.organiser, now)
    )
    await deposits.decide_movement(movement.id, Verdict.CONFIRMED, by=By(hall.decider, now))


@cached_stage
async def make_qualifying(*, priority: int | None = None, bidders: int = 3, **given: Any) -> Hall:
    """Firms are enrolled with their deposits and admitted; the enrolment is over."""
    hall = await make_announced(firms=bidders, **given)
    for firm in range(bidders):
        claim = PriorityClaim.INVENTOR if firm == priority else PriorityClaim.NONE
        enrolment = await enrol(hall, firm, priority_claim=claim, priority_reason="完成人", waits_second=True)
        if hall.auction.deposit:
            await pay(hall, enrolment)
        await admission.admit(
            hall.number, enrolment.id, has_priority=firm == priority, by=By(hall.organiser, NOW)
        )
    await run_acts(ENROL_UNTIL, hours.END_ENROLMENT)
    await hall.reload()
    return hall


@cached_stage
async def make_drawn(**given: Any) -> Hall:
    """The numbers are drawn; the auction waits for its opening."""
    hall = await make_qualifying(**given)
    await admission.draw_numbers(hall.number, SALT, by=By(hall.organiser, ENROL_UNTIL))
    await hall.reload()
    return hall


async def offer(hall: Hall, number: int, wan: int, at: str, *, priority: bool = False) -> Answer:
    """Let the bidder of this number offer a price on the day of the auction."""
    enrolment = (await hall.by_number())[number - 1]
    return await offer_price(
        hall.auction.id,
        enrolment.id,
        wan * WAN,
        wants_priority=priority,
        arrived_at=clock_of(20, at),
        form_key=f"{at}{number}{wan}",
    )


@cached_stage
async def make_closed(bids: tuple[tuple[int, int, str], ...] = BIDS, **given: Any) -> Hall:
    """Bids were offered and the auction is over; its result waits to be confirmed, if it has one."""
    hall = await make_drawn(**given)
    for number, wan, at in bids:
        await offer(hall, number, wan, at)
    deps = fake_deps(Path("unused"), now=CLOSED, secret_key=SECRET)
    await run_acts(CLOSED, hours.OPEN, hours.CLOSE, deps=deps)
    await hall.reload()
    return hall
