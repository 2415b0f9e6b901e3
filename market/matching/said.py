"""What people said of matches, as the scorer takes it into account."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from market.kit.database import connection
from market.matching.refusals import GENERAL, Refusal, Told

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
    """Return what was said of their matches by the owners of these needs and outcomes, by listing.

    `subjects` are of the index, `others` of the other one.
    """
    needs, outcomes = (subjects, others) if index == "needs" else (others, subjects)
    rows = await connection().execute_query_dict(_SQL, [sorted(GENERAL), list(needs), list(outcomes)])
    found: dict[UUID, list[Refusal]] = {}
    for row in rows:
        if row["by_need"]:
            who, refused = row["need_id"], Told(row["field"], row["price_amount"], row["trl"], row["region"])
        else:
            who = row["outcome_id"]
            refused = Told(row["need_field"], row["budget_max_amount"], row["trl_min"], row["need_region"])
        found.setdefault(UUID(str(who)), []).append(Refusal(row["reason"], row["by_need"], refused))
    return found
