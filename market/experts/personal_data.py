"""What the pool holds of a person: handed out on request, and what of it goes with them.

Erased are how they are reached, what they read and wrote of themselves, and the way to their resume; of who
was never admitted also units and ties. Of an admitted expert kind, rank, fields, units, ties and decisions
are kept: conflicts of interest and draws of past panels rest on them, and objections and audits ask for them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.experts.models import Expert, ExpertDecision, ExpertTie, ExpertUnit
from market.experts.states import WORKFLOW, ExpertAction
from market.records.by import By
from market.records.transitions import transition

ERASED = {"title": "", "languages": "", "phone": "", "pledge": "", "resume_id": None}


async def export_expert(user_id: UUID) -> dict[str, Any] | None:
    """Return a person's entry in the pool with units, ties and what was decided; None: there is none."""
    expert = await Expert.get_or_none(user_id=user_id).select_related("resume")
    if expert is None:
        return None
    columns = (
        *("number", "status", "kind", "title_rank", "title", "fields_of_work", "region", "languages"),
        *("phone", "capacity", "pledge", "applied_at", "admitted_at", "barred_until"),
    )
    return {
        **{name: getattr(expert, name) for name in columns},
        "resume": expert.resume.name if expert.resume else None,
        "units": await _rows(ExpertUnit, expert, "name", "began_on", "ended_on"),
        "ties": await _rows(ExpertTie, expert, "name", "kind", "source", "note", "entered_at", "valid_until"),
        "decisions": await _rows(ExpertDecision, expert, "ruling", "text", "until", "verdict", "decided_at"),
    }


async def _rows(model: Any, expert: Expert, *columns: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await model.filter(expert_id=expert.id).order_by("id").values(*columns)
    return rows


async def erase_expert(user_id: UUID, by: By) -> None:
    """Take a person out of the pool and erase what nothing rests on."""
    expert = await Expert.filter(user_id=user_id).select_for_update().first()
    if expert is None:
        return
    if WORKFLOW.allows(expert.status, ExpertAction.LEAVE):
        await transition(expert, ExpertAction.LEAVE, by=by)
    await Expert.filter(id=expert.id).update(**ERASED)
    if expert.admitted_at is None:
        await ExpertUnit.filter(expert_id=expert.id).delete()
        await ExpertTie.filter(expert_id=expert.id).delete()
