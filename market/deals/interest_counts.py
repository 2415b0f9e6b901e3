"""Counts of organisations interested in a listing, from the deals about it; never their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from market.deals.models import Deal, Side
from market.kit.database import connection
from market.search.outbox import enqueue


async def count_interests(outcome_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return by outcome the number of organisations that agreed to negotiate as its buyer."""
    return await _count("outcome_id", "buyer", outcome_ids)


async def count_responses(need_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return by need the number of organisations that agreed to negotiate as its seller."""
    return await _count("need_id", "seller", need_ids)


async def reindex_after_agreement(deal: Deal, side: Side) -> None:
    """Enqueue the listing for the search index if this side's organisation was not counted before."""
    index, column = ("outcomes", "outcome_id") if side is Side.BUYER else ("needs", "need_id")
    listing_id: UUID | None = getattr(deal, column)
    if listing_id is None:
        return
    same = {column: listing_id, f"{side}_id": getattr(deal, f"{side}_id"), f"{side}_agreed_at__isnull": False}
    if not await Deal.filter(**same).exclude(id=deal.id).exists():
        await enqueue(index, listing_id)


async def _count(column: str, side: str, ids: Collection[UUID]) -> dict[UUID, int]:
    rows = await connection().execute_query_dict(
        f"SELECT {column} AS id, count(DISTINCT {side}_id) AS n FROM deals "  # noqa: S608  # constants
        f"WHERE {column} = ANY($1::uuid[]) AND {side}_agreed_at IS NOT NULL GROUP BY 1",
        [list(ids)],
    )
    return {UUID(str(row["id"])): int(row["n"]) for row in rows}


async def outcome_document_facts(outcomes: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return by outcome the facts that its search document takes from deals."""
    counts = await count_interests([outcome.id for outcome in outcomes])
    return {outcome.id: {"interests": counts.get(outcome.id, 0)} for outcome in outcomes}


async def need_document_facts(needs: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return by need the facts that its search document takes from deals."""
    counts = await count_responses([need.id for need in needs])
    return {need.id: {"responses": counts.get(need.id, 0)} for need in needs}
