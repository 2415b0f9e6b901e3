"""What the pool holds of a person: handed out on request, and what of it goes with them.

Erased are how they are reached, what they read and wrote of themselves, and the way to their resume; of who
was never admitted also units and ties. Of an admitted expert kind, rank, fields, units, ties and decisions
are kept: conflicts of interest and draws of past panels rest on them, and objections and audits ask for them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.experts.models import Expert, ExpertDecision, ExpertTie, ExpertUnit
from market.experts.states import WORKFLOW, ExpertAction, TieSource
from market.kit.i18n import lazy
from market.records.by import By
from market.records.decisions import Verdict
from market.records.transitions import transition

KEPT = lazy(
    "入过专家库的：编号、类别、职称等级、领域、任职单位、关联关系和入库决定留着，评审的回避要有据可查；"
    "职称、电话、外语和承诺删去，简历不能再打开。没有入过库的，任职单位和关联关系一并删去。"
)
ERASED = {"title": "", "languages": "", "phone": "", "pledge": "", "resume_id": None}


async def export_expert(user_id: UUID) -> dict[str, Any] | None:
    """Return a person's entry in the pool with units, ties and what was decided; None: there is none.

    What others brought up in confidence, and what is proposed only, is left out.
    """
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
        "units": await ExpertUnit.filter(expert_id=expert.id)
        .order_by("began_on")
        .values("name", "began_on", "ended_on"),
        "ties": await ExpertTie.filter(expert_id=expert.id, source=TieSource.DECLARED)
        .order_by("entered_at")
        .values("name", "is_person", "kind", "note", "entered_at", "valid_until"),
        "decisions": await ExpertDecision.filter(expert_id=expert.id, verdict=Verdict.CONFIRMED)
        .order_by("decided_at")
        .values("ruling", "text", "until", "decided_at"),
    }


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
