"""What the room of statistics contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.room import Room
from market.kit.subjects import Subject
from market.statistics import models, units, views
from market.statistics.figures import LIVE
from market.statistics.states import PERMISSIONS, DefinitionVerb, Event

ROOM = Room(
    "statistics",
    models=(models,),
    permissions=PERMISSIONS,
    routes=views.routes,
    subjects={"statistics_definition": Subject(lazy("统计口径"))},
    labels={"statistics_event": Event},
    audit_verbs={"statistics_definition": (DefinitionVerb,)},
    figures=(*LIVE.contracts, *LIVE.corrections, *LIVE.receipts, *units.FIGURES),
)
