"""What the room of the parties' statements contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.room import Room
from market.reports import jobs, reconciliation_views, statement_views, statements

ROOM = Room(
    "reports",
    routes=[*statement_views.routes, *reconciliation_views.routes],
    jobs=(jobs.check,),
    figures=statements.FIGURES,
)
