"""What the room of the audit log contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.audit import models, roots
from market.kit.room import Room

ROOM = Room("audit", models=(models,), jobs=(roots.publish_roots,))
