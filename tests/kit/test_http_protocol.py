"""Connections whose request does not come, on a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from market.kit.http_protocol import TIMED_OUT, BoundedH11, BoundedHttpTools

REQUEST = b"GET / HTTP/1.1\r\nhost: market.test\r\n\r\n"


class HurriedH11(BoundedH11):
    head_deadline = 0.1


class HurriedHttpTools(BoundedHttpTools):
    head_deadline = 0.1


@asynccontextmanager
async def serving(protocol: type[asyncio.Protocol], address: str) -> AsyncIterator[None]:
    """Serve one answer at a socket."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    server = uvicorn.Server(
        uvicorn.Config(PlainTextResponse("whole"), http=protocol, ws="none", lifespan="off", log_config=None)
    )
    server.config.load()
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await task


@pytest.mark.parametrize("protocol", [HurriedH11, HurriedHttpTools])
async def test_a_connection_whose_request_does_not_come_is_closed_and_others_are_answered(
    protocol: type[asyncio.Protocol], tmp_path: Path
) -> None:
    address = str(tmp_path / "socket")
    async with serving(protocol, address), asyncio.timeout(30):
        silent = await asyncio.open_unix_connection(address)
        half = await asyncio.open_unix_connection(address)
        half[1].write(REQUEST[:20])
        later = await asyncio.open_unix_connection(address)
        later[1].write(REQUEST)
        answer = await later[0].readuntil(b"whole")
        later[1].write(REQUEST[:20])  # a second request on the same connection that stops half-way

        assert answer.startswith(b"HTTP/1.1 200")
        assert await half[0].read() == TIMED_OUT
        assert await later[0].read() == TIMED_OUT
        assert await silent[0].read() == b""
        for _reader, writer in (silent, half, later):
            writer.close()
