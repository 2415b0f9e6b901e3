"""What the room of expert panels contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.room import Room
from market.panels import expert_reviews, models, views
from market.panels.states import PERMISSIONS, PanelVerb

ROOM = Room(
    "panels",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    dashboard=expert_reviews.dashboard_cards,
    audit_verbs={
        "*": (PanelVerb,),
    },
)
