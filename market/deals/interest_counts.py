"""How many organisations care for a listing, counted from the deals about it; not who they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from market.deals.models import Deal, Side
from market.kit.database import connection
from market.search.outbox import enqueue


async def count_interests(outcome_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return, by outcome, how many organisations asked to talk about buying it, or agreed to."""
    return await _count("outcome_id", "buyer", outcome_ids)


async def count_responses(need_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return, by need, how many organisations said that they can solve it, or agreed to be introduced."""
    return await _count("need_id", "seller", need_ids)


async def note_agreed(deal: Deal, side: Side) -> None:
    """Have the listing found with its new count, where this side was not counted before."""
    index, column = ("outcomes", "outcome_id") if side is Side.BUYER else ("needs", "need_id")
    listing_id: UUID | None = getattr(deal, column)
    if listing_id is None:
        return
    same = {column: listing_id, f"{side}_id": getattr(deal, f"{side}_id"), f"{side}_agreed_at__isnull": False}
    if not await Deal.filter(**same).exclude(id=deal.id).exists():
        await enqueue(index, listing_id)


async def _count(column: str, side: str, ids: Collection[UUID]) -> dict[UUID, int]:
    rows = await connection().execute_query_dict(
        f"SELECT {column} AS id, count(DISTINCT {side}_id) AS n FROM deals "  # noqa: S608  # our own words
        f"WHERE {column} = ANY($1::uuid[]) AND {side}_agreed_at IS NOT NULL GROUP BY 1",
        [list(ids)],
    )
    return {UUID(str(row["id"])): int(row["n"]) for row in rows}


async def tell_of_outcomes(outcomes: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return what documents of outcomes hold of it."""
    counts = await count_interests([one.id for one in outcomes])
    return {one.id: {"interests": counts.get(one.id, 0)} for one in outcomes}


async def tell_of_needs(needs: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return what documents of needs hold of it."""
    counts = await count_responses([one.id for one in needs])
    return {one.id: {"responses": counts.get(one.id, 0)} for one in needs}
