"""What fits the listings of one organisation best, as an order for the lists it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from market.accounts.actors import Actor
from market.kit.database import connection
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES
from market.matching.models import MatchStatus

MOST = 1000


@dataclass(frozen=True)
class _Way:
    """From the listings of one's own to those of others."""

    theirs: str
    own: str
    table: str
    statuses: tuple[str, ...]


_WAYS = {
    "outcomes": _Way("outcome_id", "need_id", "needs", tuple(one.value for one in VISIBLE_NEEDS)),
    "needs": _Way("need_id", "outcome_id", "outcomes", tuple(one.value for one in VISIBLE_OUTCOMES)),
}


async def has_fitting(actor: Actor | None, index: str) -> bool:
    """Tell whether anything in this index was matched with what the person's organisation has published."""
    return bool(await _best(actor, index, most=1))


async def list_fitting(actor: Actor | None, index: str) -> list[UUID]:
    """Return what was, by the best score with any of those listings, without what was turned down."""
    return await _best(actor, index, most=MOST)


async def _best(actor: Actor | None, index: str, *, most: int) -> list[UUID]:
    way = _WAYS.get(index)
    if way is None or actor is None or not actor.acts_for(actor.organisation_id):
        return []
    rows = await connection().execute_query_dict(
        f"SELECT m.{way.theirs} AS id FROM {way.table} own "  # noqa: S608  # words of our own
        f"JOIN matches m ON m.{way.own} = own.id "
        "WHERE own.organisation_id = $1 AND own.status = ANY($2) AND m.status <> $3 "
        "AND NOT EXISTS (SELECT 1 FROM match_feedback f WHERE f.match_id = m.id AND f.organisation_id = $1) "
        f"GROUP BY 1 ORDER BY max(m.score) DESC, 1 LIMIT {most}",
        [actor.organisation_id, list(way.statuses), MatchStatus.DROPPED.value],
    )
    return [UUID(str(row["id"])) for row in rows]
