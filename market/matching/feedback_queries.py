"""Loading of refusals for the scorer."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from market.kit.database import connection
from market.matching.feedback import GENERAL, ListingTraits, Refusal

_SQL = """
SELECT f.reason, f.organisation_id = n.organisation_id AS by_need, m.need_id, m.outcome_id,
       n.field AS need_field, n.budget_max_amount, n.trl_min, n.region AS need_region,
       o.field, o.price_amount, o.trl, o.region
FROM match_feedback f
JOIN matches m ON m.id = f.match_id JOIN needs n ON n.id = m.need_id JOIN outcomes o ON o.id = m.outcome_id
WHERE f.reason = ANY($1::text[]) AND (
    (f.organisation_id = n.organisation_id AND m.need_id = ANY($2::uuid[]))
    OR (f.organisation_id = o.organisation_id AND m.outcome_id = ANY($3::uuid[])))
"""


async def load_refusals(
    index: str, subjects: Collection[UUID], others: Collection[UUID]
) -> dict[UUID, list[Refusal]]:
    """Load the refusals by the owners of these needs and outcomes, by listing.

    `subjects` are of the index, `others` of the other one.
    """
    needs, outcomes = (subjects, others) if index == "needs" else (others, subjects)
    rows = await connection().execute_query_dict(_SQL, [sorted(GENERAL), list(needs), list(outcomes)])
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
