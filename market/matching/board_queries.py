"""What the board shows: open matches, a broker's own, and an organisation's listings with theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from market.kit.database import connection
from market.kit.pagination import Page, PageRequest
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES
from market.matching.fits import RELATED, Group, group_of
from market.matching.indicators import compare_indicators
from market.matching.models import Match
from market.matching.queries import MatchRow, list_rows
from market.matching.states import MatchStatus

_CONTENT = "coalesce((m.parts->>'wording')::int, 0) + coalesce((m.parts->>'meaning')::int, 0)"
_OPEN = f"""
FROM matches m JOIN needs n ON n.id = m.need_id JOIN outcomes o ON o.id = m.outcome_id
WHERE m.status = 'suggested' AND m.broker_id IS NULL
  AND n.status = ANY($1::text[]) AND o.status = ANY($2::text[])
  AND {_CONTENT} >= {RELATED}
  AND NOT EXISTS (SELECT 1 FROM match_passes p
                  WHERE p.need_id = m.need_id AND p.outcome_id = m.outcome_id AND p.user_id = $3)
"""  # noqa: S608  # constants
_NEWEST = "greatest(n.published_at, o.published_at) DESC NULLS LAST"
ORDERS: Mapping[str, str] = {"": "m.score DESC", "new": f"{_NEWEST}, m.score DESC"}
"""Orders of open matches by key. Those for which a broker is wanted come first in each."""
_COUNTS = f"""
SELECT 'open' AS name, count(*) AS count {_OPEN}
UNION ALL SELECT m.status, count(*) FROM matches m WHERE m.broker_id = $3 GROUP BY m.status
"""  # noqa: S608  # constants
_OWN = f"""
FROM (SELECT id, number, title, 'need' AS kind FROM needs
      WHERE organisation_id = $1 AND status = ANY($2::text[])
      UNION ALL SELECT id, number, title, 'outcome' FROM outcomes
      WHERE organisation_id = $1 AND status = ANY($3::text[])) own
JOIN matches m ON own.id = CASE own.kind WHEN 'need' THEN m.need_id ELSE m.outcome_id END
JOIN needs n ON n.id = m.need_id JOIN outcomes o ON o.id = m.outcome_id
WHERE m.status <> 'dropped' AND n.status = ANY($2::text[]) AND o.status = ANY($3::text[])
  AND ({_CONTENT} >= {RELATED} OR m.status <> 'suggested')
  AND NOT EXISTS (SELECT 1 FROM match_feedback f WHERE f.match_id = m.id AND f.organisation_id = $1)
"""  # noqa: S608  # constants
_STATUSES = ([status.value for status in VISIBLE_NEEDS], [status.value for status in VISIBLE_OUTCOMES])


@dataclass(frozen=True)
class OwnListing:
    """One listing of an organisation with its matches, the best first."""

    kind: str
    """need or outcome"""
    number: str
    title: str
    good: list[MatchRow]
    worth: list[MatchRow]


async def list_open(
    user_id: UUID, page_request: PageRequest, *, field: str = "", text: str = "", order: str = ""
) -> Page[MatchRow]:
    """Return the matches worth a look that no broker has taken up, without those this broker passed over.

    `text` filters by title, `order` is a key of `ORDERS`.
    """
    values: list[Any] = [*_STATUSES, user_id]
    conditions = ""
    if field:
        values.append(field)
        conditions += f" AND o.field = ${len(values)}"
    if text:
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values.append(f"%{escaped}%")
        conditions += f" AND (n.title ILIKE ${len(values)} OR o.title ILIKE ${len(values)})"
    rows = await connection().execute_query_dict(
        f"SELECT m.id, count(*) OVER () AS total {_OPEN} {conditions} "  # constants and parameters
        f"ORDER BY m.help_wanted_at IS NULL, {ORDERS[order]}, m.id "
        f"LIMIT {page_request.size} OFFSET {page_request.offset}",
        values,
    )
    if not rows and page_request.number > 1:
        return page_request.page(
            [], (await list_open(user_id, PageRequest(1, 1), field=field, text=text)).total
        )
    return page_request.page(await _by_ids([row["id"] for row in rows]), rows[0]["total"] if rows else 0)


async def count_board(user_id: UUID) -> dict[str, int]:
    """Count the open matches and the broker's own by status, in one statement."""
    rows = await connection().execute_query_dict(_COUNTS, [*_STATUSES, user_id])
    return {row["name"]: row["count"] for row in rows}


async def list_own_listings(organisation_id: UUID | None, page_request: PageRequest) -> Page[OwnListing]:
    """Return an organisation's listings that have matches worth a look, the best first, with these."""
    rows = await connection().execute_query_dict(
        "SELECT own.id, own.number, own.title, own.kind, array_agg(m.id ORDER BY m.score DESC) AS matches, "
        f"count(*) OVER () AS total {_OWN} GROUP BY own.id, own.number, own.title, own.kind "
        f"ORDER BY max({_CONTENT}) DESC, own.number LIMIT {page_request.size} OFFSET {page_request.offset}",
        [organisation_id, *_STATUSES],
    )
    ids = {match_id for row in rows for match_id in row["matches"]}
    matches = {match.id: match for match in await _by_ids(list(ids), unmasked_for=organisation_id)}
    listings = []
    for row in rows:
        theirs = [matches[match_id] for match_id in row["matches"]]
        good = [match for match in theirs if fit_group(match) is Group.GOOD]
        listings.append(
            OwnListing(
                row["kind"],
                row["number"],
                row["title"],
                good,
                [match for match in theirs if match not in good],
            )
        )
    return page_request.page(listings, rows[0]["total"] if rows else 0)


def fit_group(match: MatchRow) -> Group:
    """Return the group of a match in a list."""
    return group_of(match.parts, match.misfits, fit_rows(match))


def fit_rows(match: MatchRow) -> list[Any]:
    """Return the targets of a match in a list beside what the outcome states."""
    need, outcome = match.need.values, match.outcome.values
    return compare_indicators(need["targets"], outcome["comparison"], outcome["indicators"])


async def _by_ids(ids: Sequence[UUID], *, unmasked_for: UUID | None = None) -> list[MatchRow]:
    """Return the matches with these ids, in their order."""
    rows = (
        await list_rows(Match.filter(id__in=list(ids)), most=len(ids), unmasked_for=unmasked_for)
        if ids
        else []
    )
    by_id = {row.id: row for row in rows}
    return [by_id[match_id] for match_id in ids]


def counts_of(counts: Mapping[str, int], statuses: Sequence[MatchStatus]) -> int:
    """Sum the counts of some statuses."""
    return sum(counts.get(status.value, 0) for status in statuses)
