"""Invariants of claims."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant

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
        lazy("申报 %(number)s：补助 ￥%(award_amount)s，各合同合计 ￥%(parts)s"),
    )


async def no_conflicted_hands() -> list[str]:
    """Nobody computed or rechecked a claim after declaring a conflict of interest for it."""
    return await find_rows(
        "SELECT c.number FROM claims c JOIN declared_conflicts f ON f.subject_id = c.id "  # noqa: S608
        f"JOIN {HANDS} AS h ON h.claim_id = c.id "
        "WHERE f.subject_kind = 'claim' AND c.status NOT IN ('accepted', 'supplement') "
        "AND f.user_id IN (h.computed_by_id, h.confirmed_by_id)",
        lazy("申报 %(number)s 由声明回避的人经办"),
    )


async def payees_as_logged() -> list[str]:
    """The account frozen into a claim is the one that its log has, of submission or last change."""
    return await find_rows(
        "SELECT c.number FROM claims c JOIN payee_accounts a ON a.id = c.payee_id "
        "WHERE a.fingerprint <> '' AND a.fingerprint IS DISTINCT FROM (SELECT e.data ->> 'account_hash' "
        "FROM audit_events e WHERE e.subject_kind = 'claim' AND e.subject_id = c.id "
        "AND e.action IN ('submit', 'supply', 'change_payee') AND e.data ->> 'account_hash' IS NOT NULL "
        "ORDER BY e.sequence DESC LIMIT 1)",
        lazy("申报 %(number)s 的收款账户与提交时的日志不同"),
    )


async def evidence_is_as_logged() -> list[str]:
    """Every paper of a claim says what the log says it said when it was added, and its file is the same."""
    return await find_rows(
        "SELECT c.number, e.kind, e.number AS paper FROM evidence e JOIN claims c ON c.id = e.claim_id "
        "LEFT JOIN files f ON f.id = e.file_id WHERE NOT EXISTS (SELECT 1 FROM audit_events a "
        "  WHERE a.subject_kind = 'claim' AND a.subject_id = e.claim_id AND a.action = 'add_evidence' "
        "  AND a.data->>'evidence' = e.id::text AND a.data->>'kind' = e.kind "
        "  AND a.data->>'number' = e.number AND (a.data->>'amount')::bigint IS NOT DISTINCT FROM e.amount "
        "  AND a.data->>'sha256' IS NOT DISTINCT FROM f.sha256)",
        lazy("申报 %(number)s：%(kind)s“%(paper)s”与日志所记不同"),
        labels={"kind": "evidence_kind"},
    )


async def evidence_is_not_lost() -> list[str]:
    """Every paper that the log names is still there, or was taken out before the first submission."""
    return await find_rows(
        "SELECT c.number, a.data->>'kind' AS kind, a.data->>'number' AS paper "
        "FROM audit_events a JOIN claims c ON c.id = a.subject_id "
        "WHERE a.subject_kind = 'claim' AND a.action = 'add_evidence' AND a.data ? 'evidence' "
        "AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.id::text = a.data->>'evidence') "
        "AND NOT EXISTS (SELECT 1 FROM audit_events r WHERE r.subject_kind = 'claim' "
        "  AND r.subject_id = a.subject_id AND r.action = 'remove_evidence' "
        "  AND r.data->>'evidence' = a.data->>'evidence')",
        lazy("申报 %(number)s：%(kind)s“%(paper)s”不见了"),
        labels={"kind": "evidence_kind"},
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
        lazy("申报 %(number)s 的不予支持不是两人决定的"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "subsidies: claims are refused by two": Invariant(
        lazy("补助：不予支持由两人决定"), refusals_are_decided_by_two
    ),
    "subsidies: evidence is what the log says": Invariant(
        lazy("补助：材料与日志所记一致"), evidence_is_as_logged
    ),
    "subsidies: no evidence is lost": Invariant(lazy("补助：材料没有丢失"), evidence_is_not_lost),
    "subsidies: nobody acts against a declared conflict": Invariant(
        lazy("补助：声明回避的人没有经办"), no_conflicted_hands
    ),
    "subsidies: contracts add up to the claim": Invariant(
        lazy("补助：各合同的补助合计等于申报的补助"), parts_add_up
    ),
    "subsidies: accounts are the ones frozen into claims": Invariant(
        lazy("补助：申报的收款账户与提交时的日志一致"), payees_as_logged
    ),
}
