"""What everybody reads of a choice once it stands: winner, price, summary; and the ways on for the sides."""

from __future__ import annotations

from typing import Any

from market.accounts.actors import Actor
from market.challenges.models import Challenge
from market.challenges.queries import is_owner
from market.challenges.selection_queries import list_awards, opened_of
from market.challenges.selection_states import STANDING
from market.challenges.states import ChallengeAct, ChallengeStatus, Kind
from market.kit.formats import end_of
from market.notices.queries import find_notice

TOLD = (
    ChallengeStatus.PUBLICITY,
    ChallengeStatus.CONTRACTED,
    ChallengeStatus.EXECUTING,
    ChallengeStatus.ACCEPTED,
    ChallengeStatus.FAILED,
)
"""Statuses in which everybody reads who was chosen."""


async def result_parts(actor: Actor | None, challenge: Challenge) -> dict[str, Any]:
    """Return what the page of a challenge shows of the choice to one person, or to a guest."""
    sees_all = actor is not None and (is_owner(actor, challenge) or actor.may(ChallengeAct.READ_CHALLENGES))
    parts: dict[str, Any] = {"result": [], "own_awards": [], "may_see_selection": False}
    parts |= await notice_parts(challenge)
    if challenge.opened_at is None:
        return parts | {"may_see_selection": sees_all and challenge.version > 0}
    awards = await list_awards(challenge.id)
    if challenge.status in TOLD:
        contents = {row.solution_id: content for row, content in await opened_of(challenge.id)}
        standing = [award for award in awards if award.status in STANDING]
        parts["result"] = [(award, contents[award.solution_id]) for award in standing]
    own = [award for award in awards if actor and actor.acts_for(award.solution.organisation_id)]
    return parts | {"own_awards": own, "may_see_selection": sees_all}


async def notice_parts(challenge: Challenge) -> dict[str, Any]:
    """Return the notice of a government list's result, with its end; of others none."""
    is_told = challenge.kind is Kind.GOVERNMENT and challenge.status in TOLD
    notice = await find_notice("challenge", challenge.id) if is_told else None
    return {"notice": notice, "notice_end": end_of(notice.ends_at) if notice else ""}
