"""The guarded ways to auctions and enrolments, and as whom a person looks at one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.expressions import F

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.accounts.permissions import Role
from market.auctions.models import Auction, Enrolment
from market.auctions.states import (
    BEFORE_LIVE,
    OFFERED,
    PUBLIC,
    AuctionAct,
    AuctionShownStatus,
    AuctionStatus,
    shown_status,
)
from market.auctions.visibility import Phase, Viewer, phase_of
from market.files.models import StoredFile
from market.kit.database import connection
from market.kit.errors import Forbidden, NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest

MOST = 200
"""Auctions in a list of one's own."""


def is_run_by_operator(auction: Auction) -> bool:
    """Return whether the holder organises the auction itself: then the operator runs it (README e)."""
    return auction.organiser_id == auction.holder_id


def sides_of(auction: Auction) -> frozenset[UUID]:
    """Return who transfers and who organises: they never bid."""
    return frozenset({auction.holder_id, auction.organiser_id})


def organises(actor: Actor, auction: Auction) -> bool:
    """Return whether the person admits, draws, records and proposes in this auction."""
    if not actor.may(AuctionAct.RUN_AUCTION):
        return False
    if is_run_by_operator(auction):
        return Role.OPERATOR in actor.roles
    return actor.acts_for(auction.organiser_id)


def decides(actor: Actor, auction: Auction) -> bool:
    """Return whether the person decides what another one of the organiser has recorded or proposed."""
    if not actor.may(AuctionAct.DECIDE_AUCTION):
        return False
    if is_run_by_operator(auction):
        return Role.APPROVER in actor.roles
    return actor.acts_for(auction.organiser_id)


def viewer_of(actor: Actor | None, auction: Auction) -> Viewer:
    """Return as whom a person, or a guest, looks at an auction."""
    if actor is None:
        return Viewer.PUBLIC
    if organises(actor, auction) or decides(actor, auction):
        return Viewer.ORGANISER
    if actor.acts_for(auction.holder_id):
        return Viewer.HOLDER
    return Viewer.AUDITOR if Role.AUDITOR in actor.roles else Viewer.PUBLIC


def phase_at(auction: Auction, now: datetime) -> Phase:
    """Return the phase in which an auction is."""
    return phase_of(auction.status, has_begun=auction.bids_from is not None and now >= auction.bids_from)


def may_see(actor: Actor | None, auction: Auction) -> bool:
    """Return whether a person, or a guest, may open an auction: what is announced is public."""
    if auction.status in PUBLIC and auction.version > 0:
        return True
    if actor is None:
        return False
    return (
        actor.may(AuctionAct.READ_AUCTIONS)
        or actor.acts_for(auction.holder_id)
        or (organises(actor, auction) and auction.status is AuctionStatus.CHECKING)
    )


async def get_auction_for(
    actor: Actor | None, number: str, related: Sequence[str] = ("outcome", "holder", "organiser")
) -> Auction:
    """Return an auction with outcome, holder and organiser; where many ask for it, without.

    Raises:
        NotFound: there is none, or it is not announced and not theirs.
    """
    auctions = Auction.filter(number=number)
    auction = await (auctions.select_related(*related) if related else auctions).first()
    if auction is None or not may_see(actor, auction):
        raise NotFound(_("没有这场竞价，或者您不能查看它。"))
    return auction


async def lock_auction(number: str) -> Auction:
    """Return an auction, locked.

    Raises:
        NotFound: there is none of this number.
    """
    auction = await Auction.filter(number=number).select_for_update().first()
    if auction is None:
        raise NotFound(_("没有这场竞价，或者您不能查看它。"))
    return auction


async def lock_run_by(actor: Actor, number: str) -> Auction:
    """Return an auction, locked, for who runs it.

    Raises:
        Forbidden: somebody else does.
    """
    actor.require(AuctionAct.RUN_AUCTION)
    auction = await lock_auction(number)
    if not organises(actor, auction):
        raise Forbidden(_("这场竞价不由您组织。"))
    return auction


async def lock_enrolment(auction: Auction, enrolment_id: UUID) -> Enrolment:
    """Return an enrolment of a locked auction, locked.

    Raises:
        NotFound: there is none in it.
    """
    enrolment = await Enrolment.filter(id=enrolment_id, auction_id=auction.id).select_for_update().first()
    if enrolment is None:
        raise NotFound(_("没有这份报名。"))
    return enrolment


async def get_enrolment(auction: Auction, enrolment_id: UUID) -> Enrolment:
    """Return an enrolment of an auction, with its organisation.

    Raises:
        NotFound: there is none in it.
    """
    enrolments = Enrolment.filter(id=enrolment_id, auction_id=auction.id)
    enrolment = await enrolments.select_related("organisation").first()
    if enrolment is None:
        raise NotFound(_("没有这份报名。"))
    return enrolment


async def own_enrolment(actor: Actor | None, auction_id: UUID) -> Enrolment | None:
    """Return the enrolment of the organisation that the person acts for."""
    if actor is None or actor.organisation_id is None or not actor.acts_for(actor.organisation_id):
        return None
    return await Enrolment.get_or_none(auction_id=auction_id, organisation_id=actor.organisation_id)


async def may_open_mandate(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a letter of authorisation: its unit, who runs the auction, auditors.

    For auditors it is sealed as long as the names of the bidders are.
    """
    enrolment = await Enrolment.get_or_none(id=file.subject_id).select_related("auction")
    if actor is None or enrolment is None:
        return False
    return (
        actor.acts_for(enrolment.organisation_id)
        or organises(actor, enrolment.auction)
        or decides(actor, enrolment.auction)
        or audits(actor, enrolment.auction)
    )


def audits(actor: Actor, auction: Auction) -> bool:
    """Return whether the person is an auditor to whom the auction is open now."""
    is_over = phase_of(auction.status, has_begun=True) is Phase.AFTER
    return Role.AUDITOR in actor.roles and auction.version > 0 and is_over


async def sealed_enrolments(enrolment_ids: Collection[UUID]) -> Collection[UUID]:
    """Return those of these enrolments whose names are kept until their auction is over."""
    rows = await Enrolment.filter(id__in=list(enrolment_ids)).select_related("auction")
    return {row.id for row in rows if phase_of(row.auction.status, has_begun=True) is not Phase.AFTER}


ORDER = {
    AuctionStatus.LIVE: 0,
    AuctionStatus.READY: 1,
    AuctionStatus.SUSPENDED: 2,
    AuctionStatus.ENROLLING: 3,
    AuctionStatus.QUALIFYING: 4,
    AuctionStatus.SINGLE: 5,
    AuctionStatus.CONFIRMING: 6,
    AuctionStatus.RESULT_PUBLICITY: 7,
}
"""The hall's order: what runs, what is about to, then what is over, the latest first."""


async def list_auctions(page_request: PageRequest) -> Page[Auction]:
    """Return a page of the hall: announced auctions, what runs first."""
    announced = Auction.filter(version__gt=0)
    cases = " ".join(f"WHEN '{status.value}' THEN {place}" for status, place in ORDER.items())
    rows = await connection().execute_query_dict(
        "SELECT id FROM auctions WHERE version > 0 "  # noqa: S608 -- our own statuses
        f"ORDER BY CASE status {cases} ELSE 9 END, opens_at DESC, number DESC LIMIT $1 OFFSET $2",
        [page_request.size, page_request.offset],
    )
    ids = [row["id"] for row in rows]
    by_id = {
        auction.id: auction
        for auction in await Auction.filter(id__in=ids).select_related("holder", "organiser")
    }
    return page_request.page([by_id[id_] for id_ in ids], await announced.count())


@dataclass(frozen=True)
class Lot:
    """An auction as the page of its outcome, and the front page, show it."""

    auction: Auction
    status: AuctionStatus | AuctionShownStatus

    @property
    def is_held(self) -> bool:
        """Return whether the outcome is held for it, so that nobody deals in it otherwise."""
        return self.auction.status in OFFERED


async def find_lot(outcome_id: UUID, now: datetime) -> Lot | None:
    """Return the latest announced auction of an outcome."""
    rows = Auction.filter(outcome_id=outcome_id, version__gt=0)
    auction = await rows.order_by("-published_at", "-number").first()
    return None if auction is None else _lot(auction, now)


async def list_open_lots(most: int, now: datetime) -> list[Lot]:
    """Return the auctions that one can still enrol in or watch, what runs first, then by their beginning."""
    rows = Auction.filter(status__in=[*BEFORE_LIVE, AuctionStatus.LIVE]).order_by("opens_at", "number")
    return [_lot(auction, now) for auction in await rows.limit(most)]


def _lot(auction: Auction, now: datetime) -> Lot:
    return Lot(auction, shown_status(auction.status, auction.bids_from, auction.ends_at, now))


async def list_own_enrolments(actor: Actor) -> list[Enrolment]:
    """Return what the organisation is enrolled in, the latest first."""
    if not actor.acts_for(actor.organisation_id):
        return []
    rows = Enrolment.filter(organisation_id=actor.organisation_id).order_by("-applied_at")
    return await rows.select_related("auction", "person").limit(MOST)


async def list_put_up(actor: Actor) -> list[Auction]:
    """Return the auctions of the organisation's outcomes, the latest first."""
    if not actor.acts_for(actor.organisation_id):
        return []
    return await Auction.filter(holder_id=actor.organisation_id).order_by("-created_at").limit(MOST)


async def list_run(actor: Actor) -> list[Auction]:
    """Return the auctions that a person runs, decides on, checks or audits, the latest first.

    Raises:
        Forbidden: none could be theirs.
    """
    if actor.may(AuctionAct.READ_AUCTIONS):
        rows = Auction.exclude(status=AuctionStatus.DRAFT)
    elif Role.APPROVER in actor.roles:
        rows = Auction.filter(organiser_id=F("holder_id"), version__gt=0)
    elif actor.acts_for(actor.organisation_id) and actor.organisation_kind is OrganisationKind.AGENCY:
        rows = Auction.filter(organiser_id=actor.organisation_id).exclude(status=AuctionStatus.DRAFT)
    else:
        raise Forbidden(_("您的身份不能做这件事。"))
    return await rows.order_by("-updated_at").select_related("holder", "organiser").limit(MOST)
