"""One connection of the process that listens to the database's notifications; no pool knows of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.connection import get_connections

log = logging.getLogger("market.listening")
RETRY = 2.0
"""Seconds after which a lost connection is made again."""
_ADDRESS = ("host", "port", "user", "password", "database")


@asynccontextmanager
async def listening(channel: str, call: Callable[[str], object]) -> AsyncIterator[None]:
    """Call `call` with the payload of each notification on a channel while the block runs.

    A connection that is lost is made again; what was notified meanwhile is lost, so whoever listens also
    looks by themselves from time to time.
    """
    config: Any = get_connections().db_config
    credentials = config["default"]["credentials"]
    address = {name: credentials[name] for name in _ADDRESS}
    if "ssl" in credentials:
        address["ssl"] = credentials["ssl"]
    task = asyncio.create_task(_keep(address, channel, call))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep(address: dict[str, Any], channel: str, call: Callable[[str], object]) -> None:
    while True:
        connection = None
        try:
            connection = await asyncpg.connect(**address)
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection, event=lost: event.set())
            await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: call(payload))
            await lost.wait()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("listening failed", extra={"error": type(error).__name__})
        finally:
            if connection is not None and not connection.is_closed():
                connection.terminate()
        await asyncio.sleep(RETRY)
