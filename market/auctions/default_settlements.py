"""The account of a default (悔约结算): drawn up by one person of the organiser, confirmed by another.

We hold nothing of it: it says what of the deposit is kept where that lies, and what the holder may claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.auctions.deposits import Balance, balance_of
from market.auctions.failures import tell_holder
from market.auctions.hours import watch_deposits_from
from market.auctions.models import Auction, AuctionRuling
from market.auctions.money_models import DefaultSettlement
from market.auctions.queries import decides, lock_auction, lock_run_by, organises
from market.auctions.settlement import Settlement, settle
from market.auctions.states import (
    AuctionAct,
    AuctionStatus,
    AuctionVerb,
    Ruling,
)
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide

STOOD = (AuctionStatus.CONCLUDED, AuctionStatus.DEFAULTED)
"""Statuses of an auction whose result has stood."""


@dataclass(frozen=True)
class DefaultAccount:
    """A default with what is known of its settlement."""

    ruling: AuctionRuling
    """With its enrolment, organisation and auction."""
    balance: Balance
    sale: AuctionRuling | None
    """By which the lot was sold again, with its auction; none yet."""
    settlement: DefaultSettlement | None
    """The latest that was not rejected."""

    @property
    def preview(self) -> Settlement | None:
        """Return the account without costs, where the lot was sold again."""
        return None if self.sale is None else account_of(self.ruling, self.balance, self.sale, 0)


def account_of(ruling: AuctionRuling, balance: Balance, sale: AuctionRuling, costs: int) -> Settlement:
    """Return the account of a default by the published terms."""
    return settle(ruling.amount, balance.received, sale.amount, costs, ruling.auction.default_rule)


async def accounts_for(actor: Actor, auction: Auction) -> list[DefaultAccount]:
    """Return the defaults of an auction: all for organiser, holder and auditor, its own for a defaulter.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    rulings = await _defaults_for(actor, auction)
    if not rulings:
        raise NotFound(_("没有这场竞价的悔约，或者您不能查看。"))
    return [await _account(ruling) for ruling in rulings]


async def sees_default(actor: Actor | None, auction: Auction) -> bool:
    """Return whether a person may open the page of a default of this auction."""
    return actor is not None and bool(await _defaults_for(actor, auction))


async def _defaults_for(actor: Actor, auction: Auction) -> list[AuctionRuling]:
    rulings = AuctionRuling.filter(auction_id=auction.id, ruling=Ruling.DEFAULT, verdict=Verdict.CONFIRMED)
    sees_all = (
        organises(actor, auction)
        or decides(actor, auction)
        or actor.acts_for(auction.holder_id)
        or actor.may(AuctionAct.READ_AUCTIONS)
    )
    rows = rulings.order_by("decided_at").select_related("auction", "enrolment__organisation", "decided_by")
    return [ruling for ruling in await rows if sees_all or actor.acts_for(ruling.enrolment.organisation_id)]


async def later_sale(ruling: AuctionRuling) -> AuctionRuling | None:
    """Return by which result the lot of a default was next sold: to the next in line, or held again.

    Of several defaults each is settled with the price that was found next, so that together they are charged
    with the whole loss once.
    """
    auction: Auction | None = await Auction.get(id=ruling.auction_id)
    confirmed = (
        AuctionRuling.filter(verdict=Verdict.CONFIRMED).order_by("decided_at").select_related("auction")
    )
    sale = await confirmed.filter(
        auction_id=ruling.auction_id, ruling=Ruling.PROMOTE, decided_at__gte=ruling.decided_at
    ).first()
    while sale is None and auction is not None:
        again = Auction.filter(rerun_of_id=auction.id, version__gt=0)
        auction = await again.order_by("-published_at").first()
        if auction is not None:
            sale = await confirmed.filter(auction_id=auction.id, ruling=Ruling.RESULT).first()
    return sale if sale is not None and sale.auction.status in STOOD else None


@atomic()
async def propose_settlement(
    number: str, ruling_id: UUID, costs: int, costs_text: str, *, by: By
) -> DefaultSettlement:
    """Draw up the account of a default; `costs`, in fen, are those of the new auction.

    Raises:
        Conflict: the lot was not sold again yet, or an account is there.
        Invalid: at `costs_text`: costs need to be told.
    """
    auction = await lock_run_by(by.actor, number)
    account = await _find(auction, ruling_id)
    if account.sale is None:
        raise Conflict(_("标的还没有重新成交，不能结算。"))
    if account.settlement is not None:
        raise Conflict(_("这次悔约已有结算。"))
    if costs and not costs_text.strip():
        raise Invalid(_("请写明费用是什么、凭证在哪里。"), field="costs_text")
    computed = account_of(account.ruling, account.balance, account.sale, costs)
    settlement = await DefaultSettlement.create(
        id=uuid4(),
        ruling_id=account.ruling.id,
        sale_id=account.sale.id,
        price=account.ruling.amount,
        resale=account.sale.amount,
        deposit=account.balance.received,
        costs=costs,
        costs_text=costs_text.strip()[:300],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
        **_columns(computed),
    )
    await record(
        "auction",
        auction.id,
        AuctionVerb.SETTLING,
        by=by,
        settlement=settlement.id,
        costs=costs,
        **_columns(computed),
    )
    return settlement


@atomic()
async def decide_settlement(
    settlement_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> DefaultSettlement:
    """Confirm or reject an account that another person drew up; holder and defaulter are told of it.

    Raises:
        SamePerson: the person drew it up.
        AlreadyDecided: somebody decided before.
    """
    by.actor.require(AuctionAct.DECIDE_AUCTION)
    snapshot = await DefaultSettlement.get_or_none(id=settlement_id).select_related(
        "ruling__auction", "ruling__enrolment"
    )
    if snapshot is None:
        raise NotFound(_("没有这份结算。"))
    auction = await lock_auction(snapshot.ruling.auction.number)
    if not decides(by.actor, auction):
        raise Forbidden(_("这场竞价不由您复核。"))
    settlement = await DefaultSettlement.filter(id=settlement_id).select_for_update().get()
    await decide(settlement, verdict, by=by, reason=reason)
    await record(
        "auction",
        auction.id,
        AuctionVerb.SETTLED,
        by=by,
        settlement=settlement.id,
        verdict=verdict.value,
    )
    if verdict is Verdict.CONFIRMED:
        await watch_deposits_from(auction, by.now)
        words = _("竞价 %(number)s 的悔约已结算，请看结算表。", number=auction.number)
        address = f"/auctions/{auction.number}/default"
        person = snapshot.ruling.enrolment.person_id
        await notify(words, now=by.now, address=address, user_ids=[person])
        await tell_holder(auction, words, by=by)
    return settlement


def _columns(computed: Settlement) -> dict[str, Any]:
    return {column.name: getattr(computed, column.name) for column in fields(computed)}


async def _find(auction: Auction, ruling_id: UUID) -> DefaultAccount:
    ruling = await AuctionRuling.get_or_none(
        id=ruling_id, auction_id=auction.id, ruling=Ruling.DEFAULT, verdict=Verdict.CONFIRMED
    ).select_related("auction", "enrolment__organisation", "decided_by")
    if ruling is None:
        raise NotFound(_("没有这项认定。"))
    return await _account(ruling)


async def _account(ruling: AuctionRuling) -> DefaultAccount:
    drawn_up = DefaultSettlement.filter(ruling_id=ruling.id).order_by("-proposed_at")
    settlements: Sequence[DefaultSettlement] = await drawn_up.select_related("proposed_by", "decided_by")
    return DefaultAccount(
        ruling,
        await balance_of(ruling.enrolment_id),
        await later_sale(ruling),
        next((row for row in settlements if not row.is_rejected), None),
    )
