"""Listings by their best match score with an organisation's own, as a sort order of list pages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from market.accounts.actors import Actor
from market.kit.database import connection
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES
from market.matching.states import MatchStatus

MAX_LISTINGS = 1000


@dataclass(frozen=True)
class _Direction:
    """Columns of the join from own listings to those of others."""

    theirs: str
    own: str
    table: str
    statuses: tuple[str, ...]


_DIRECTIONS = {
    "outcomes": _Direction("outcome_id", "need_id", "needs", tuple(status.value for status in VISIBLE_NEEDS)),
    "needs": _Direction(
        "need_id", "outcome_id", "outcomes", tuple(status.value for status in VISIBLE_OUTCOMES)
    ),
}


async def has_matches(actor: Actor | None, index: str) -> bool:
    """Tell whether a listing of this index matches one of the person's organisation."""
    return bool(await _best_matched(actor, index, most=1))


async def list_by_match_score(actor: Actor | None, index: str) -> list[UUID]:
    """Return the matched listings by best score, without refused ones."""
    return await _best_matched(actor, index, most=MAX_LISTINGS)


async def _best_matched(actor: Actor | None, index: str, *, most: int) -> list[UUID]:
    direction = _DIRECTIONS.get(index)
    if direction is None or actor is None or not actor.acts_for(actor.organisation_id):
        return []
    rows = await connection().execute_query_dict(
        f"SELECT m.{direction.theirs} AS id FROM {direction.table} own "  # noqa: S608  # names from the table above
        f"JOIN matches m ON m.{direction.own} = own.id "
        "WHERE own.organisation_id = $1 AND own.status = ANY($2) AND m.status <> $3 "
        "AND NOT EXISTS (SELECT 1 FROM match_feedback f WHERE f.match_id = m.id AND f.organisation_id = $1) "
        f"GROUP BY 1 ORDER BY max(m.score) DESC, 1 LIMIT {most}",
        [actor.organisation_id, list(direction.statuses), MatchStatus.DROPPED.value],
    )
    return [UUID(str(row["id"])) for row in rows]
