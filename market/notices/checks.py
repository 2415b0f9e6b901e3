"""Invariants of notices and objections."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def objections_are_decided_by_two() -> list[str]:
    """Every decided objection has the ruling that its log names, proposed by one and confirmed by another.

    A decision of an earlier release has no ruling in the log: one person took it.
    """
    return await find_rows(
        "SELECT n.number, o.id FROM objections o JOIN notices n ON n.id = o.notice_id "
        "LEFT JOIN LATERAL (SELECT e.action, e.data->>'ruling' AS ruling, "
        "  (e.data->>'amount')::bigint AS amount FROM audit_events e "
        "  WHERE e.subject_kind = 'objection' AND e.subject_id = o.id "
        "  AND e.action IN ('uphold', 'correct', 'dismiss') "
        "  ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "LEFT JOIN objection_rulings r ON r.id::text = logged.ruling "
        "WHERE o.status IN ('upheld', 'corrected', 'dismissed') AND (logged.action IS NULL "
        "  OR (logged.action = 'uphold') <> (o.status = 'upheld') "
        "  OR (logged.action = 'correct') <> (o.status = 'corrected') "
        "  OR (r.corrected_amount IS NOT NULL) <> (o.status = 'corrected') "
        "  OR r.corrected_amount IS DISTINCT FROM logged.amount "
        "  OR (logged.ruling IS NOT NULL AND (r.id IS NULL OR r.objection_id <> o.id "
        "    OR r.verdict IS DISTINCT FROM 'confirmed' OR r.decided_by_id IS NULL "
        "    OR r.decided_by_id = r.proposed_by_id OR r.is_upheld <> (o.status <> 'dismissed') "
        "    OR r.text <> o.decision)))",
        lazy("公示 %(number)s：有一项异议不是两人裁定的"),
    )


async def statements_are_as_logged() -> list[str]:
    """Each statement has text and papers that its log has, each paper its file, and no logged one is lost.

    The text of an objection and of the publisher's answer is what was filed, where the log has its hash.
    """
    return await find_rows(
        "SELECT DISTINCT n.number FROM objections o JOIN notices n ON n.id = o.notice_id "
        "LEFT JOIN objection_statements s ON s.objection_id = o.id "
        "LEFT JOIN audit_events e ON e.subject_kind = 'objection' AND e.subject_id = o.id "
        "  AND e.action = 'state' AND e.data->>'statement' = s.id::text "
        "WHERE (s.id IS NOT NULL AND (e.data IS NULL OR e.data->>'side' <> s.side "
        "  OR e.data->>'text' <> encode(sha256(convert_to(s.text, 'UTF8')), 'hex') "
        "  OR e.data->'papers' <> (SELECT coalesce(jsonb_agg(p.sha256 ORDER BY p.sha256), '[]'::jsonb) "
        "    FROM objection_papers p JOIN files f ON f.id = p.file_id AND f.sha256 = p.sha256 "
        "    WHERE p.statement_id = s.id))) "
        "OR EXISTS (SELECT 1 FROM audit_events l WHERE l.subject_kind = 'objection' AND l.subject_id = o.id "
        "  AND ((l.action = 'state' AND NOT EXISTS (SELECT 1 FROM objection_statements k "
        "    WHERE k.id::text = l.data->>'statement')) "
        "  OR (l.action IN ('file', 'answer') AND l.data ? 'text' AND l.data->>'text' <> encode(sha256("
        "    convert_to(CASE l.action WHEN 'file' THEN o.reason ELSE o.answer END, 'UTF8')), 'hex'))))",
        lazy("公示 %(number)s：有一项异议的理由、答复或证据与日志所记不同"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "notices: objections are decided by two": Invariant(
        lazy("公示：异议由两人裁定"), objections_are_decided_by_two
    ),
    "notices: statements and papers are what the log says": Invariant(
        lazy("公示：异议的理由、答复和证据与日志所记一致"), statements_are_as_logged
    ),
}
