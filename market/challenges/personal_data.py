"""What challenges keep of a person: the solutions that they submitted for their unit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.challenges.solution_models import SolutionVersion
from market.records.by import By


async def export_solutions(user_id: UUID) -> list[dict[str, Any]]:
    """Return which versions of which solutions a person submitted, each with its receipt."""
    versions = SolutionVersion.filter(submitted_by_id=user_id).order_by("submitted_at")
    return [
        {
            "challenge": version.solution.challenge.number,
            "version": version.version,
            "commitment": version.commitment,
            "arrived_at": version.arrived_at,
        }
        for version in await versions.select_related("solution__challenge")
    ]


async def keep_solutions(_user_id: UUID, _by: By) -> None:
    """Keep everything: a choice and a contract rest on it, and the name stands on the user alone."""
