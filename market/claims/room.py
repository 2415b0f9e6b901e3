"""What the room of claims for subsidies contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct, Role
from market.claims import (
    checks,
    claim_payees,
    desk_queue,
    desk_review,
    desk_views,
    expert_panel,
    models,
    named_records,
    panel_views,
    queries,
    queue_views,
    round_views,
    subsidisable_outcomes,
    views,
    worklist,
)
from market.claims.states import (
    FRESH,
    PERMISSIONS,
    ClaimAct,
    ClaimAction,
    ClaimShownStatus,
    ClaimStatus,
    ClaimVerb,
    SalesVerb,
)
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import PersonalData, Room
from market.kit.subjects import Subject

ROOM = Room(
    "claims",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=[
        *views.routes,
        *desk_views.routes,
        *panel_views.routes,
        *queue_views.routes,
        *round_views.routes,
    ],
    subjects={
        "claim": Subject(
            lazy("补助申报"),
            page="claims:desk",
            number="BZ",
            find=queries.find_claim,
            parties=queries.parties_of,
            verbs=(ClaimAction,),
            files=queries.may_open_evidence,
        ),
    },
    named_at_desk=named_records.NAMED_AT_DESK,
    workbench=(
        WorkEntry(
            WorkGroup.SUBSIDY,
            10,
            lazy("补助测算"),
            "claims:calculator",
            act=ClaimAct.WRITE_CLAIM,
            is_for=lambda actor: actor.may_buy,
        ),
        WorkEntry(
            WorkGroup.SUBSIDY,
            20,
            lazy("写一份申报"),
            "claims:new",
            act=ClaimAct.WRITE_CLAIM,
            is_for=lambda actor: actor.may_buy,
        ),
        WorkEntry(
            WorkGroup.SUBSIDY,
            30,
            lazy("我的申报"),
            "claims:index",
            is_for=lambda actor: actor.may_buy,
            under=("/documents",),
        ),
        WorkEntry(
            WorkGroup.CLAIMS,
            10,
            lazy("全部申报"),
            "claims:queue",
            act=AccountAct.SEE_DESK,
            under=("/contracts", "/claims", "/documents"),
        ),
        *(
            WorkEntry(
                WorkGroup.CLAIMS,
                order,
                words,
                "claims:queue",
                query,
                act=AccountAct.SEE_DESK,
                is_for=lambda actor: Role.AUDITOR not in actor.roles,
            )
            for order, words, query in (
                (20, lazy("待受理"), "status=submitted"),
                (30, lazy("待核算"), "status=accepted"),
                (40, lazy("补正中"), "status=supplement"),
                (50, lazy("待复核"), "status=calculated"),
                (60, lazy("待决定的不予支持"), "refusal=waiting"),
            )
        ),
    ),
    menu=(MenuEntry(Menu.START, 40, lazy("去补助工作台"), "claims:queue", act=AccountAct.SEE_DESK),),
    pending=worklist.pending,
    recent=worklist.recent,
    standing=worklist.standing,
    moments={
        desk_review.SUPPLEMENT_DUE: lambda deps, claim_id, now: desk_review.end_supplement(claim_id, now=now)
    },
    checks=checks.CHECKS,
    document_facts={"outcomes": subsidisable_outcomes.subsidy_facts},
    panel_clients={expert_panel.KIND: expert_panel.CLIENT},
    personal_data=PersonalData("saved_queues", desk_queue.export_saved_queues, desk_queue.erase_saved_queues),
    payee_listener=claim_payees.on_payee_confirmed,
    labels={
        "claim": (ClaimStatus, ClaimShownStatus),
        "claim_action": ClaimAction,
        "claim_payee": claim_payees.PayeeState,
    },
    audit_verbs={
        "claim": (ClaimVerb,),
        "contract": (SalesVerb,),
    },
)
