"""Voided contracts, which carry no award: rescinded, or their registration cancelled."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from tortoise.expressions import Q, Subquery

from market.claims.models import ClaimContract
from market.contracts.models import Contract, ContractChange
from market.contracts.states import ChangeKind
from market.deals.states import DealStatus


def is_voided(prefix: str = "contract__") -> Q:
    """Return the condition for rows with a voided contract; an empty prefix means contracts themselves."""
    cancelled = ContractChange.filter(kind=ChangeKind.CANCELLATION).values("contract_id")
    conditions: dict[str, Any] = {f"{prefix}id__in": Subquery(cancelled)}
    return Q(**{f"{prefix}deal__status": DealStatus.RESCINDED}) | Q(**conditions)


async def voided_among(contract_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these contracts that are voided."""
    rows = await Contract.filter(is_voided(""), id__in=list(contract_ids)).values_list("id", flat=True)
    return {UUID(str(contract_id)) for contract_id in rows}


async def voided_in(claim_ids: Collection[UUID]) -> dict[UUID, list[Contract]]:
    """Return by claim its voided contracts."""
    rows = await ClaimContract.filter(is_voided(), claim_id__in=list(claim_ids)).select_related("contract")
    by_claim: dict[UUID, list[Contract]] = {}
    for row in rows:
        by_claim.setdefault(row.claim_id, []).append(row.contract)
    return by_claim
