"""Invariants of sanctions."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def sanctions_are_decided_by_two() -> list[str]:
    """Every sanction that was confirmed, repaired or lifted has the decision of two that its log names.

    A step of an earlier release has no decision in the log: one person took it.
    """
    return await find_rows(
        "SELECT s.decision_number FROM sanctions s LEFT JOIN LATERAL ("
        "  SELECT e.action, e.data->>'decision' AS decision FROM audit_events e "
        "  WHERE e.subject_kind = 'sanction' AND e.subject_id = s.id "
        "  AND e.action IN ('confirm', 'repair', 'lift') ORDER BY e.sequence DESC LIMIT 1) AS logged ON true "
        "LEFT JOIN sanction_decisions d ON d.id::text = logged.decision "
        "WHERE s.status NOT IN ('filed', 'heard') AND (logged.action IS NULL "
        "  OR (s.status = 'repaired') <> (logged.action IN ('repair', 'lift')) "
        "  OR (logged.decision IS NOT NULL AND (d.id IS NULL OR d.sanction_id <> s.id "
        "    OR d.verdict IS DISTINCT FROM 'confirmed' OR d.decided_by_id IS NULL "
        "    OR d.decided_by_id = d.proposed_by_id)))",
        lazy("失信记录 %(decision_number)s 不是两人决定的"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "integrity: sanctions are decided by two": Invariant(
        lazy("失信：限制、修复和解除由两人决定"), sanctions_are_decided_by_two
    ),
}
