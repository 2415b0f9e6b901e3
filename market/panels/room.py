"""What the room of expert panels contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.room import Room
from market.panels import dashboards, models, views
from market.panels.permissions import PERMISSIONS
from market.panels.verbs import PanelVerb

ROOM = Room(
    "panels",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    dashboard=dashboards.dashboard_cards,
    audit_verbs={
        "*": (PanelVerb,),
    },
)
