"""What the room of research integrity contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.integrity import dashboards, models, related_party_views, services, views
from market.integrity.models import SanctionGrade, Scope
from market.integrity.permissions import PERMISSIONS
from market.integrity.states import SanctionAction, SanctionStatus
from market.integrity.verbs import ConflictVerb, RelatedPartyVerb, SanctionVerb
from market.kit.i18n import lazy
from market.kit.room import Room, Subject

ROOM = Room(
    "integrity",
    permissions=PERMISSIONS,
    models=(models,),
    routes=[*views.routes, *related_party_views.routes],
    subjects={"sanction": Subject(lazy("失信记录"), verbs=(SanctionAction,))},
    dashboard=dashboards.dashboard_cards,
    moments={services.TERM: lambda deps, sanction_id, now: services.follow_term(sanction_id, now=now)},
    labels={
        "sanction": SanctionStatus,
        "sanction_grade": SanctionGrade,
        "scope": Scope,
    },
    audit_verbs={
        "sanction": (SanctionVerb,),
        "*": (ConflictVerb,),
        "organisation": (RelatedPartyVerb,),
    },
)
