"""A deal brought to where a test needs it, by the acts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation, OrganisationKind
from market.deals.models import ContractKind, Deal, Offer, Side
from market.deals.offers import accept_offer, make_offer
from market.deals.openings import agree_introduction, open_interest
from market.deals.publicity import PUBLICITY, Statement, start_publicity
from market.deals.terms import OfferTerms, PlanRow
from market.deps import Deps
from market.kit.money import HOME, Money
from market.listings.models import Need, Outcome
from market.matching.models import Match
from market.matching.states import MatchStatus
from market.records.by import By
from tests.factories import HOLIDAYS, NOW, make_member, make_need, make_organisation, make_outcome
from tests.fakes import FixedClock
from tests.moments import end_notices
from tests.stage_cache import cached_stage

PRICE = Money(115_000_000)
STATEMENT = Statement("桂南理工大学", "第三方评估 118 万元，协商确定", "没有关联关系", "转化办 0771-5550101")


@dataclass
class Parties:
    """A state university and an enterprise with their people, an outcome and a need."""

    university: Organisation
    enterprise: Organisation
    seller: Actor
    seller_finance: Actor
    buyer: Actor
    buyer_finance: Actor
    outcome: Outcome
    need: Need

    def on(self, side: Side) -> Actor:
        return self.seller if side is Side.SELLER else self.buyer


@cached_stage
async def make_parties(*, is_masked: bool = False, **university: Any) -> Parties:
    seller = await make_organisation(
        **(
            {
                "kind": OrganisationKind.UNIVERSITY,
                "is_state_owned": True,
                "nature_code": "022",
                "name": "桂南大学",
            }
            | university
        )
    )
    buyer = await make_organisation(name="南南线缆", contact_name="陈工", contact_phone="0771-5558888")
    return Parties(
        university=seller,
        enterprise=buyer,
        seller=await make_member(seller, MemberRole.AGENT),
        seller_finance=await make_member(seller, MemberRole.FINANCE),
        buyer=await make_member(buyer, MemberRole.AGENT),
        buyer_finance=await make_member(buyer, MemberRole.FINANCE),
        outcome=await make_outcome(seller),
        need=await make_need(buyer, is_masked=is_masked),
    )


async def make_match(parties: Parties, broker: Actor | None = None) -> Match:
    return await Match.create(
        id=uuid4(),
        need=parties.need,
        outcome=parties.outcome,
        status=MatchStatus.ASSIGNED if broker else MatchStatus.SUGGESTED,
        score=820,
        parts={"terms": 820},
        terms=["导电率"],
        misfits=[],
        scorer_version="1",
        need_revision=1,
        outcome_revision=1,
        broker_id=broker.user_id if broker else None,
        taken_up_at=NOW if broker else None,
        computed_at=NOW,
    )


def terms(
    price: Money = PRICE, kind: ContractKind = ContractKind.LICENCE, plan: tuple[int, ...] = (), **other: Any
) -> OfferTerms:
    rows = tuple(PlanRow(f"第 {n} 期", None, amount) for n, amount in enumerate(plan, start=1))
    scope = {"years": 5} if kind is ContractKind.LICENCE else {}
    return OfferTerms(kind=kind, price=price, plan=rows, **(scope | _abroad(price) | other))


def _abroad(price: Money) -> dict[str, str]:
    """A price in a foreign currency takes a buyer who is abroad."""
    return {} if price.currency == HOME else {"buyer_country": "392"}


@cached_stage
async def make_agreed(parties: Parties, now: datetime = NOW) -> Deal:
    """Both sides have agreed to be introduced; nothing is offered yet."""
    deal = await open_interest(parties.outcome.number, "想用在新产线", by=By(parties.buyer, now))
    return await agree_introduction(deal.number, by=By(parties.seller, now))


@cached_stage
async def make_offered(
    parties: Parties,
    now: datetime = NOW,
    deal: Deal | None = None,
    offer: Offer | None = None,
    **offered: Any,
) -> tuple[Deal, Offer]:
    """The buyer has made the first offer."""
    deal = deal or await make_agreed(parties, now)
    if offer is not None:
        return deal, offer
    offer = await make_offer(
        deal.number, terms(**offered), base_offer_id=None, valid_days=15, by=By(parties.buyer, now)
    )
    return deal, offer


@cached_stage
async def make_priced(parties: Parties, now: datetime = NOW, **offered: Any) -> Deal:
    deal, offer = await make_offered(parties, now, **offered)
    return await accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.seller, now))


@cached_stage
async def make_published(parties: Parties, now: datetime = NOW, **offered: Any) -> Deal:
    deal = await make_priced(parties, now, **offered)
    await start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, now))
    return await Deal.get(id=deal.id)


@cached_stage
async def make_to_sign(parties: Parties, now: datetime = NOW, **offered: Any) -> Deal:
    """Published for the whole period without an objection, and moved on: 16 days later."""
    deal = await make_published(parties, now, **offered)
    later = now + timedelta(days=18)
    await end_notices(later)
    await PUBLICITY.sweep(later)
    return await Deal.get(id=deal.id)


def move_clock(deps: Deps, now: datetime) -> None:
    """Let the app live at another moment."""
    assert isinstance(deps.clock, FixedClock)
    deps.clock.now = now
