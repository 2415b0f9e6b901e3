"""What the room of payments contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.room import Room, Subject
from market.payments import checks, jobs, models, views
from market.payments.models import DisputeStatus, LineStatus, PaymentStatus, RefundStatus, RemittanceStatus

ROOM = Room(
    "payments",
    models=(models,),
    routes=views.routes,
    demo_routes=views.demo_routes,
    jobs=(jobs.process_event, jobs.retry_events, jobs.send_refund, jobs.reconcile_with_gateway),
    subjects={
        "payment": Subject(lazy("在线支付")),
        "remittance": Subject(lazy("对公转账")),
        "refund": Subject(lazy("退款")),
        "bank_line": Subject(lazy("银行流水明细")),
    },
    checks=checks.CHECKS,
    labels={
        "payment": PaymentStatus,
        "remittance": RemittanceStatus,
        "bank_line": LineStatus,
        "refund": RefundStatus,
        "dispute": DisputeStatus,
    },
)
