"""`serve` as a host runs it: started for real, and stopped by SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from tests.databases import own_database
from tests.fixtures import ROOT, named

SITE = """
import asyncio, os, time
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from market.app import create_app
from market.commands.serve import port_of, serve
from market.settings import Settings


def build_app(deps):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(request):
        begun.set()
        await ended.wait()
        return PlainTextResponse("whole" * 10_000)

    async def events():
        await begun.wait()
        yield "open"
        await deps.shutdown.wait()
        ended.set()

    async def stream(request):
        return StreamingResponse(events())

    async def busy(request):
        time.sleep(0.02)
        return PlainTextResponse("done")

    app = create_app(deps)
    app.router.routes[:0] = [Route("/slow", slow), Route("/stream", stream), Route("/busy", busy)]
    return app


settings, port = Settings.from_env(os.environ), port_of(os.environ)
raise SystemExit(asyncio.run(serve(settings, host="127.0.0.1", port=port, build_app=build_app)))
"""


@pytest.mark.long
@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_at_sigterm_a_stream_ends_at_once_and_a_request_in_hand_is_answered_whole(
    database_url: str, tmp_path: Path
) -> None:
    port = _free_port()
    async with own_database("serve") as name:
        environ = {
            "DATABASE_URL": named(database_url, name),
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": "a secret that is long enough for tests",
            "SMTP_URL": "smtp://mail.test:25",
            "BASE_URL": f"http://127.0.0.1:{port}",
            "EMBEDDERS": "none",
            "PORT": str(port),
        }
        site = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SITE, cwd=ROOT, env=os.environ | environ, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert site.stdout is not None
            async for line in site.stdout:
                if b"Ctrl-C" in line:
                    break
            async with httpx.AsyncClient(
                base_url=environ["BASE_URL"], trust_env=False, timeout=60
            ) as browser:
                slow = asyncio.create_task(browser.get("/slow"))
                async with browser.stream("GET", "/stream") as stream:
                    chunks = stream.aiter_text()
                    opened = await anext(chunks)
                    is_slow_answered = slow.done()
                    waiting = [await _send(port, "/busy") for _number in range(30)]
                    site.send_signal(signal.SIGTERM)
                    rest = [chunk async for chunk in chunks]
                statuses = {await _status(streams) for streams in waiting}
                answer = await slow
            said, exit_code = await site.stdout.read(), await site.wait()
        finally:
            if site.returncode is None:
                site.kill()

    assert (opened, rest) == ("open", [])
    assert not is_slow_answered  # it answers once the stream has ended, which waits for nothing else
    assert statuses == {b"200"}  # they were sent before the signal, and not yet read
    assert (answer.status_code, answer.text) == (200, "whole" * 10_000)
    assert "Stopped." in said.decode()
    assert exit_code == 0


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _send(port: int, path: str) -> Streams:
    """Send a request over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    return reader, writer


async def _status(streams: Streams) -> bytes:
    """Return the status of an answer; empty where the connection was closed without one."""
    try:
        return (await streams[0].read())[9:12]
    except ConnectionError:
        return b""
    finally:
        streams[1].close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
