"""What the room of code lists contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.codes import models
from market.kit.room import Room

ROOM = Room("codes", models=(models,))
