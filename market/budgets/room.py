"""What the room of budgets, lists and payments of subsidies contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from typing import Any

from market.accounts.permissions import AccountAct
from market.budgets import (
    batch_views,
    budget_views,
    checks,
    clawback_checks,
    clawback_views,
    clawbacks,
    figures,
    instruction_views,
    instructions,
    jobs,
    list_checks,
    list_publicity,
    models,
    payment_models,
    queries,
    rate_views,
    report_views,
    result_views,
    voided_awards,
    worklist,
    year_run_views,
)
from market.budgets.models import RunStage
from market.budgets.states import (
    FRESH,
    PERMISSIONS,
    BatchAction,
    BatchStatus,
    BatchVerb,
    BudgetChangeKind,
    BudgetVerb,
    ClaimVerb,
    ClawbackAction,
    ClawbackStatus,
    ClawbackVerb,
    DisbursementAction,
    DisbursementStatus,
    DisbursementVerb,
    InstructionVerb,
    InterestBasis,
    LayoutVerb,
    RateVerb,
    YearRunVerb,
)
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import LedgerAccount, Room
from market.kit.subjects import Subject, find_by


def applicant_of(record: Any) -> str:
    """Return whose claim an order to pay or a clawback is about."""
    return str(record.claim.applicant.name)


ROOM = Room(
    "budgets",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models, payment_models),
    routes=[
        *batch_views.routes,
        *instruction_views.routes,
        *result_views.routes,
        *clawback_views.routes,
        *rate_views.routes,
        *year_run_views.routes,
        *report_views.routes,
        *budget_views.routes,
    ],
    jobs=(jobs.compute_year, jobs.recheck_year),
    subjects={
        "batch": Subject(
            lazy("补助批次"),
            page="budgets:batch",
            number="PC",
            find=find_by(queries.get_batch, "/desk/batches"),
            verbs=(BatchAction,),
            parties=queries.applicants_on_lists,
        ),
        "disbursement": Subject(
            lazy("拨付"),
            page="budgets:disbursement",
            number="BF",
            verbs=(DisbursementAction,),
            find=find_by(queries.get_disbursement, "/desk/disbursements", applicant_of),
        ),
        "instruction": Subject(
            lazy("拨付指令"),
            page="budgets:instruction",
            number="ZL",
            find=find_by(instructions.get_instruction, "/desk/instructions", lambda order: order.batch.title),
        ),
        "payment_layout": Subject(lazy("付款文件版式")),
        "clawback": Subject(
            lazy("追回"),
            page="budgets:clawback",
            number="ZH",
            verbs=(ClawbackAction,),
            find=find_by(clawbacks.get_clawback, "/desk/clawbacks", applicant_of),
        ),
        "budget": Subject(lazy("年度预算")),
        "interest_rate": Subject(lazy("追回利率")),
    },
    pending=worklist.pending,
    recent=worklist.recent,
    worklist=worklist.budget_left,
    figures=figures.FIGURES,
    publicity=list_publicity.PUBLICITY,
    deadlines=lambda deps, now: voided_awards.run_due(now),
    checks={**checks.CHECKS, **clawback_checks.CHECKS, **list_checks.CHECKS},
    ledger_accounts={
        "granted": LedgerAccount(lazy("预算下达"), is_guarded=False),
        "disbursed": LedgerAccount(lazy("补贴拨付"), is_guarded=False),
        "recovered": LedgerAccount(lazy("补贴追回"), is_guarded=False),
        "interest": LedgerAccount(lazy("应收追回利息"), is_guarded=False),
        "interest_received": LedgerAccount(lazy("收到追回利息"), is_guarded=False),
        "budget": LedgerAccount(lazy("可用预算"), is_guarded=True),
        "reserved": LedgerAccount(lazy("已预留预算"), is_guarded=True),
        "owed": LedgerAccount(lazy("应追回补贴"), is_guarded=True),
    },
    labels={
        "batch": BatchStatus,
        "budget_change": BudgetChangeKind,
        "disbursement": DisbursementStatus,
        "run_stage": RunStage,
        "clawback": ClawbackStatus,
        "interest_basis": InterestBasis,
    },
    audit_verbs={
        "batch": (BatchVerb,),
        "budget": (BudgetVerb,),
        "disbursement": (DisbursementVerb,),
        "instruction": (InstructionVerb,),
        "payment_layout": (LayoutVerb,),
        "claim": (ClaimVerb,),
        "interest_rate": (RateVerb,),
        "clawback": (ClawbackVerb,),
        "terms": (YearRunVerb,),
    },
    workbench=(
        WorkEntry(
            WorkGroup.PAYMENT,
            10,
            lazy("批次与公示"),
            "budgets:batches",
            act=AccountAct.SEE_DESK,
            under=("/objections",),
        ),
        WorkEntry(
            WorkGroup.PAYMENT,
            20,
            lazy("拨付指令"),
            "budgets:instructions",
            act=AccountAct.SEE_DESK,
            under=("/desk/disbursements",),
        ),
        WorkEntry(WorkGroup.PAYMENT, 30, lazy("银行结果"), "budgets:results", act=AccountAct.SEE_DESK),
        WorkEntry(
            WorkGroup.PAYMENT,
            40,
            lazy("追回"),
            "budgets:clawbacks",
            act=AccountAct.SEE_DESK,
            under=("/desk/rates",),
        ),
        WorkEntry(WorkGroup.PAYMENT, 50, lazy("银行版式"), "budgets:layouts", act=AccountAct.SEE_DESK),
        WorkEntry(WorkGroup.RULES, 20, lazy("预算"), "budgets:index", act=AccountAct.SEE_DESK),
        WorkEntry(WorkGroup.RULES, 30, lazy("年度核算"), "budgets:runs", act=AccountAct.SEE_DESK),
        WorkEntry(WorkGroup.RULES, 40, lazy("报表"), "budgets:report", act=AccountAct.SEE_DESK),
    ),
)
