"""Invariants of claims."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.database import find_rows
from market.kit.room import Check

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


async def evidence_is_as_logged() -> list[str]:
    """Every paper of a claim says what the log says it said when it was added, and its file is the same."""
    return await find_rows(
        "SELECT c.number, e.id FROM evidence e JOIN claims c ON c.id = e.claim_id "
        "LEFT JOIN files f ON f.id = e.file_id WHERE NOT EXISTS (SELECT 1 FROM audit_events a "
        "  WHERE a.subject_kind = 'claim' AND a.subject_id = e.claim_id AND a.action = 'add_evidence' "
        "  AND a.data->>'evidence' = e.id::text AND a.data->>'kind' = e.kind "
        "  AND a.data->>'number' = e.number AND (a.data->>'amount')::bigint IS NOT DISTINCT FROM e.amount "
        "  AND a.data->>'sha256' IS NOT DISTINCT FROM f.sha256)",
        "claim {number}: paper {id} is not what the log says",
    )


async def evidence_is_not_lost() -> list[str]:
    """Every paper that the log names is still there, or was taken out before the first submission."""
    return await find_rows(
        "SELECT c.number, a.data->>'evidence' AS id FROM audit_events a JOIN claims c ON c.id = a.subject_id "
        "WHERE a.subject_kind = 'claim' AND a.action = 'add_evidence' AND a.data ? 'evidence' "
        "AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.id::text = a.data->>'evidence') "
        "AND NOT EXISTS (SELECT 1 FROM audit_events r WHERE r.subject_kind = 'claim' "
        "  AND r.subject_id = a.subject_id AND r.action = 'remove_evidence' "
        "  AND r.data->>'evidence' = a.data->>'evidence')",
        "claim {number}: paper {id} is gone",
    )


async def refusals_are_decided_by_two() -> list[str]:
    """Every rejected claim was refused by two, or taken off its list by an objection or a lost contract.

    A refusal of an earlier release has no number in the log: one person took it.
    """
    return await find_rows(
        "SELECT c.number FROM claims c LEFT JOIN LATERAL (SELECT e.action, e.data->>'refusal' AS refusal "
        "  FROM audit_events e WHERE e.subject_kind = 'claim' AND e.subject_id = c.id "
        "  AND e.action IN ('reject', 'uphold_objection', 'release') "
        "  ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "LEFT JOIN claim_refusals r ON r.id::text = logged.refusal "
        "WHERE c.status = 'rejected' AND (logged.action IS NULL OR (logged.refusal IS NOT NULL "
        "  AND (r.id IS NULL OR r.claim_id <> c.id OR r.verdict IS DISTINCT FROM 'confirmed' "
        "    OR r.decided_by_id IS NULL OR r.decided_by_id = r.proposed_by_id "
        "    OR r.text <> c.reject_reason)))",
        "claim {number} was not refused by two persons",
    )


CHECKS: Mapping[str, Check] = {
    "subsidies: claims are refused by two": refusals_are_decided_by_two,
    "subsidies: evidence is what the log says": evidence_is_as_logged,
    "subsidies: no evidence is lost": evidence_is_not_lost,
    "subsidies: nobody acts against a declared conflict": no_conflicted_hands,
    "subsidies: contracts add up to the claim": parts_add_up,
    "subsidies: accounts are the ones frozen into claims": payees_as_logged,
}
