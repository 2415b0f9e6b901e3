"""What the room of payments contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.room import Room
from market.kit.subjects import Subject
from market.payments import checks, jobs, models, statement_models, states, views
from market.payments.statement_columns import Role

ROOM = Room(
    "payments",
    models=(models, statement_models),
    routes=views.routes,
    demo_routes=views.demo_routes,
    jobs=(jobs.process_event, jobs.retry_events, jobs.send_refund, jobs.reconcile_with_gateway),
    subjects={
        "payment": Subject(lazy("在线支付"), verbs=(states.PaymentAction,)),
        "remittance": Subject(lazy("对公转账"), verbs=(states.RemittanceAction,)),
        "refund": Subject(lazy("退款"), verbs=(states.RefundAction,)),
        "dispute": Subject(lazy("拒付争议"), verbs=(states.DisputeAction,)),
        "bank_line": Subject(lazy("银行流水明细"), verbs=(states.LineAction,)),
    },
    audit_verbs={
        "payment": (states.PaymentVerb,),
        "remittance": (states.RemittanceVerb,),
        "refund": (states.RefundVerb,),
        "dispute": (states.DisputeVerb,),
        "bank_statement": (states.StatementVerb,),
        "organisation": (states.AccountVerb,),
    },
    checks=checks.CHECKS,
    labels={
        "payment": states.PaymentStatus,
        "remittance": states.RemittanceStatus,
        "bank_line": states.LineStatus,
        "refund": states.RefundStatus,
        "dispute": states.DisputeStatus,
        "bank": states.Bank,
        "skip_reason": states.SkipReason,
        "statement_column": Role,
        "match_basis": states.MatchBasis,
        "dispute_reason": states.DisputeReason,
        "difference": states.DifferenceKind,
    },
)
