"""Invariants of expert panels."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.database import find_rows
from market.kit.room import Check


async def conclusions_are_logged() -> list[str]:
    """Every concluded panel has the points, rate and flag that its log has."""
    return await find_rows(
        "SELECT p.id FROM panels p WHERE p.concluded_at IS NOT NULL AND NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = p.subject_kind "
        "  AND e.subject_id = p.subject_id AND e.action = 'conclude_panel' "
        "  AND e.data->>'points' = p.points AND (e.data->>'is_flagged')::boolean = p.is_flagged "
        "  AND (e.data->>'rate_basis_points')::int IS NOT DISTINCT FROM p.rate_basis_points)",
        "panel {id} is not concluded as its log says",
    )


async def scores_are_logged() -> list[str]:
    """Every score of a concluded panel stands in the log as it was submitted."""
    return await find_rows(
        "SELECT r.id FROM expert_reviews r JOIN panels p "
        "ON p.subject_kind = r.subject_kind AND p.subject_id = r.subject_id "
        "WHERE p.concluded_at IS NOT NULL AND r.submitted_at IS NOT NULL AND NOT EXISTS ("
        "  SELECT 1 FROM audit_events e WHERE e.subject_kind = r.subject_kind "
        "  AND e.subject_id = r.subject_id AND e.action = 'score' "
        "  AND (e.data->'scores'->>'novelty')::int = r.novelty "
        "  AND (e.data->'scores'->>'maturity')::int = r.maturity "
        "  AND (e.data->'scores'->>'benefit')::int = r.benefit)",
        "review {id} has other scores than were submitted",
    )


CHECKS: Mapping[str, Check] = {
    "panels: conclusions are what the log says": conclusions_are_logged,
    "panels: scores are what the log says": scores_are_logged,
}
