"""What the room of files contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.files import models, views
from market.files.models import Tier
from market.files.undertakings import UndertakingVerb
from market.kit.room import Room

ROOM = Room(
    "files",
    models=(models,),
    routes=views.routes,
    labels={
        "tier": Tier,
    },
    audit_verbs={
        "*": (UndertakingVerb,),
    },
)
