"""What the room of records contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.room import Room
from market.records import checks, decisions, models, moments

ROOM = Room(
    "records",
    models=(models,),
    labels={"verdict": decisions.Verdict},
    deadlines=moments.run_moments,
    checks=checks.CHECKS,
)
