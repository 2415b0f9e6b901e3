"""Pages that guests read again: kept packed for a few seconds, until something is changed here.

A page is kept when it is the same for every guest: HTML that set no cookie, asked for without a session. What
another process changes shows after `GUEST_PAGE_SECONDS` at the latest; a change by this process, at once.

A view whose page changes all the time sets `request.state.kept_seconds`: it is kept so long whatever changes,
also as a part that a script asks for, and while it is composed anew the old one is sent.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from market.kit import telemetry
from market.kit.whole_answers import Header, headers_of, send_answer

GUEST_PAGE_SECONDS = 5.0
MOST_BYTES = 64 * 1024 * 1024
LARGEST_PAGE = 1024 * 1024
SHARED_COOKIES = (b"browser", b"locale", b"device")
"""Cookies that guests have; whoever has another gets a page of their own."""
OWN_ANSWER = frozenset({b"authorization", b"range"})
"""Headers of requests whose answer is not the plain page."""
PART = b"hx-request"
"""Header of a request for a part of a page."""


class _Generation:
    """Counts the changes that this process made to what pages may show."""

    number = 0


def generation() -> int:
    """Return a number that grows with every change that this process makes."""
    return _Generation.number


def forget_pages() -> None:
    """Have every page composed anew; called after whatever may have changed one."""
    _Generation.number += 1


@dataclass(frozen=True)
class _Page:
    generation: int | None
    """None: kept whatever changes."""
    until: float
    headers: Sequence[Header]
    etag: bytes
    body: bytes
    route: str


Key = tuple[str, bytes, bytes, bytes, bytes, bytes]


class GuestPages:
    """Middleware, outermost but for static files: keeps whole answers, so it must see them packed.

    `clock` tells the seconds since some moment.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        seconds: float,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.clock = clock
        self.seconds, self.most_bytes = seconds, most_bytes
        self.pages: OrderedDict[Key, _Page] = OrderedDict()
        self.composing: set[Key] = set()
        self.bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            try:
                await self.app(scope, receive, send)
            finally:
                forget_pages()
            return
        request_headers = headers_of(scope)
        if self.seconds <= 0 or not _is_plain(scope, request_headers):
            await self.app(scope, receive, send)
            return
        key = _key(scope, request_headers)
        page = self.pages.get(key)
        if page is None or not self._is_fresh(key, page):
            page = await self._compose_once(key, scope, receive, send)
            if page is None:
                return
        else:
            telemetry.observe("GET", page.route, 200, 0)
        if page.etag in request_headers.get(b"if-none-match", b""):
            await send_answer(send, 304, [(n, v) for n, v in page.headers if n not in _OF_BODY], b"")
        else:
            await send_answer(send, 200, page.headers, page.body)

    def _is_fresh(self, key: Key, page: _Page) -> bool:
        if page.generation is None:
            return self.clock() <= page.until or key in self.composing
        return page.generation == _Generation.number and self.clock() <= page.until

    async def _compose_once(self, key: Key, scope: Scope, receive: Receive, send: Send) -> _Page | None:
        self.composing.add(key)
        try:
            return await self._compose(key, scope, receive, send)
        finally:
            self.composing.discard(key)

    async def _compose(self, key: Key, scope: Scope, receive: Receive, send: Send) -> _Page | None:
        """Have the page composed and kept; None if the answer was none to keep and has been sent."""
        generation, started = _Generation.number, self.clock()
        start: Message | None = None
        parts: list[bytes] = []
        is_passed_on = False

        async def collect(message: Message) -> None:
            nonlocal start, is_passed_on
            if message["type"] == "http.response.start":
                start = message
                is_passed_on = not _may_be_kept(
                    message, is_part=bool(key[-1]) and _kept_seconds(scope) is None
                )
                if is_passed_on:
                    await send(message)
                return
            if is_passed_on or start is None:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if sum(map(len, parts)) > LARGEST_PAGE:
                is_passed_on = True
                await send(start)
                await send({**message, "body": b"".join(parts)})

        await self.app(scope, receive, collect)
        if is_passed_on or start is None:
            return None
        body = b"".join(parts)
        etag = b'W/"' + hashlib.sha256(body).hexdigest()[:20].encode() + b'"'
        headers = [*start["headers"], (b"etag", etag), (b"cache-control", b"no-cache")]
        headers.append((b"vary", b"cookie, accept-language, hx-request"))
        route = getattr(scope.get("route"), "path", "none")
        kept = _kept_seconds(scope)
        until = started + (self.seconds if kept is None else kept)
        page = _Page(generation if kept is None else None, until, headers, etag, body, route)
        self._keep(key, page)
        return page

    def _keep(self, key: Key, page: _Page) -> None:
        old = self.pages.pop(key, None)
        self.bytes += len(page.body) - (len(old.body) if old else 0)
        self.pages[key] = page
        while self.bytes > self.most_bytes:
            _key_of_oldest, oldest = self.pages.popitem(last=False)
            self.bytes -= len(oldest.body)


_OF_BODY = frozenset({b"content-length", b"content-encoding", b"content-type"})


def _is_plain(scope: Scope, request_headers: Mapping[bytes, bytes]) -> bool:
    """Return whether the request asks for a page as every guest gets it."""
    if scope["method"] != "GET" or not OWN_ANSWER.isdisjoint(request_headers):
        return False
    names = (pair.partition(b"=")[0].strip() for pair in request_headers.get(b"cookie", b"").split(b";"))
    return all(not name or name.endswith(SHARED_COOKIES) for name in names)


def _key(scope: Scope, request_headers: Mapping[bytes, bytes]) -> Key:
    """Return what the page depends on: its address, the language, the encodings, whether it is a part."""
    languages = [
        pair.strip() for pair in request_headers.get(b"cookie", b"").split(b";") if b"locale=" in pair
    ]
    return (
        scope["path"],
        scope["query_string"],
        b";".join(languages) or request_headers.get(b"accept-language", b"")[:40],
        b"gzip" if b"gzip" in request_headers.get(b"accept-encoding", b"") else b"",
        request_headers.get(b"host", b""),
        request_headers.get(PART, b""),
    )


def _kept_seconds(scope: Scope) -> float | None:
    """Return how long the view has its page kept whatever changes; None: it does not."""
    seconds: float | None = scope.get("state", {}).get("kept_seconds")
    return seconds


def _may_be_kept(message: Message, *, is_part: bool) -> bool:
    """Return whether an answer is kept; a part of a page only where its view asks for it."""
    if message["status"] != 200 or is_part:
        return False
    headers: Iterable[Header] = message["headers"]
    names = {name.lower(): value for name, value in headers}
    return names.get(b"content-type", b"").startswith(b"text/html") and names.keys().isdisjoint(
        (b"set-cookie", b"cache-control", b"content-disposition")
    )
