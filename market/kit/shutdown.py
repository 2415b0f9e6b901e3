"""The shutdown signal, at which open streams end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


class Shutdown:
    """Whether the site is stopping. Requests in hand are finished all the same; open streams end."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def has_begun(self) -> bool:
        return self._event.is_set()

    def begin(self) -> None:
        """End every open stream; call it in the thread of the event loop."""
        self._event.set()

    async def wait(self) -> None:
        """Return when the site stops."""
        await self._event.wait()

    @contextmanager
    def on_signals(
        self, numbers: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM)
    ) -> Iterator[None]:
        """Begin the shutdown at one of these signals while the block runs, then call the earlier handler.

        Must be entered in the main thread, in the event loop of the server.
        """
        loop = asyncio.get_running_loop()
        handlers = {number: signal.getsignal(number) for number in numbers}

        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.begin)
            handler = handlers[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        for number in numbers:
            signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
