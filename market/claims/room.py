"""What the room of claims for subsidies contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.claims import (
    checks,
    claim_payees,
    claimable,
    desk_review,
    desk_views,
    draft_impact_views,
    expert_panel,
    models,
    panel_views,
    queries,
    queue_filters,
    queue_views,
    subsidisable_outcomes,
    views,
)
from market.claims.states import PERMISSIONS, ClaimAction, ClaimShownStatus, ClaimStatus, ClaimVerb, SalesVerb
from market.kit.i18n import lazy
from market.kit.room import Menu, MenuEntry, PersonalData, Room, Subject

ROOM = Room(
    "claims",
    permissions=PERMISSIONS,
    models=(models,),
    routes=[
        *views.routes,
        *desk_views.routes,
        *panel_views.routes,
        *draft_impact_views.routes,
        *queue_views.routes,
    ],
    subjects={
        "claim": Subject(
            lazy("补助申报"),
            page="claims:desk",
            number="BZ",
            verbs=(ClaimAction,),
            files=queries.may_open_evidence,
        ),
    },
    menu=(MenuEntry(Menu.START, 40, lazy("去补助工作台"), "claims:queue", act=AccountAct.SEE_DESK),),
    dashboard=claimable.dashboard_cards,
    moments={
        desk_review.SUPPLEMENT_DUE: lambda deps, claim_id, now: desk_review.end_supplement(claim_id, now=now)
    },
    checks=checks.CHECKS,
    document_facts={"outcomes": subsidisable_outcomes.subsidy_facts},
    panel_subjects={expert_panel.KIND: expert_panel.panel_subjects},
    personal_data=PersonalData(
        "saved_queues", queue_filters.export_saved_queues, queue_filters.erase_saved_queues
    ),
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
