"""What the room of subsidy programmes contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject, find_by
from market.programmes import call_models, call_queries, call_views, checks, models, views, worklist
from market.programmes.call_states import (
    CALL_FRESH,
    CALL_PERMISSIONS,
    CallAction,
    CallStatus,
    CallVerb,
)
from market.programmes.call_windows import WindowState
from market.programmes.states import FRESH, PERMISSIONS, TermsAction, TermsStatus, TermsVerb

ROOM = Room(
    "programmes",
    permissions={**PERMISSIONS, **CALL_PERMISSIONS},
    fresh={**FRESH, **CALL_FRESH},
    models=(models, call_models),
    routes=[*views.routes, *call_views.routes],
    workbench=(
        WorkEntry(WorkGroup.RULES, 10, lazy("规则"), "programmes:drafts", act=AccountAct.SEE_DESK),
        WorkEntry(
            WorkGroup.RULES,
            12,
            lazy("申报通知"),
            "programmes:calls",
            act=AccountAct.SEE_DESK,
            under=("/calls",),
        ),
    ),
    subjects={
        "terms": Subject(lazy("规则版本"), verbs=(TermsAction,)),
        "call": Subject(
            lazy("申报通知"),
            page="programmes:call",
            number="SB",
            verbs=(CallAction,),
            files=call_queries.may_open_notice,
            find=find_by(
                call_queries.get_call_for,
                "/calls",
                title=lambda call: str(call.programme.name),
                is_public=True,
            ),
        ),
    },
    pending=worklist.pending,
    checks=checks.CHECKS,
    labels={
        "terms": TermsStatus,
        "call": CallStatus,
        "call_window": WindowState,
    },
    audit_verbs={
        "terms": (TermsVerb,),
        "call": (CallVerb,),
    },
)
