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
        "LEFT JOIN LATERAL (SELECT e.action, e.data->>'ruling' AS ruling FROM audit_events e "
        "  WHERE e.subject_kind = 'objection' AND e.subject_id = o.id AND e.action IN ('uphold', 'dismiss') "
        "  ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "LEFT JOIN objection_rulings r ON r.id::text = logged.ruling "
        "WHERE o.status IN ('upheld', 'dismissed') AND (logged.action IS NULL "
        "  OR (logged.action = 'uphold') <> (o.status = 'upheld') "
        "  OR (logged.ruling IS NOT NULL AND (r.id IS NULL OR r.objection_id <> o.id "
        "    OR r.verdict IS DISTINCT FROM 'confirmed' OR r.decided_by_id IS NULL "
        "    OR r.decided_by_id = r.proposed_by_id OR r.is_upheld <> (o.status = 'upheld') "
        "    OR r.text <> o.decision)))",
        lazy("公示 %(number)s：有一项异议不是两人裁定的"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "notices: objections are decided by two": Invariant(
        lazy("公示：异议由两人裁定"), objections_are_decided_by_two
    ),
}
