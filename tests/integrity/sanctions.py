"""Sanctions decided by two, for tests about what follows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.accounts.models import StaffRole
from market.integrity.models import Sanction
from market.integrity.sanction_decisions import decide_ruling, propose_ruling
from market.integrity.states import SanctionRuling
from market.records.by import By
from market.records.decisions import Verdict
from tests.factories import NOW, make_staff


async def decide_sanction(
    sanction_id: UUID, ruling: SanctionRuling, *, text: str = "", now: datetime = NOW
) -> Sanction:
    """Have an operator propose a step and an approver confirm it."""
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    decision = await propose_ruling(sanction_id, ruling, text=text, by=By(operator, now))
    return await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(approver, now))
