"""What the room of payees' accounts contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject
from market.payees import checks, models, queries, views, worklist
from market.payees.accounts import SUBJECT
from market.payees.states import FRESH, PERMISSIONS, PayeeAct, PayeeVerb

ROOM = Room(
    "payees",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=views.routes,
    subjects={
        SUBJECT: Subject(
            lazy("收款账户"), page="payees:show", page_key="account_id", files=queries.may_open_proof
        ),
    },
    pending=worklist.pending,
    checks=checks.CHECKS,
    keyed_checks=checks.KEYED_CHECKS,
    audit_verbs={"organisation": (PayeeVerb,)},
    workbench=(
        WorkEntry(
            WorkGroup.ORGANISATION, 30, lazy("收款账户"), "payees:account", act=PayeeAct.CONFIRM_ACCOUNT
        ),
        WorkEntry(WorkGroup.PAYMENT, 60, lazy("收款账户"), "payees:index", act=AccountAct.SEE_DESK),
    ),
)
