"""What the library of policies contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject, find_by
from market.policies import checks, library, models, queries, search, views, worklist
from market.policies.states import (
    FRESH,
    PERMISSIONS,
    Effect,
    Level,
    PolicyAction,
    PolicyStatus,
    PolicyVerb,
    Topic,
)
from market.programmes.catalogue import INDEX
from market.search.outbox import DocumentSource

ROOM = Room(
    "policies",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=views.routes,
    workbench=(
        WorkEntry(WorkGroup.RULES, 14, lazy("政策库"), "policies:desk_index", act=AccountAct.SEE_DESK),
    ),
    subjects={
        "policy": Subject(
            lazy("政策"),
            page="policies:show",
            number="ZC",
            verbs=(PolicyAction,),
            files=queries.may_open_text,
            find=find_by(queries.get_policy_for, "/policies", is_public=True),
        ),
    },
    documents={INDEX: DocumentSource(search.build_documents, search.all_documents)},
    moments={
        library.TAKE_EFFECT: lambda deps, policy_id, now: library.take_effect(policy_id, now=now),
        library.END: lambda deps, policy_id, now: library.end_policy(policy_id, now=now),
    },
    pending=worklist.pending,
    checks=checks.CHECKS,
    labels={
        "policy": PolicyStatus,
        "policy_level": Level,
        "policy_topic": Topic,
        "policy_effect": Effect,
    },
    audit_verbs={"policy": (PolicyVerb,)},
)
