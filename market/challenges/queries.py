"""The guarded ways to challenges, and who sees whose one is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Case, When

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.models import Challenge, ChallengeRuling
from market.challenges.states import PUBLIC, TAKING, ChallengeAct, ChallengeStatus, Ruling
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import Page, PageRequest
from market.kit.subjects import SubjectRecord
from market.kit.terms import from_record
from market.listings.masking import is_owner_visible
from market.listings.models import Need

MOST = 200
"""Challenges in a list of one's own."""


def terms_of(challenge: Challenge) -> ChallengeTerms:
    """Return the terms that a challenge's columns hold."""
    return from_record(ChallengeTerms, challenge)


def may_put_up(actor: Actor) -> bool:
    """Return whether the person's organisation is of a kind that puts problems up: firms and authorities."""
    return actor.buys or actor.organisation_kind is OrganisationKind.AUTHORITY


def is_owner(actor: Actor | None, challenge: Challenge) -> bool:
    """Return whether the person acts for who puts it up."""
    return actor is not None and actor.acts_for(challenge.owner_id)


def sees_owner(actor: Actor | None, challenge: Challenge) -> bool:
    """Return whether the person may know whose challenge it is."""
    if not challenge.is_masked or is_owner(actor, challenge):
        return True
    return actor is not None and actor.may(ChallengeAct.READ_CHALLENGES)


def owner_name(actor: Actor | None, challenge: Challenge) -> str:
    """Return the owner's name, or 某企业 where it is masked; the owner must be fetched."""
    return challenge.owner.name if sees_owner(actor, challenge) else _("某企业")


def leads_to_need(actor: Actor | None, challenge: Challenge, need: Need) -> bool:
    """Return whether a person is led from a challenge to its need and back: never past the mask of one."""
    if challenge.is_masked == need.is_masked:
        return True
    return sees_owner(actor, challenge) and is_owner_visible(need, actor)


def may_see(actor: Actor | None, challenge: Challenge) -> bool:
    """Return whether a person, or a guest, may open a challenge: what is listed is public."""
    if challenge.status in PUBLIC:
        return True
    if actor is None:
        return False
    if is_owner(actor, challenge):
        return True
    return challenge.status is not ChallengeStatus.DRAFT and actor.may(ChallengeAct.READ_CHALLENGES)


async def get_challenge_for(actor: Actor | None, number: str) -> Challenge:
    """Return a challenge with its owner.

    Raises:
        NotFound: there is none, or it is not listed and not theirs.
    """
    challenge = await Challenge.get_or_none(number=number).select_related("owner", "need", "follows")
    if challenge is None or not may_see(actor, challenge):
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    return challenge


async def get_own_challenge(actor: Actor, number: str) -> Challenge:
    """Return a challenge of the organisation that the person acts for.

    Raises:
        NotFound: there is none, or it is another's.
    """
    challenge = await get_challenge_for(actor, number)
    if not is_owner(actor, challenge):
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    return challenge


async def lock_challenge(number: str) -> Challenge:
    """Return a challenge, locked.

    Raises:
        NotFound: there is none of this number.
    """
    challenge = await Challenge.filter(number=number).select_for_update().first()
    if challenge is None:
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    return challenge


async def list_own(actor: Actor) -> list[Challenge]:
    """Return the challenges of the organisation, the latest first."""
    if not actor.acts_for(actor.organisation_id):
        return []
    return await Challenge.filter(owner_id=actor.organisation_id).order_by("-created_at").limit(MOST)


async def list_at_desk(wanted: PageRequest) -> Page[Challenge]:
    """Return a page of what was submitted, for the office: what waits first, then the latest."""
    rows = Challenge.exclude(status=ChallengeStatus.DRAFT)
    waits = Case(When(status=ChallengeStatus.COLLECTING, then="1"), default="0")
    ordered = rows.annotate(waits=waits).order_by("-waits", "-updated_at", "number")
    items = await ordered.select_related("owner").offset(wanted.offset).limit(wanted.size)
    return wanted.page(items, await rows.count())


async def open_ruling(challenge_id: UUID) -> ChallengeRuling | None:
    """Return what is proposed about a challenge and not decided yet, with who proposed it.

    An extension stands beside it, see `open_extension`.
    """
    rulings = ChallengeRuling.filter(challenge_id=challenge_id, verdict=None)
    return await rulings.exclude(ruling=Ruling.EXTEND).select_related("proposed_by").first()


async def open_extension(challenge: Challenge, now: datetime) -> ChallengeRuling | None:
    """Return the later deadline that is proposed and can still be decided on, with who proposed it."""
    rulings = ChallengeRuling.filter(challenge_id=challenge.id, verdict=None, ruling=Ruling.EXTEND)
    proposal = await rulings.select_related("proposed_by").first()
    return None if proposal is None or has_lapsed(challenge, proposal, now) else proposal


def has_lapsed(challenge: Challenge, proposal: ChallengeRuling, now: datetime) -> bool:
    """Return whether a proposed extension was not decided before the deadline, and so came to nothing."""
    if proposal.ruling is not Ruling.EXTEND or proposal.verdict is not None:
        return False
    is_over = challenge.deadline_at is not None and now >= challenge.deadline_at
    return is_over or challenge.status not in TAKING


async def list_rulings(challenge_id: UUID) -> list[ChallengeRuling]:
    """Return what was proposed and decided about a challenge, with the people, oldest first."""
    rulings = ChallengeRuling.filter(challenge_id=challenge_id).order_by("proposed_at")
    return await rulings.select_related("proposed_by", "decided_by")


async def need_document_facts(needs: Sequence[Need]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return by need what its search document tells of challenges: whether one was listed that it leads to.

    A masked need says nothing of a list that names its owner.
    """
    rows = Challenge.filter(need_id__in=[need.id for need in needs], version__gt=0)
    pairs = await rows.values_list("need_id", "is_masked")
    listed = {(UUID(str(need_id)), is_masked) for need_id, is_masked in pairs}
    return {need.id: {"has_challenge": (need.id, need.is_masked) in listed} for need in needs}


async def describe(ids: Collection[UUID]) -> dict[UUID, SubjectRecord]:
    """Return challenges as the subject of a deal names them."""
    return {
        row.id: SubjectRecord(
            "challenge", row.id, row.number, row.title, lazy("榜单"), f"/challenges/{row.number}", row.field
        )
        for row in await Challenge.filter(id__in=list(ids))
    }


async def parties_of(ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return whom challenges concern, whose people decide on none of their notices."""
    rows = await Challenge.filter(id__in=list(ids)).values_list("id", "owner_id")
    return {UUID(str(challenge_id)): [UUID(str(owner_id))] for challenge_id, owner_id in rows}
