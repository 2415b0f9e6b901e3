"""What an owner's earlier lists came to, as everybody reads it beside a list (发榜方的记录)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from market.challenges.models import Challenge
from market.challenges.states import PUBLIC, ChallengeStatus
from market.kit.database import connection

SIGNED = (
    ChallengeStatus.CONTRACTED,
    ChallengeStatus.EXECUTING,
    ChallengeStatus.ACCEPTED,
    ChallengeStatus.FAILED,
)


@dataclass(frozen=True)
class OwnerRecord:
    """Numbers of lists of one owner."""

    listed: int = 0
    signed: int = 0
    no_taker: int = 0
    ended: int = 0
    """Ended by the owner, with a published reason."""


async def owner_record(owner_id: UUID, *, is_masked: bool) -> OwnerRecord:
    """Return what an owner's lists came to that were ever published, masked and named ones apart.

    Counted together, the same numbers beside a masked and a named list would tell whose the masked one is.
    """
    rows = await connection().execute_query_dict(
        "SELECT status, count(*) AS count FROM challenges WHERE owner_id = $1 AND status = ANY($2::text[]) "
        "AND is_masked = $3 GROUP BY status",
        [str(owner_id), [status.value for status in PUBLIC], is_masked],
    )
    by_status = {str(row["status"]): int(row["count"]) for row in rows}
    return OwnerRecord(
        listed=sum(by_status.values()),
        signed=sum(by_status.get(status, 0) for status in SIGNED),
        no_taker=by_status.get(ChallengeStatus.NO_TAKER, 0),
        ended=by_status.get(ChallengeStatus.ENDED, 0),
    )


async def earlier_of(challenge: Challenge) -> list[Challenge]:
    """Return the published lists that this one follows, the latest first.

    Of a masked one only masked ones: another would tell whose it is.
    """
    earlier: list[Challenge] = []
    follows_id = challenge.follows_id
    while follows_id is not None and len(earlier) < 5:
        before = await Challenge.get(id=follows_id)
        if before.status in PUBLIC and (before.is_masked or not challenge.is_masked):
            earlier.append(before)
        follows_id = before.follows_id
    return earlier
