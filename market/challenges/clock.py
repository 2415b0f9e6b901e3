"""What the clock does with a listed challenge: opening and deadline written down. Idempotent.

Both are facts of the clock, see `deadlines`; these acts only record what is so already.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.challenges.deadlines import GRACE
from market.challenges.models import Challenge
from market.challenges.states import ChallengeAction, ChallengeStatus
from market.kit.database import atomic
from market.kit.jobs import enqueue
from market.records.by import By
from market.records.moments import set_moment, set_moments
from market.records.transitions import transition

OPEN, CLOSE = "challenges.open", "challenges.close"
"""Acts that fall due at a moment of a challenge."""
OPEN_JOB = "challenges.open_solutions"
"""The job that opens what was submitted, see `opening`."""


async def set_hours(challenge: Challenge) -> None:
    """Set the moments that are ahead of a listed challenge, or of one whose deadline has moved."""
    if challenge.opens_at is None or challenge.deadline_at is None:
        return
    moments: list[tuple[UUID, str, datetime | None]] = [(challenge.id, CLOSE, challenge.deadline_at + GRACE)]
    if challenge.status is ChallengeStatus.LISTED:
        moments.append((challenge.id, OPEN, challenge.opens_at))
    await set_moments("challenge", moments)


@atomic()
async def begin_responding(challenge_id: UUID, *, now: datetime) -> bool:
    """Record that solutions are taken."""
    challenge = await _lock(challenge_id)
    if challenge.status is not ChallengeStatus.LISTED or challenge.opens_at is None:
        return False
    if now < challenge.opens_at:
        await set_moment("challenge", challenge.id, OPEN, challenge.opens_at)
        return False
    await transition(challenge, ChallengeAction.OPEN, by=By.job(now))
    return True


@atomic()
async def close(challenge_id: UUID, *, now: datetime) -> bool:
    """Record that none is taken any more, once nothing that arrived in time can still wait for its turn."""
    challenge = await _lock(challenge_id)
    if challenge.status not in (ChallengeStatus.LISTED, ChallengeStatus.RESPONDING):
        return False
    if challenge.deadline_at is None or now < challenge.deadline_at + GRACE:
        await set_hours(challenge)
        return False
    by = By.job(now)
    if challenge.status is ChallengeStatus.LISTED:
        await transition(challenge, ChallengeAction.OPEN, by=by)
    await transition(challenge, ChallengeAction.CLOSE, by=by)
    await enqueue(OPEN_JOB, lock=f"open:{challenge.id}", challenge_id=challenge.id)
    return True


async def _lock(challenge_id: UUID) -> Challenge:
    return await Challenge.filter(id=challenge_id).select_for_update().get()
