"""What keeps a subject from being dealt in or taken down, such as an auction; told by the rooms above."""

from __future__ import annotations

from uuid import UUID

from market.kit.errors import Conflict
from market.kit.room import rooms


async def require_not_held(subject_kind: str, subject_id: UUID) -> None:
    """Raise if a room holds the subject.

    Raises:
        Conflict: with that room's words.
    """
    for hold in rooms().holds:
        if words := await hold(subject_kind, subject_id):
            raise Conflict(words)
