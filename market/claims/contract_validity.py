"""Which contracts no longer carry an award: rescinded, or their registration cancelled."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from tortoise.expressions import Q, Subquery

from market.claims.models import ClaimContract
from market.contracts.models import ChangeKind, Contract, ContractChange
from market.deals.states import DealStatus


def is_lost(prefix: str = "contract__") -> Q:
    """Return the condition on rows that have such a contract; with no prefix, on contracts themselves."""
    cancelled = ContractChange.filter(kind=ChangeKind.CANCELLATION, withdrawn_at=None).values("contract_id")
    conditions: dict[str, Any] = {f"{prefix}id__in": Subquery(cancelled)}
    return Q(**{f"{prefix}deal__status": DealStatus.RESCINDED}) | Q(**conditions)


async def lost_among(contract_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these contracts that no longer carry an award."""
    rows = await Contract.filter(is_lost(""), id__in=list(contract_ids)).values_list("id", flat=True)
    return {UUID(str(one)) for one in rows}


async def lost_in(claim_ids: Collection[UUID]) -> dict[UUID, list[Contract]]:
    """Return by claim those of its contracts that no longer carry an award."""
    rows = await ClaimContract.filter(is_lost(), claim_id__in=list(claim_ids)).select_related("contract")
    found: dict[UUID, list[Contract]] = {}
    for row in rows:
        found.setdefault(row.claim_id, []).append(row.contract)
    return found
