"""A room beside those of the market, for tests of what a room contributes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from market.kit.room import Room, Rooms, install, rooms


@contextmanager
def another_room(room: Room) -> Iterator[Rooms]:
    """Put a room above all others while the block runs."""
    before = rooms()
    install(Rooms((room, *before.all)))
    try:
        yield rooms()
    finally:
        install(before)
