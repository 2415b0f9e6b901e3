"""A lot that is live on a running market, its twelve bidders at their browsers, and many who watch it."""

from __future__ import annotations

import asyncio
import random
import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

import httpx

from market.accounts.models import User
from market.accounts.sessions import COOKIE, start_session
from tests.auctions.factories import make_ready
from tests.bench.signing_in import csrf_of

BIDDERS = 12
PATIENCE = 60.0
AT_ONCE = 20
"""Streams that are opened at the same time."""
SPREAD = 4.0
"""Seconds within which the script of a page that moved asks for its board, see `static/js/auction.js`."""


class Line:
    """A kept connection of a browser to the site."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port = port
        self._head = f"Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.lock = asyncio.Lock()

    async def post(self, path: str, form: Mapping[str, str]) -> tuple[int, str]:
        """Submit a form; return the status of the answer, 0 if it was lost, and where it leads to."""
        body = urlencode(form)
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(f"POST {path} HTTP/1.1\r\n{self._head}{kind}{body}".encode())
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            names = dict(line.split(": ", 1) for line in lines[1:] if line)
            await reader.readexactly(int(names["content-length"]))
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return 0, ""
        if names.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), names.get("location", "")

    def close(self) -> None:
        """Give the connection up; the next form makes another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass(frozen=True)
class Bidder:
    """Somebody who is signed in and may bid."""

    enrolment_id: UUID
    cookie: str
    token: str


@dataclass(frozen=True)
class Lot:
    """An auction that is live, with its bidders. Amounts in fen."""

    id: UUID
    number: str
    start: int
    step: int
    bidders: Sequence[Bidder]

    @property
    def address(self) -> str:
        return f"/auctions/{self.number}"


async def make_lot(port: int) -> Lot:
    """Write a lot that is live for hours, and sign its bidders in.

    Raises:
        SystemExit: one of them cannot bid.
    """
    now = datetime.now(UTC)
    ready = await make_ready(
        bidders=BIDDERS,
        priority_from=BIDDERS + 1,
        enrol_until=now - timedelta(days=3),
        opens_at=now - timedelta(minutes=5),
        planned_end=now + timedelta(hours=12),
        hard_end=now + timedelta(hours=14),
    )
    auction, site, bidders = ready.auction, f"http://127.0.0.1:{port}", []
    for enrolment in ready.bidders:
        session = await start_session(await User.get(id=enrolment.person_id), device="bench")
        async with httpx.AsyncClient(base_url=site, cookies={COOKIE: session}, timeout=PATIENCE) as client:
            page = await client.get(f"/auctions/{auction.number}")
            cookie = "; ".join(f"{kept.name}={kept.value}" for kept in client.cookies.jar)
        if f"{auction.number}/bid" not in page.text:
            raise SystemExit(f"A bidder cannot bid in {auction.number}: {page.status_code}")
        bidders.append(Bidder(enrolment.id, cookie, csrf_of(page.text)))
    return Lot(auction.id, auction.number, auction.start, auction.step, bidders)


class BoardRequests(asyncio.Protocol):
    """A kept connection of a watcher's page, which asks for the board when a bid has moved it."""

    def __init__(self, lot: Lot, port: int) -> None:
        self._port = port
        head = f"Host: 127.0.0.1:{port}\r\nHX-Request: true\r\nAccept-Encoding: gzip\r\n\r\n"
        self._request = f"GET {lot.address} HTTP/1.1\r\n{head}".encode()
        self._transport: asyncio.WriteTransport | None = None
        self._left, self._is_asked = 0, False
        self.answered, self.refused = 0, 0

    def moved(self) -> None:
        """Ask within the seconds of `SPREAD`, unless the page is about to."""
        if not self._is_asked:
            self._is_asked = True
            asyncio.get_running_loop().call_later(0.1 + random.random() * SPREAD, self._ask)

    def _ask(self) -> None:
        if self._transport is None:
            loop = asyncio.get_running_loop()
            self._opening = loop.create_task(loop.create_connection(lambda: self, "127.0.0.1", self._port))
        else:
            self._transport.write(self._request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self._left:
            head, _mark, data = data.partition(b"\r\n\r\n")
            self._left = int(head.lower().split(b"\r\ncontent-length: ")[1].split(b"\r\n")[0])
            self.refused += not head.startswith(b"HTTP/1.1 200")
        self._left -= len(data)
        if not self._left:
            self._is_asked = False
            self.answered += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self._left, self._is_asked = None, 0, False

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Screen(asyncio.Protocol):
    """A watcher: when which price came, in seconds of the monotonic clock and fen."""

    def __init__(self, lot: Lot, port: int, board: BoardRequests | None) -> None:
        head = f"Host: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip\r\n\r\n"
        self._request = f"GET {lot.address}/events HTTP/1.1\r\n{head}".encode()
        self._rest = b""
        self.board = board
        self.times, self.prices = array("d"), array("q")
        self.has_begun = asyncio.Event()
        self.over_at: float | None = None
        self.transport: asyncio.WriteTransport | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether the stream has ended as the server ends one, not torn off."""
        return self.over_at is not None and self._rest.endswith(b"0\r\n\r\n")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        *frames, self._rest = (self._rest + data).split(b"\n\n")
        for frame in frames:
            place = frame.find(b'"price":')
            if place < 0:
                continue
            price = frame[place + 8 : frame.index(b",", place)]
            self.times.append(now)
            self.prices.append(0 if price == b"null" else int(price))
            self.has_begun.set()
            if self.board is not None:
                self.board.moved()
        if self._rest.endswith(b"0\r\n\r\n") and self.over_at is None:
            self.over_at = now  # the connection itself may be kept a little longer

    def connection_lost(self, exc: Exception | None) -> None:
        self.over_at = self.over_at or time.monotonic()

    def close(self) -> None:
        """Leave, without a word to the server."""
        if self.transport is not None:
            self.transport.abort()
        if self.board is not None:
            self.board.close()


async def open_screens(lot: Lot, port: int, count: int, *, asks_for_board: bool = False) -> list[Screen]:
    """Open streams and wait until each has shown where the lot stands.

    Raises:
        SystemExit: not all of them did.
    """
    loop = asyncio.get_running_loop()
    boards = [BoardRequests(lot, port) if asks_for_board else None for _number in range(count)]
    screens = [Screen(lot, port, board) for board in boards]
    waiting = iter(screens)

    async def open_one_by_one() -> None:
        for screen in waiting:
            await loop.create_connection(partial(_same, screen), "127.0.0.1", port)
            async with asyncio.timeout(PATIENCE):
                await screen.has_begun.wait()

    try:
        await asyncio.gather(*(open_one_by_one() for _number in range(AT_ONCE)))
    except TimeoutError:
        begun = sum(screen.has_begun.is_set() for screen in screens)
        raise SystemExit(f"Of {count} streams {begun} were opened") from None
    return screens


def _same(screen: Screen) -> Screen:
    return screen
