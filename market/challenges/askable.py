"""Questions about challenges: taken from the listing on, until a week before the deadline."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.accounts.actors import Actor
from market.challenges.deadlines import takes_questions
from market.challenges.models import Challenge
from market.challenges.queries import get_challenge_for
from market.kit.subjects import Askable, AskedRecord


def asked_challenge(challenge: Challenge, now: datetime) -> AskedRecord:
    """Return a challenge, fetched with its owner, as what is asked about."""
    return AskedRecord(
        kind="challenge",
        id=challenge.id,
        number=challenge.number,
        title=challenge.title,
        owner_id=challenge.owner_id,
        is_open=takes_questions(challenge.status, now, challenge.deadline_at),
        masked_name=challenge.owner.name if challenge.is_masked else "",
    )


async def _find(actor: Actor, number: str, now: datetime) -> AskedRecord:
    return asked_challenge(await get_challenge_for(actor, number), now)


async def _read(challenge_id: UUID, now: datetime) -> AskedRecord:
    return asked_challenge(await Challenge.get(id=challenge_id).select_related("owner"), now)


ASKABLE = Askable("challenges", _find, _read)
