"""Reading the body of a request: at most so long, so slow, and so much of all bodies at once."""

from __future__ import annotations

import asyncio
from time import monotonic

from starlette.requests import Request
from starlette.types import Message, Receive

from market.kit.errors import MarketError, Overloaded
from market.kit.i18n import gettext as _

SILENCE = 15.0
"""Seconds that a sender may pause."""
START = 30.0
"""Seconds after which a body must come at `PACE`."""
PACE = 16 * 1024
"""Bytes a second that a body must come at, as slow as a bad line: 32 MB may take half an hour."""
READERS = 8
"""Times that a body is read again at most."""
ALL_BODIES = 256 * 1024 * 1024
"""Bytes of bodies that are held in memory at once."""


class TooLarge(MarketError):
    """The body of the request exceeds the limit."""

    status = 413


class TooSlow(MarketError):
    """The body of the request does not come."""

    status = 408


class BodyBudget:
    """The memory that all bodies being read or worked on may take together."""

    def __init__(self, limit: int = ALL_BODIES) -> None:
        self.limit = limit
        self.held = 0

    def take(self, size: int) -> None:
        """Count `size` bytes more.

        Raises:
            Overloaded: there is no room for them now.
        """
        if self.held + size > self.limit:
            raise Overloaded
        self.held += size

    def give_back(self, size: int) -> None:
        """Count `size` bytes less: the request that held them is answered."""
        self.held -= size


async def read_body(
    request: Request, budget: BodyBudget, *, limit: int, silence: float = SILENCE, start: float = START
) -> bytes:
    """Read the whole body, which is counted in the budget until the caller gives it back.

    Raises:
        TooLarge: it is longer than `limit` bytes, or says that it is.
        TooSlow: the sender paused for `silence` seconds, or is slower than `PACE` after `start` seconds.
        Overloaded: all bodies together would take too much memory.
        ClientDisconnect: the sender went away.
    """
    _check_announced(request, limit)
    body, began = bytearray(), monotonic()
    try:
        stream = request.stream()
        while True:
            try:
                async with asyncio.timeout(silence):
                    chunk = await anext(stream, None)
            except TimeoutError:
                raise TooSlow(_("提交的内容没有传完，请重试。")) from None
            if chunk is None:
                break
            if len(body) + len(chunk) > limit:
                raise TooLarge(_("提交的内容过大。"))
            budget.take(len(chunk))
            body += chunk
            elapsed = monotonic() - began
            if elapsed > start and len(body) < PACE * elapsed:
                raise TooSlow(_("提交的内容没有传完，请重试。"))
    except BaseException:
        budget.give_back(len(body))
        raise
    return bytes(body)


def bounded(request: Request, *, limit: int, silence: float = SILENCE, start: float = START) -> Receive:
    """Return a `receive` that hands on the body in pieces, for a form that is spooled to the disk.

    It raises as `read_body` does, but for the memory of which it holds none. Time counts from the first piece
    that is asked for: an upload that waits for its turn is not slow.
    """
    _check_announced(request, limit)
    began: float | None = None
    read = 0

    async def receive() -> Message:
        nonlocal began, read
        began = monotonic() if began is None else began
        try:
            async with asyncio.timeout(silence):
                message = await request.receive()
        except TimeoutError:
            raise TooSlow(_("提交的内容没有传完，请重试。")) from None
        read += len(message.get("body", b""))
        if read > limit:
            raise TooLarge(_("提交的内容过大。"))
        elapsed = monotonic() - began
        if message.get("more_body") and elapsed > start and read < PACE * elapsed:
            raise TooSlow(_("提交的内容没有传完，请重试。"))
        return message

    return receive


def _check_announced(request: Request, limit: int) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
        raise TooLarge(_("提交的内容过大。"))


def replay(body: bytes, then: Receive | None = None) -> Receive:
    """Return a `receive` that gives this body to each that reads the request, and afterwards what comes.

    Middlewares and the handler read it, a few times in all; an answer that is streamed asks again and again
    for the end of the connection, of which only the server can tell: by `then`, else it never ends.
    """
    message: Message = {"type": "http.request", "body": body, "more_body": False}
    readers = iter(range(READERS))

    async def receive() -> Message:
        if next(readers, None) is not None:
            return message
        if then is None:
            await asyncio.Event().wait()
            raise AssertionError
        return await then()

    return receive
