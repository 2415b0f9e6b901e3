"""The server's end of a connection: the head of a request must come within a deadline.

`serve` and the Procfile's uvicorn use it, so that half-sent requests cannot hold connections for ever.
Bodies have their own deadline (`kit/request_bodies.py`).
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_DEADLINE = 20.0
"""Seconds from the opening of a connection, or the first byte of a later request, to the end of its head."""
KEEP_ALIVE = 75
"""Seconds that an idle connection is kept open: longer than proxies keep theirs (60), so that no proxy sends
a request on a connection that is just being closed."""
LONGEST_HEAD = 1024 * 1024
"""Bytes of a request's address and headers that are read; an address of 100 kB still gets a page."""
LONGEST_PARSED = 60_000
"""Bytes of an address that the parser takes."""
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
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


class BoundedHttpTools(HeadDeadline, HttpToolsProtocol):
    """Reads heads of up to `LONGEST_HEAD`; the parser alone refuses addresses of 64 kB with a bare line."""

    url: bytes
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is None:
            self._head_bytes = 0
        elif self._head_bytes > LONGEST_HEAD and not self.transport.is_closing():
            self.transport.write(TOO_LONG)
            self.transport.close()

    def on_headers_complete(self) -> None:
        path, _mark, query = self.url.partition(b"?")
        is_long = len(self.url) > LONGEST_PARSED
        if is_long:
            self.url = path[:LONGEST_PARSED]  # no page has such a path
        scope = self.scope
        super().on_headers_complete()
        if is_long:  # the application begins at the next turn of the loop
            scope["query_string"] = query
