"""Invariants of claims."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.room import Check
from market.ledger.checks import find_rows

HANDS = (
    "(SELECT DISTINCT ON (claim_id) claim_id, proposed_by_id AS computed_by_id, "
    "CASE WHEN verdict = 'confirmed' THEN decided_by_id END AS confirmed_by_id "
    "FROM assessments ORDER BY claim_id, sequence DESC)"
)
"""Who computed and who confirmed the latest computation of each claim."""
STANDING = "('publicity', 'approved', 'to_pay', 'paid', 'tracking', 'closed')"


async def parts_add_up() -> list[str]:
    """The awards of a claim's contracts add up to the claim's award."""
    return await find_rows(
        "SELECT c.number, c.award_amount, sum(k.award_amount) AS parts FROM claims c "  # noqa: S608
        f"JOIN claim_contracts k ON k.claim_id = c.id WHERE c.status IN {STANDING} "
        "GROUP BY c.number, c.award_amount HAVING sum(k.award_amount) <> c.award_amount",
        "claim {number}: an award of {award_amount}, its contracts {parts}",
    )


async def no_conflicted_hands() -> list[str]:
    """Nobody computed or rechecked a claim after declaring a conflict of interest for it."""
    return await find_rows(
        "SELECT c.number FROM claims c JOIN declared_conflicts f ON f.subject_id = c.id "  # noqa: S608
        f"JOIN {HANDS} AS h ON h.claim_id = c.id "
        "WHERE f.subject_kind = 'claim' AND c.status NOT IN ('accepted', 'supplement') "
        "AND f.user_id IN (h.computed_by_id, h.confirmed_by_id)",
        "claim {number} went through the hands of somebody with a declared conflict",
    )


async def payees_as_logged() -> list[str]:
    """The account frozen into a claim is the one that its log has, of submission or last change."""
    return await find_rows(
        "SELECT c.number FROM claims c JOIN payee_accounts a ON a.id = c.payee_id "
        "WHERE a.fingerprint <> '' AND a.fingerprint IS DISTINCT FROM (SELECT e.data ->> 'account_hash' "
        "FROM audit_events e WHERE e.subject_kind = 'claim' AND e.subject_id = c.id "
        "AND e.action IN ('submit', 'supply', 'change_payee') AND e.data ->> 'account_hash' IS NOT NULL "
        "ORDER BY e.sequence DESC LIMIT 1)",
        "claim {number} has another account than was frozen into it",
    )


CHECKS: Mapping[str, Check] = {
    "subsidies: nobody acts against a declared conflict": no_conflicted_hands,
    "subsidies: contracts add up to the claim": parts_add_up,
    "subsidies: accounts are the ones frozen into claims": payees_as_logged,
}
