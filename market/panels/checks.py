"""Invariants of expert panels."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def conclusions_are_logged() -> list[str]:
    """Every concluded panel has the points, rate and flag that its log has."""
    return await find_rows(
        "SELECT coalesce(c.number, '—') AS number FROM panels p "
        "LEFT JOIN claims c ON c.id = p.subject_id WHERE p.concluded_at IS NOT NULL AND NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = p.subject_kind "
        "  AND e.subject_id = p.subject_id AND e.action = 'conclude_panel' "
        "  AND e.data->>'points' = p.points AND (e.data->>'is_flagged')::boolean = p.is_flagged "
        "  AND (e.data->>'rate_basis_points')::int IS NOT DISTINCT FROM p.rate_basis_points)",
        lazy("申报 %(number)s 的评审结论与日志不同"),
    )


async def scores_are_logged() -> list[str]:
    """Every score of a concluded panel stands in the log as it was submitted."""
    return await find_rows(
        "SELECT coalesce(c.number, '—') AS number FROM expert_reviews r "
        "LEFT JOIN claims c ON c.id = r.subject_id JOIN panels p "
        "ON p.subject_kind = r.subject_kind AND p.subject_id = r.subject_id "
        "WHERE p.concluded_at IS NOT NULL AND r.submitted_at IS NOT NULL AND NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = r.subject_kind "
        "  AND e.subject_id = r.subject_id AND e.action = 'score' "
        "  AND (e.data->'scores'->>'novelty')::int = r.novelty "
        "  AND (e.data->'scores'->>'maturity')::int = r.maturity "
        "  AND (e.data->'scores'->>'benefit')::int = r.benefit)",
        lazy("申报 %(number)s 有一份评分与提交时不同"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "panels: conclusions are what the log says": Invariant(
        lazy("评审：结论与日志所记一致"), conclusions_are_logged
    ),
    "panels: scores are what the log says": Invariant(
        lazy("评审：评分与提交时的日志一致"), scores_are_logged
    ),
}
