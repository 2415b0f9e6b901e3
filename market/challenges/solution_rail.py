"""What the page of a challenge offers to one person about solving it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from market.accounts.actors import Actor
from market.challenges.challenge_terms import WHOLE, ChallengeTerms
from market.challenges.deadlines import takes_solutions
from market.challenges.models import Challenge
from market.challenges.queries import is_owner
from market.challenges.solution_drafts import own_kind_fault
from market.challenges.solution_models import ChallengeExtension, Solution
from market.challenges.solution_queries import (
    count_submitted,
    extension_of,
    list_own_solutions,
    phase_at,
    viewer_of,
)
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import PUBLIC, ChallengeAct, Kind
from market.challenges.visibility import Part, may_know


@dataclass(frozen=True)
class Offer:
    """One thing that can be solved: the whole, or a package."""

    package: int
    name: str
    own: Solution | None = None


@dataclass(frozen=True)
class Rail:
    """What one person, or a guest, is told and may do."""

    offers: Sequence[Offer] = ()
    """What the person may begin or go on with; empty: they may not."""
    fault: str = ""
    """Why the person's unit may not solve it."""
    count: int | None = None
    """How many were submitted; None where that is not told."""
    reads_opened: bool = False
    extension: ChallengeExtension | None = None
    may_extend: bool = False
    own: Sequence[Solution] = field(default_factory=list)


async def rail_of(actor: Actor | None, challenge: Challenge, terms: ChallengeTerms, now: datetime) -> Rail:
    """Return what the page offers; a guest is offered to begin and signs in first."""
    if challenge.status not in PUBLIC:
        return Rail()
    phase, viewer = phase_at(challenge), viewer_of(actor, challenge)
    extension = await extension_of(challenge.id)
    is_own = is_owner(actor, challenge)
    is_open = takes_solutions(challenge.status, now, challenge.opens_at, challenge.deadline_at)
    may_solve = actor is None or (actor.may(ChallengeAct.SOLVE_CHALLENGE) and not is_own)
    own = await list_own_solutions(actor, challenge) if actor and may_solve else []
    by_package = {row.package: row for row in own if row.status is not SolutionStatus.WITHDRAWN}
    fault = _fault(actor, terms) if may_solve and actor else ""
    return Rail(
        offers=_offers(terms, by_package) if is_open and may_solve and not fault else (),
        fault=fault,
        count=await count_submitted(challenge.id)
        if challenge.shows_count or may_know(Part.COUNT, viewer, phase)
        else None,
        reads_opened=may_know(Part.CONTENT, viewer, phase),
        extension=extension,
        may_extend=is_own
        and challenge.kind is Kind.ENTERPRISE
        and extension is None
        and challenge.deadline_at is not None
        and now < challenge.deadline_at,
        own=own,
    )


def _fault(actor: Actor, terms: ChallengeTerms) -> str:
    return own_kind_fault(terms, actor.organisation_kind.value if actor.organisation_kind else None)


def _offers(terms: ChallengeTerms, by_package: dict[int, Solution]) -> list[Offer]:
    places = range(1, len(terms.packages) + 1) if terms.packages else (WHOLE,)
    return [Offer(place, terms.package_name(place), by_package.get(place)) for place in places]
