"""Lists of matches with the columns of both sides that pages show; refusals for the scorer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES
from market.matching.feedback import GENERAL, ListingTraits, Refusal
from market.matching.models import Match
from market.matching.states import MatchStatus

_OWN = (
    "id",
    "status",
    "score",
    "parts",
    "terms",
    "reasons",
    "misfits",
    "broker_id",
    "taken_up_at",
    "help_wanted_at",
)
_SIDE = ("number", "title", "field", "region", "modes", "organisation_id", "organisation__name")
_NEED = (*_SIDE, "is_masked", "trl_min", "budget_max_amount", "deadline_on", "targets")
_OUTCOME = (*_SIDE, "highlight", "trl", "price_kind", "price_amount", "comparison", "indicators")
_REFUSALS = """
SELECT f.reason, f.organisation_id = n.organisation_id AS by_need, m.need_id, m.outcome_id,
       n.field AS need_field, n.budget_max_amount, n.trl_min, n.region AS need_region,
       o.field, o.price_amount, o.trl, o.region
FROM match_feedback f
JOIN matches m ON m.id = f.match_id JOIN needs n ON n.id = m.need_id JOIN outcomes o ON o.id = m.outcome_id
WHERE f.reason = ANY($1::text[]) AND (
    (f.organisation_id = n.organisation_id AND m.need_id = ANY($2::uuid[]))
    OR (f.organisation_id = o.organisation_id AND m.outcome_id = ANY($3::uuid[])))
"""


@dataclass(frozen=True)
class Side:
    """The columns of a need or outcome in a list; only those of its kind are present."""

    id: UUID
    number: str
    title: str
    organisation_id: UUID | None
    organisation_name: str
    """某企业 for a masked need, whose owner's id is left out as well."""
    values: dict[str, Any]
    """The other columns, by name."""


@dataclass(frozen=True)
class MatchRow:
    """One match in a list."""

    id: UUID
    status: MatchStatus
    score: int
    """0-1000, the sum of `parts`."""
    parts: dict[str, int]
    terms: list[str]
    reasons: dict[str, int]
    """Contributions of the heaviest terms, of 1000."""
    misfits: list[str]
    broker_id: UUID | None
    taken_up_at: datetime | None
    help_wanted_at: datetime | None
    need: Side
    outcome: Side


async def list_matches_of_broker(
    user_id: UUID, page_request: PageRequest, *, statuses: Collection[MatchStatus] = ()
) -> Page[MatchRow]:
    """Return the matches that a broker has taken up, the latest first; names are not masked."""
    matches = Match.filter(broker_id=user_id)
    if statuses:
        matches = matches.filter(status__in=list(statuses))
    rows = await list_rows(
        matches,
        most=page_request.size,
        offset=page_request.offset,
        order=("-taken_up_at", "id"),
        is_masking=False,
    )
    return page_request.page(rows, await matches.count())


async def get_match_for(actor: Actor, match_id: UUID) -> Match:
    """Return a match of the organisation that the person acts for, with both listings.

    Raises:
        NotFound: there is none, or it is between others.
    """
    match = await Match.get_or_none(id=match_id).select_related("need__organisation", "outcome__organisation")
    if match is None or not (
        actor.acts_for(match.need.organisation_id) or actor.acts_for(match.outcome.organisation_id)
    ):
        raise NotFound(_("没有这条匹配，或者您不能查看它。"))
    return match


async def load_refusals(
    index: str, subjects: Collection[UUID], others: Collection[UUID]
) -> dict[UUID, list[Refusal]]:
    """Load the refusals by the owners of these needs and outcomes, by listing.

    `subjects` are of the index, `others` of the other one.
    """
    needs, outcomes = (subjects, others) if index == "needs" else (others, subjects)
    rows = await connection().execute_query_dict(_REFUSALS, [sorted(GENERAL), list(needs), list(outcomes)])
    by_listing: dict[UUID, list[Refusal]] = {}
    for row in rows:
        if row["by_need"]:
            listing_id, traits = (
                row["need_id"],
                ListingTraits(row["field"], row["price_amount"], row["trl"], row["region"]),
            )
        else:
            listing_id = row["outcome_id"]
            traits = ListingTraits(
                row["need_field"], row["budget_max_amount"], row["trl_min"], row["need_region"]
            )
        by_listing.setdefault(UUID(str(listing_id)), []).append(
            Refusal(row["reason"], row["by_need"], traits)
        )
    return by_listing


async def list_rows(
    matches: QuerySet[Match],
    *,
    most: int,
    offset: int = 0,
    order: tuple[str, ...] = ("-score", "id"),
    is_masking: bool = True,
    unmasked_for: UUID | None = None,
) -> list[MatchRow]:
    """Return matches with the columns of both sides; names of masked needs are left out unless told."""
    columns = [f"need__{name}" for name in _NEED] + [f"outcome__{name}" for name in _OUTCOME]
    columns += [*_OWN, "need_id", "outcome_id"]
    rows = await matches.order_by(*order).offset(offset).limit(most).values(*columns)
    return [_row(row, is_masking=is_masking and row["need__organisation_id"] != unmasked_for) for row in rows]


def _row(row: dict[str, Any], *, is_masking: bool) -> MatchRow:
    return MatchRow(
        id=row["id"],
        status=MatchStatus(row["status"]),
        score=row["score"],
        parts=row["parts"],
        terms=row["terms"],
        reasons=row["reasons"],
        misfits=row["misfits"],
        broker_id=row["broker_id"],
        taken_up_at=row["taken_up_at"],
        help_wanted_at=row["help_wanted_at"],
        need=_side(row, "need", is_masked=is_masking and row["need__is_masked"]),
        outcome=_side(row, "outcome", is_masked=False),
    )


def _side(row: dict[str, Any], name: str, *, is_masked: bool) -> Side:
    values = {
        key.removeprefix(f"{name}__"): value for key, value in row.items() if key.startswith(f"{name}__")
    }
    organisation_id, organisation_name = values.pop("organisation_id"), values.pop("organisation__name")
    return Side(
        id=row[f"{name}_id"],
        number=values.pop("number"),
        title=values.pop("title"),
        organisation_id=None if is_masked else organisation_id,
        organisation_name=_("某企业") if is_masked else organisation_name,
        values=values,
    )


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
    """Return whether a listing of this index matches one of the person's organisation."""
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
