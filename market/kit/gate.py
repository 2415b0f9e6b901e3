"""The gate: how many requests are in hand at once, and what becomes of those that wait.

With sixty-four visitors and no gate each statement of a page queues behind those of all others, and pages
of many statements take seconds. A few requests at a time are answered sooner, all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from market.kit.errors import Overloaded

IN_HAND = 8
"""Requests worked on at once: fewer than the database has connections, since jobs need some."""
STREAMS = 64
"""Uploads that are read on to the disk at once; of the others the body waits unread."""
MOST_STREAMS_WAITING = 1000
STORING = 3
"""Uploads that were read and are worked on at once, beside the requests in hand."""
STREAM_PATIENCE = 900.0
"""Seconds that an upload may wait for its turn."""
MOST_WAITING = 400
"""Requests that may wait; the next one is refused at once."""
PATIENCE = 15.0
"""Seconds that a request waits for its turn."""


class Place:
    """A request's place among those in hand; given up before the body of the answer is sent."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._is_held = True

    def leave(self) -> None:
        """Give the place to the next request; harmless when it was given up before."""
        if self._is_held:
            self._is_held = False
            self._slots.release()


class Gate:
    """Lets a few requests through at a time, in the order of their arrival."""

    def __init__(
        self, in_hand: int = IN_HAND, *, waiting: int = MOST_WAITING, patience: float = PATIENCE
    ) -> None:
        self._slots = asyncio.Semaphore(in_hand)
        self._most_waiting, self._patience = waiting, patience
        self.waiting = 0

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[Place]:
        """Wait for a place and hold it while the block runs, unless `Place.leave` is called before.

        Raises:
            Overloaded: too many wait already, or none became free in time.
        """
        if self.waiting >= self._most_waiting:
            raise Overloaded
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._slots.acquire()
        except TimeoutError:
            raise Overloaded from None
        finally:
            self.waiting -= 1
        place = Place(self._slots)
        try:
            yield place
        finally:
            place.leave()
