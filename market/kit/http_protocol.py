"""The server's end of a connection: the head of a request must come within a deadline.

`serve` and the Procfile's uvicorn use it, so that half-sent requests cannot hold connections for ever.
Bodies have their own deadline (`kit/request_bodies.py`).
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_DEADLINE = 20.0
"""Seconds from the opening of a connection, or the first byte of a later request, to the end of its head."""
KEEP_ALIVE = 75
"""Seconds that an idle connection is kept open: longer than proxies keep theirs (60), so that no proxy sends
a request on a connection that is just being closed."""
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class HeadDeadline:
    """Closes a connection whose request does not come; goes before a protocol of uvicorn."""

    head_deadline = HEAD_DEADLINE
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    cycle: Any
    _head_timer: asyncio.TimerHandle | None = None
    _has_begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[misc]
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        self._has_begun = True
        super().data_received(data)  # type: ignore[misc]
        if self.cycle is None or self.cycle.response_complete:
            self._expect_head()
        else:
            self._head_came()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)  # type: ignore[misc]

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_deadline, self._give_up)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self._has_begun = False

    def _give_up(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            if self._has_begun:
                self.transport.write(TIMED_OUT)
            self.transport.close()


class BoundedH11(HeadDeadline, H11Protocol):
    """Reads addresses and headers of any length that the server allows."""


class BoundedHttpTools(HeadDeadline, HttpToolsProtocol):
    """Reads faster, addresses of 64 kB at most."""
