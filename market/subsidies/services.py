"""Everything that can be done about subsidies, in the order of the chain."""

from __future__ import annotations

from datetime import datetime

from market.subsidies.applying import (
    add_evidence,
    create_claim,
    remove_evidence,
    report_sales,
    submit_claim,
    withdraw_claim,
)
from market.subsidies.batches import approve_batch, confirm_batch, make_batch, settle_objections
from market.subsidies.paying import draft_budget, enter_result, order_payment, release_budget
from market.subsidies.programmes import load_programmes
from market.subsidies.reviewing import (
    accept,
    ask_supplement,
    calculate,
    end_overdue_supplements,
    recheck,
    reject,
    return_calculation,
)

__all__ = [
    "accept",
    "add_evidence",
    "approve_batch",
    "ask_supplement",
    "calculate",
    "confirm_batch",
    "create_claim",
    "draft_budget",
    "enter_result",
    "load_programmes",
    "make_batch",
    "order_payment",
    "recheck",
    "reject",
    "release_budget",
    "remove_evidence",
    "report_sales",
    "return_calculation",
    "run_due",
    "submit_claim",
    "withdraw_claim",
]


async def run_due(now: datetime) -> int:
    """Do what time brings: supplements that did not come, objections filed and decided."""
    return await end_overdue_supplements(now) + await settle_objections(now)
