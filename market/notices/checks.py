"""Invariants of notices and objections."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.notices.models import Notice
from market.notices.texts import body_hash

PAGE = 500


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


async def periods_to_answer_are_as_logged() -> list[str]:
    """Who is objected to has until the moment that the log of the objection says."""
    return await find_rows(
        "SELECT n.number FROM objections o JOIN notices n ON n.id = o.notice_id "
        "JOIN audit_events e ON e.subject_kind = 'objection' AND e.subject_id = o.id AND e.action = 'file' "
        "WHERE e.data ? 'respond_by' "
        "AND (e.data->>'respond_by')::timestamptz IS DISTINCT FROM o.respond_by",
        lazy("公示 %(number)s：有一项异议的答复期限与日志所记不同"),
    )


async def objections_are_not_lost() -> list[str]:
    """Every objection that the log has is there."""
    return await find_rows(
        "SELECT e.subject_id AS id, e.happened_at::date AS day FROM audit_events e "
        "WHERE e.subject_kind = 'objection' AND e.action = 'file' "
        "AND NOT EXISTS (SELECT 1 FROM objections o WHERE o.id = e.subject_id)",
        lazy("%(day)s 提出的一项异议（objection:%(id)s）不见了"),
    )


async def texts_are_as_published() -> list[str]:
    """Each notice has the text whose hash it and its log have, and the end that its log has.

    It is open until it was moved.
    """
    findings = await find_rows(
        "SELECT n.number FROM notices n WHERE NOT EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.subject_kind = 'notice' AND e.subject_id = n.id AND e.action = 'publish' "
        "AND e.data ->> 'number' = n.number AND e.data ->> 'hash' = n.body_hash "
        "AND e.happened_at = n.published_at) "
        "OR (SELECT (e.data ->> 'ends_at')::timestamptz FROM audit_events e "
        "  WHERE e.subject_kind = 'notice' AND e.subject_id = n.id AND e.data ? 'ends_at' "
        "  ORDER BY e.sequence DESC LIMIT 1) IS DISTINCT FROM n.ends_at "
        "OR (n.status <> 'open' AND NOT EXISTS (SELECT 1 FROM status_events s "
        "  WHERE s.subject_kind = 'notice' AND s.subject_id = n.id))",
        lazy("公示 %(number)s 的内容、截止时间或状态与日志不同"),
    )
    last = None
    while len(findings) < MAX_FINDINGS:
        rows = Notice.all() if last is None else Notice.filter(id__gt=last)
        # Values, not records: what was tampered with may be no value of an enum.
        page = await rows.order_by("id").limit(PAGE).values("id", "number", "title", "body", "body_hash")
        if not page:
            break
        last = page[-1]["id"]
        findings += [
            _("公示 %(number)s 的内容与发布时不同", number=row["number"])
            for row in page
            if body_hash(row["title"], row["body"]) != row["body_hash"]
        ]
    return findings[:MAX_FINDINGS]


CHECKS: Mapping[str, Invariant[Check]] = {
    "notices: no objection is lost": Invariant(lazy("公示：异议没有丢失"), objections_are_not_lost),
    "notices: periods to answer are what the log says": Invariant(
        lazy("公示：异议的答复期限与日志所记一致"), periods_to_answer_are_as_logged
    ),
    "notices: texts are as published": Invariant(
        lazy("公示：内容、截止时间和状态与日志一致"), texts_are_as_published
    ),
    "notices: objections are decided by two": Invariant(
        lazy("公示：异议由两人裁定"), objections_are_decided_by_two
    ),
    "notices: statements and papers are what the log says": Invariant(
        lazy("公示：异议的理由、答复和证据与日志所记一致"), statements_are_as_logged
    ),
}
