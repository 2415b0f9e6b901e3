"""What the room of the parties' statements contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.room import Room
from market.reports import jobs, statements, views

ROOM = Room(
    "reports",
    routes=views.routes,
    jobs=(jobs.check,),
    figures=statements.FIGURES,
)
