"""What everybody reads of one challenge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import optional_actor
from market.challenges import queries
from market.challenges.amounts import HUNDRED, instalments, public_amount
from market.challenges.annexes import annexes_of
from market.challenges.askable import asked_challenge
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.deadlines import (
    deadline_words,
    left_words,
    questions_until,
    shown_status,
    takes_solutions,
)
from market.challenges.drafting import PUT_UP_AGAIN, submission_faults
from market.challenges.models import Challenge
from market.challenges.next_steps import step_of_owner
from market.challenges.owner_records import earlier_of, owner_record
from market.challenges.public_list import city_of
from market.challenges.selection_results import result_parts
from market.challenges.solution_rail import rail_of
from market.challenges.states import PUBLIC, ChallengeAct, ChallengeStatus
from market.challenges.steps import steps_of
from market.challenges.watching import is_watching, may_watch
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.listings.models import Need
from market.listings.states import PUBLIC as PUBLIC_LISTINGS
from market.questions.answering import questions_of
from market.records.transitions import history

SHOWN_EVENTS = ("end", "find_none", "set_aside")
"""Acts whose note is public."""


@dataclass(frozen=True)
class Money:
    """How the budget of a challenge is paid, at its most; amounts in fen."""

    stages: list[int]
    public: int
    own: int


def money_of(terms: ChallengeTerms) -> Money | None:
    """Return how the budget is paid; None where it is negotiable or does not add up yet."""
    if terms.budget is None:
        return None
    shares = [row.share for row in terms.milestones]
    public = public_amount(terms.budget, terms.public_share, terms.public_most)
    stages = instalments(terms.budget, shares) if sum(shares) == HUNDRED else []
    return Money(stages, public, terms.budget - public)


async def show(request: Request) -> Response:
    """Show a challenge as solvers read it; before it is listed its owner and the office read it alike."""
    actor, now = optional_actor(request), deps(request).clock()
    challenge = await queries.get_challenge_for(actor, request.path_params["number"])
    terms = queries.terms_of(challenge)
    is_own = queries.is_owner(actor, challenge)
    status = shown_status(challenge.status, now, challenge.opens_at, challenge.deadline_at)
    return render(
        request,
        "challenges/show.html",
        challenge=challenge,
        terms=terms,
        status=status,
        owner=queries.owner_name(actor, challenge),
        sees_owner=queries.sees_owner(actor, challenge),
        is_own=is_own,
        is_public=challenge.status in PUBLIC,
        money=money_of(terms),
        steps=steps_of(challenge, now),
        takes=takes_solutions(challenge.status, now, challenge.opens_at, challenge.deadline_at),
        deadline_words=deadline_words,
        left=left_words(now, challenge.deadline_at) if challenge.deadline_at else "",
        record=await owner_record(challenge.owner_id, is_masked=challenge.is_masked)
        if challenge.status in PUBLIC
        else None,
        may_watch=may_watch(actor, challenge, now),
        is_watching=await is_watching(actor, challenge),
        rail=await rail_of(actor, challenge, terms, now),
        earlier=await earlier_of(challenge),
        need=_shown_need(actor, challenge),
        annexes=await annexes_of(actor, challenge),
        city=city_of(challenge),
        questions=await questions_of(asked_challenge(challenge, now), actor),
        questions_until=questions_until(challenge.deadline_at) if challenge.deadline_at else None,
        events=[
            event
            for event in await history("challenge", challenge.id)
            if event.action in SHOWN_EVENTS and event.note
        ],
        faults=_faults(challenge, is_own=is_own, now=now),
        next_step=step_of_owner(challenge.number, status, challenge.kind) if is_own else None,
        may_put_up_again=is_own and challenge.status in PUT_UP_AGAIN,
        may_screen=_may_open_desk(actor, challenge),
        **await result_parts(actor, challenge),
    )


def _shown_need(actor: Actor | None, challenge: Challenge) -> Need | None:
    """Return the need that a challenge was written from, where the person is led to it."""
    need = challenge.need
    if (
        need is None
        or need.status not in PUBLIC_LISTINGS
        or not queries.leads_to_need(actor, challenge, need)
    ):
        return None
    return need


def _faults(challenge: Challenge, *, is_own: bool, now: datetime) -> list[tuple[str, str]]:
    """Return what an owner still has to write before the draft can be submitted."""
    if not is_own or challenge.status is not ChallengeStatus.DRAFT:
        return []
    return submission_faults(challenge, challenge.owner.name, now)


def _may_open_desk(actor: Actor | None, challenge: Challenge) -> bool:
    return (
        actor is not None
        and actor.may(ChallengeAct.READ_CHALLENGES)
        and challenge.status is not ChallengeStatus.DRAFT
    )


routes = [Route("/challenges/{number}", show, name="challenges:show")]
