"""Objections decided by two, for tests about what follows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.accounts.models import StaffRole
from market.notices.models import Objection
from market.notices.rulings import decide_ruling, propose_ruling
from market.records.by import By
from market.records.decisions import Verdict
from tests.factories import NOW, make_staff


async def rule_on(
    objection_id: UUID, *, is_upheld: bool, text: str, corrected: int | None = None, now: datetime = NOW
) -> Objection:
    """Have an operator propose a ruling and an approver confirm it; `corrected` is a lower amount, in fen."""
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    await propose_ruling(
        objection_id, is_upheld=is_upheld, text=text, corrected_amount=corrected, by=By(operator, now)
    )
    return await decide_ruling(objection_id, Verdict.CONFIRMED, by=By(approver, now))
