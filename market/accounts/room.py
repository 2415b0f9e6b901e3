"""What the room of people and organisations contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts import authentication_views, jobs, models, organisation_views, profile_views, queries
from market.accounts.models import (
    MemberStatus,
    OrganisationAction,
    OrganisationStatus,
    OrganisationVerb,
    UserVerb,
)
from market.accounts.permissions import PERMISSIONS
from market.kit.i18n import lazy
from market.kit.room import Room, Subject

ROOM = Room(
    "accounts",
    permissions=PERMISSIONS,
    models=(models,),
    routes=[
        *authentication_views.routes,
        *profile_views.routes,
        *organisation_views.routes,
    ],
    jobs=(jobs.send_mail, jobs.sweep),
    relations=queries.relations,
    subjects={
        "organisation": Subject(
            lazy("单位"), page="pages:organisation", page_key="organisation_id", verbs=(OrganisationAction,)
        ),
        "user": Subject(lazy("人员")),
    },
    labels={
        "organisation": OrganisationStatus,
        "membership": MemberStatus,
    },
    audit_verbs={
        "user": (UserVerb,),
        "organisation": (OrganisationVerb,),
    },
)
