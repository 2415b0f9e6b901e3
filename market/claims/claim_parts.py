"""What hangs on a claim: read by one statement, so that its pages ask for nothing that is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from market.kit.statements import OverviewStatement

_ABOUT = "WHERE subject_kind = 'claim' AND subject_id = $1"
_OWN = "WHERE claim_id = $1"


@dataclass(frozen=True)
class ClaimParts:
    """Which kinds of records there are about a claim, and the sums of its contracts."""

    kinds: frozenset[str]
    received: int
    """Received on all contracts, in fen."""
    sales: int | None
    """New sales reported for the claim's year, in fen; None where none were."""

    def has(self, kind: str) -> bool:
        """Return whether there are records of a kind that `parts_of` asks for."""
        return kind in self.kinds


_PARTS = OverviewStatement(
    kinds={
        "rejections": f"evidence_rejections r JOIN evidence e ON e.id = r.evidence_id {_OWN}",
        "removals": f"list_removals {_OWN}",
        "checks": "integrity_checks WHERE reference_kind = 'claim' AND reference_id = $1",
        "disbursements": f"disbursements {_OWN}",
        "rulings": "objection_rulings r JOIN objections o ON o.id = r.objection_id "
        "JOIN notices n ON n.id = o.notice_id JOIN claims c ON c.batch_id = n.subject_id "
        "WHERE c.id = $1 AND r.corrected_amount IS NOT NULL",
        "payee_changes": f"claim_payee_changes {_OWN}",
        "refusals": f"claim_refusals {_OWN}",
        "conflicts": f"declared_conflicts {_ABOUT}",
        "reviews": f"expert_reviews {_ABOUT}",
        "round_items": f"round_items i JOIN rounds r ON r.id = i.round_id {_ABOUT}",
        "clawbacks": f"clawbacks {_OWN}",
        "documents": f"issued_documents {_ABOUT}",
    },
    lists={
        "received": "SELECT r.amount FROM receipts r "
        "JOIN claim_contracts k ON k.contract_id = r.contract_id WHERE k.claim_id = $1",
        "sales": "SELECT s.amount FROM sales_reports s "
        "JOIN claim_contracts k ON k.contract_id = s.contract_id "
        "JOIN claims c ON c.id = k.claim_id WHERE c.id = $1 AND s.year = c.year",
    },
)


async def parts_of(claim_id: UUID) -> ClaimParts:
    """Return what hangs on a claim."""
    overview = await _PARTS.read(claim_id)
    sales = overview.rows["sales"]
    return ClaimParts(overview.parts, sum(overview.rows["received"]), sum(sales) if sales else None)


_CONTRACT_FACTS = OverviewStatement(
    kinds={},
    lists={
        "receipts": "SELECT (contract_id, received_on, amount) FROM receipts "
        "WHERE contract_id = ANY($1::uuid[]) ORDER BY received_on, booked_at",
        "sales": "SELECT (contract_id, year, amount) FROM sales_reports "
        "WHERE contract_id = ANY($1::uuid[]) ORDER BY year",
        "exclusions": "SELECT (contract_id, kind, amount) FROM contract_exclusions "
        "WHERE contract_id = ANY($1::uuid[])",
        "paid_in": "SELECT (contract_id, paid_in_on, amount, verdict) FROM equity_paid_in "
        "WHERE contract_id = ANY($1::uuid[])",
    },
)


async def contract_facts(contract_ids: Sequence[UUID]) -> Mapping[str, Mapping[UUID, list[Any]]]:
    """Return receipts, sales, exclusions and equity paid in, each by contract, in their order."""
    overview = await _CONTRACT_FACTS.read(list(contract_ids))
    facts: dict[str, dict[UUID, list[Any]]] = {}
    for name, rows in overview.rows.items():
        by_contract = facts[name] = {contract_id: [] for contract_id in contract_ids}
        for contract_id, *values in rows:
            by_contract[contract_id].append(tuple(values))
    return facts
