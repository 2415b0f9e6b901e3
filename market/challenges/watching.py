"""Who wants to be reminded of a challenge (提醒我), and what they are told of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole, Membership
from market.challenges.models import Challenge, ChallengeWatch
from market.challenges.queries import get_challenge_for, is_owner
from market.challenges.solution_models import Solution
from market.challenges.solution_states import HANDED_IN, SolutionStatus
from market.challenges.states import PUBLIC, ChallengeAct
from market.kit.database import atomic, connection
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.records.by import By


@atomic()
async def watch(number: str, *, by: By) -> Challenge:
    """Remind the person of a challenge from now on; a second time changes nothing.

    Raises:
        NotFound: there is none, or it is not theirs to see.
        Conflict: its deadline is over, or it is one's own.
    """
    by.actor.require(ChallengeAct.WATCH_CHALLENGE)
    challenge = await get_challenge_for(by.actor, number)
    if not may_watch(by.actor, challenge, by.now):
        raise Conflict(_("这张榜不能再设提醒。"))
    await connection().execute_query(
        "INSERT INTO challenge_watches (id, challenge_id, user_id, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (challenge_id, user_id) DO NOTHING",
        [uuid4(), challenge.id, by.actor.user_id, by.now],
    )
    return challenge


@atomic()
async def unwatch(number: str, *, by: By) -> Challenge:
    """Remind the person no more."""
    challenge = await get_challenge_for(by.actor, number)
    await ChallengeWatch.filter(challenge_id=challenge.id, user_id=by.actor.user_id).delete()
    return challenge


def may_watch(actor: Actor | None, challenge: Challenge, now: datetime) -> bool:
    """Return whether reminders are offered: before the deadline, to everybody but the owner."""
    return (
        challenge.status in PUBLIC
        and challenge.deadline_at is not None
        and now < challenge.deadline_at
        and (actor is None or (actor.may(ChallengeAct.WATCH_CHALLENGE) and not is_owner(actor, challenge)))
    )


async def is_watching(actor: Actor | None, challenge: Challenge) -> bool:
    return actor is not None and await ChallengeWatch.exists(challenge_id=challenge.id, user_id=actor.user_id)


async def count_watched(actor: Actor | None) -> int:
    """Return of how many challenges the person is reminded."""
    return await ChallengeWatch.filter(user_id=actor.user_id).count() if actor else 0


async def tell_watchers(
    challenge: Challenge,
    words: str,
    *,
    now: datetime,
    told: Collection[SolutionStatus] = tuple(SolutionStatus),
) -> int:
    """Tell who watches a challenge, but for people of units that are told otherwise, by their solutions.

    Returns the number of recipients.
    """
    solutions = Solution.filter(challenge_id=challenge.id, status__in=list(told))
    writing = solutions.values_list("organisation_id", flat=True)
    members = Membership.active(
        organisation_id__in=list(await writing), role__in=(MemberRole.ADMIN, MemberRole.AGENT)
    ).values_list("user_id", flat=True)
    watchers = ChallengeWatch.filter(challenge_id=challenge.id).exclude(user_id__in=list(await members))
    user_ids = [UUID(str(user_id)) for user_id in await watchers.values_list("user_id", flat=True)]
    if not user_ids:
        return 0
    return await notify(words, now=now, address=f"/challenges/{challenge.number}", user_ids=user_ids)


async def tell_result(challenge: Challenge, words: str, *, now: datetime) -> int:
    """Tell who watches a challenge what became of it; also those whose draft was never handed in."""
    return await tell_watchers(challenge, words, now=now, told=HANDED_IN)


async def export_watches(user_id: UUID) -> list[dict[str, Any]]:
    """Return what a person is reminded of, for their copy of their data."""
    watches = await ChallengeWatch.filter(user_id=user_id).select_related("challenge").order_by("created_at")
    return [{"challenge": watch.challenge.number, "since": watch.created_at} for watch in watches]


async def erase_watches(user_id: UUID) -> None:
    await ChallengeWatch.filter(user_id=user_id).delete()
