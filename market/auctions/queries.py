"""The guarded ways to auctions and enrolments, and as whom a person looks at one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.auctions.models import Auction, Enrolment
from market.auctions.states import PUBLIC, AuctionAct, AuctionStatus
from market.auctions.visibility import Phase, Viewer, phase_of
from market.files.models import StoredFile
from market.kit.errors import Forbidden, NotFound
from market.kit.i18n import gettext as _


def is_run_by_operator(auction: Auction) -> bool:
    """Return whether the holder organises the auction itself: then the operator runs it (README e)."""
    return auction.organiser_id == auction.holder_id


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


async def get_auction_for(actor: Actor | None, number: str) -> Auction:
    """Return an auction with outcome, holder and organiser.

    Raises:
        NotFound: there is none, or it is not announced and not theirs.
    """
    auction = await Auction.get_or_none(number=number).select_related("outcome", "holder", "organiser")
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


async def own_enrolment(actor: Actor | None, auction_id: UUID) -> Enrolment | None:
    """Return the enrolment of the organisation that the person acts for."""
    if actor is None or actor.organisation_id is None or not actor.acts_for(actor.organisation_id):
        return None
    return await Enrolment.get_or_none(auction_id=auction_id, organisation_id=actor.organisation_id)


async def may_open_mandate(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a letter of authorisation: its own unit and who runs the auction."""
    enrolment = await Enrolment.get_or_none(id=file.subject_id).select_related("auction")
    if actor is None or enrolment is None:
        return False
    return (
        actor.acts_for(enrolment.organisation_id)
        or organises(actor, enrolment.auction)
        or decides(actor, enrolment.auction)
    )


async def sealed_enrolments(enrolment_ids: Collection[UUID]) -> Collection[UUID]:
    """Return those of these enrolments whose names are kept until their auction is over."""
    rows = await Enrolment.filter(id__in=list(enrolment_ids)).select_related("auction")
    return {row.id for row in rows if phase_of(row.auction.status, has_begun=True) is not Phase.AFTER}
