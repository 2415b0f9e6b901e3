"""What the room of the book contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.room import Room
from market.ledger import checks, models

ROOM = Room("ledger", models=(models,), checks=checks.CHECKS)
