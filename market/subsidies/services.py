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
from market.subsidies.clawbacks import (
    confirm_clawback,
    drop_clawback,
    record_return,
    start_clawback,
)
from market.subsidies.clawbacks import run_due as start_due_clawbacks
from market.subsidies.drafting import draft_terms, release_terms
from market.subsidies.judging import assign_experts, declare_conflict, decline, score
from market.subsidies.paying import draft_budget, enter_result, order_payment, release_budget
from market.subsidies.programmes import load_programmes
from market.subsidies.releasing import release_lost
from market.subsidies.results_import import import_results
from market.subsidies.reviewing import (
    accept,
    ask_supplement,
    calculate,
    end_overdue_supplements,
    recheck,
    reject,
    return_calculation,
)
from market.subsidies.stating import state_facts, state_totals

__all__ = [
    "accept",
    "add_evidence",
    "approve_batch",
    "ask_supplement",
    "assign_experts",
    "calculate",
    "confirm_batch",
    "confirm_clawback",
    "create_claim",
    "declare_conflict",
    "decline",
    "draft_budget",
    "draft_terms",
    "drop_clawback",
    "enter_result",
    "import_results",
    "load_programmes",
    "make_batch",
    "order_payment",
    "recheck",
    "record_return",
    "reject",
    "release_budget",
    "release_terms",
    "remove_evidence",
    "report_sales",
    "return_calculation",
    "run_due",
    "score",
    "start_clawback",
    "state_facts",
    "state_totals",
    "submit_claim",
    "withdraw_claim",
]


async def run_due(now: datetime) -> int:
    """Do what time brings: supplements that did not come, objections decided, contracts rescinded."""
    moved = await end_overdue_supplements(now) + await settle_objections(now)
    return moved + await release_lost(now) + await start_due_clawbacks(now)
