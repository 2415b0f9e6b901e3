"""A real HTTP server on 127.0.0.1 for the stand-ins of tests: the official client has no other transport."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import uvicorn


@dataclass(frozen=True)
class Received:
    """A request as a stand-in answers it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    """Parsed JSON, None for an empty one."""

    @property
    def target(self) -> str:
        """Return path and query as they stand in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path


class StandIn(Protocol):
    async def answer(self, request: Received) -> tuple[int, Any]:
        """Return status and JSON body."""


@dataclass
class Loopback:
    """Serves each stand-in under an address of its own."""

    port: int = 0
    stand_ins: list[StandIn] = field(default_factory=list)

    def mount(self, stand_in: StandIn) -> str:
        """Return the address at which this stand-in answers from now on."""
        self.stand_ins.append(stand_in)
        return f"http://127.0.0.1:{self.port}/{len(self.stand_ins) - 1}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        _, number, path = scope["path"].split("/", 2)
        status, answer = await self.stand_ins[int(number)].answer(
            Received(
                method=scope["method"],
                path=f"/{path}",
                query=scope["query_string"].decode(),
                headers={name.decode().lower(): value.decode() for name, value in scope["headers"]},
                body=json.loads(await _body(receive) or b"null"),
            )
        )
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Loopback]:
    """Serve on a free port while the block runs, in this very loop."""
    loopback = Loopback()
    config = uvicorn.Config(
        loopback, host="127.0.0.1", port=0, lifespan="off", log_config=None, http="h11", ws="none"
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve())
    await server.is_up.wait()
    loopback.port = server.servers[0].sockets[0].getsockname()[1]
    yield loopback
    server.should_exit = True
    await running


class _Server(uvicorn.Server):
    """A server that says when it listens, and leaves signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _body(receive: Any) -> bytes:
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        body, is_whole = body + message.get("body", b""), not message.get("more_body")
    return body
