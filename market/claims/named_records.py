"""Which records submitted claims name: what the desk opens without stating a reason (README, k)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

from market.accounts.models import Organisation
from market.contracts.models import Contract
from market.kit.database import connection
from market.kit.subjects import DeskScope
from market.listings.models import Need, Outcome


def _named(*columns: str) -> Callable[[Collection[UUID]], Awaitable[set[UUID]]]:
    """Return what reads those of these ids that stand in a column of a submitted claim or its contracts."""
    sql = " UNION ".join(
        f"SELECT {column} AS id FROM claims c LEFT JOIN claim_contracts k ON k.claim_id = c.id "  # noqa: S608  # columns of ours
        "LEFT JOIN contracts t ON t.id = k.contract_id LEFT JOIN deals d ON d.id = t.deal_id "
        f"WHERE c.submitted_at IS NOT NULL AND {column} = ANY($1)"
        for column in columns
    )

    async def named(ids: Collection[UUID]) -> set[UUID]:
        rows = await connection().execute_query_dict(sql, [list(ids)])
        return {UUID(str(row["id"])) for row in rows}

    return named


NAMED_AT_DESK = {
    "contract": DeskScope(Contract, _named("t.id")),
    "outcome": DeskScope(Outcome, _named("d.outcome_id")),
    "need": DeskScope(Need, _named("d.need_id")),
    "organisation": DeskScope(Organisation, _named("c.applicant_id", "d.seller_id", "d.buyer_id")),
}
