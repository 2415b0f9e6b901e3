"""Connections whose request does not come, on a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from market.kit.http_protocol import LONGEST_HEAD, TIMED_OUT, TOO_LONG, BoundedHttpTools

WHOLE = PlainTextResponse("whole")
REQUEST = b"GET / HTTP/1.1\r\nhost: market.test\r\n\r\n"


@asynccontextmanager
async def serving(
    protocol: type[asyncio.Protocol], address: str, app: ASGIApp = WHOLE
) -> AsyncIterator[None]:
    """Serve an application at a socket."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    server = uvicorn.Server(uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_config=None))
    server.config.load()
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await task


async def test_a_connection_whose_request_does_not_come_is_closed_and_others_are_answered(
    tmp_path: Path,
) -> None:
    class HttpTools(BoundedHttpTools):
        head_deadline = 30.0

    address = str(tmp_path / "socket")
    async with serving(HttpTools, address), asyncio.timeout(60):
        later = await asyncio.open_unix_connection(address)
        later[1].write(REQUEST)
        assert await later[0].readuntil(b"whole")
        HttpTools.head_deadline = 0.3  # of what is waited for from now on
        silent = await asyncio.open_unix_connection(address)
        half = await asyncio.open_unix_connection(address)
        half[1].write(REQUEST[:20])
        later[1].write(REQUEST)
        answer = await later[0].readuntil(b"whole")
        later[1].write(REQUEST[:20])  # a third request on the same connection that stops half-way

        assert answer.startswith(b"HTTP/1.1 200")
        assert await half[0].read() == TIMED_OUT
        assert await later[0].read() == TIMED_OUT
        assert await silent[0].read() == b""
        for _reader, writer in (silent, half, later):
            writer.close()


async def test_long_addresses_reach_the_site_whole_and_endless_heads_are_refused(tmp_path: Path) -> None:
    address, query = str(tmp_path / "socket"), b"q=" + b"%E9%95%BF" * 20_000
    async with serving(BoundedHttpTools, address, _length), asyncio.timeout(30):
        reader, writer = await asyncio.open_unix_connection(address)
        for target in (b"/outcomes?" + query, b"/" + b"long" * 30_000 + b"?page=2", b"/outcomes?page=2"):
            writer.write(b"GET " + target + b" HTTP/1.1\r\nhost: market.test\r\n\r\n")
            length = len(target.partition(b"?")[2])
            assert await reader.readuntil(b"of %d bytes" % length)
        writer.write(b"GET / HTTP/1.1\r\ncookie: " + b"x" * (LONGEST_HEAD + 10))

        assert await reader.read() == TOO_LONG
        writer.close()


async def _length(scope: Scope, receive: Receive, send: Send) -> None:
    answer = PlainTextResponse(f"a query of {len(scope['query_string'])} bytes")
    await answer(scope, receive, send)
