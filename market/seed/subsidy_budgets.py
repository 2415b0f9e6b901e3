"""The budgets of the subsidy round: two years', with what was carried over and added."""

from __future__ import annotations

from market.budgets.annual_budgets import (
    BudgetDetails,
    confirm_change,
    draft_budget,
    propose_change,
    release_budget,
)
from market.budgets.states import BudgetChangeKind
from market.records.by import By
from market.seed.content import fen
from market.seed.people import Cast
from market.seed.timeline import Calendar, Story

GUANGXI = "guangxi"
BUDGET_WAN = {0: 600, 1: 840}
"""By years after the one that the round is about."""


async def budget_story(cast: Cast, calendar: Calendar) -> Story:
    """Release two years' budgets, carry over what is left of the first, and add to the second."""
    officer, approver = await cast.actor("finance"), await cast.actor("approver")
    for later, wan in BUDGET_WAN.items():
        now = yield calendar.ago(60 - 4 * later, 9)
        year = calendar.round_year + later
        budget = await draft_budget(
            GUANGXI,
            year=year,
            amount=fen(wan) or 0,
            details=BudgetDetails(
                "省级财政科技专项资金",
                "2060404",
                "50299",
                [fen(wan / 12) or 0] * 12 if wan % 12 == 0 else None,
            ),
            by=By(officer, now),
        )
        now = yield calendar.ago(58 - 4 * later, 15)
        await release_budget(budget.id, by=By(approver, now))
    year = calendar.round_year
    for days, kind, of_year, wan, document, ground in (
        (52, BudgetChangeKind.CARRY_OVER, year, 150, "桂财教〔结转〕1号", "上年未执行完的资金结转本年使用。"),
        (50, BudgetChangeKind.INCREASE, year + 1, 120, "桂财教〔追加〕7号", "申报额超过年初预算，申请追加。"),
    ):
        now = yield calendar.ago(days, 10)
        change = await propose_change(
            GUANGXI,
            year=of_year,
            kind=kind,
            amount=fen(wan) or 0,
            document_number=document,
            ground=ground,
            by=By(officer, now),
        )
        now = yield calendar.ago(days - 1, 16)
        await confirm_change(change.id, by=By(approver, now))
