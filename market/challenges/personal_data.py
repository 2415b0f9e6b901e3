"""What challenges keep of a person: solutions that they submitted for their unit, what they watch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.challenges.solution_models import SolutionVersion
from market.challenges.watching import erase_watches, export_watches
from market.records.by import By


async def export(user_id: UUID) -> dict[str, Any]:
    """Return the versions of solutions that a person submitted, each with its receipt, and their watches."""
    versions = SolutionVersion.filter(submitted_by_id=user_id).order_by("submitted_at")
    solutions = [
        {
            "challenge": version.solution.challenge.number,
            "version": version.version,
            "commitment": version.commitment,
            "arrived_at": version.arrived_at,
        }
        for version in await versions.select_related("solution__challenge")
    ]
    return {"solutions": solutions, "watches": await export_watches(user_id)}


async def erase(user_id: UUID, _by: By) -> None:
    """Erase what they watch; a choice and a contract rest on solutions, whose author is on the user alone."""
    await erase_watches(user_id)
