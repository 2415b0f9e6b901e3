"""Streams that end when the site stops."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator

import pytest

from market.kit.shutdown import Shutdown


class Events:
    """A source of events that never ends by itself and notes that it was closed."""

    def __init__(self, *events: str, then: Exception | None = None) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue()
        for event in events:
            self.queue.put_nowait(event)
        self.error = then
        self.is_closed = False

    async def read(self) -> AsyncGenerator[str, None]:
        try:
            while not self.queue.empty() or self.error is None:
                yield await self.queue.get()
            raise self.error
        finally:
            self.is_closed = True


async def test_a_waiting_stream_ends_when_the_site_stops_and_its_source_is_closed() -> None:
    shutdown, events = Shutdown(), Events("first")
    stream = shutdown.until(events.read())

    first = await anext(stream)
    asyncio.get_running_loop().call_later(0.01, shutdown.begin)
    rest = [event async for event in stream]

    assert (first, rest, events.is_closed) == ("first", [], True)


async def test_a_stream_opened_after_the_signal_sends_nothing() -> None:
    shutdown, events = Shutdown(), Events("first")
    shutdown.begin()

    assert [event async for event in shutdown.until(events.read())] == []


async def test_an_endless_flood_of_events_ends_too() -> None:
    shutdown = Shutdown()

    async def flood() -> AsyncGenerator[int, None]:
        number = 0
        while True:
            yield (number := number + 1)

    numbers = []
    async for number in shutdown.until(flood()):
        numbers.append(number)
        if number == 3:
            shutdown.begin()

    assert numbers == [1, 2, 3]


async def test_a_stream_that_ends_by_itself_is_sent_whole() -> None:
    async def numbers() -> AsyncGenerator[int, None]:
        yield 1
        yield 2

    assert [number async for number in Shutdown().until(numbers())] == [1, 2]


async def test_an_error_of_the_source_is_not_swallowed() -> None:
    events = Events("first", then=ValueError("broken"))

    with pytest.raises(ValueError, match="broken"):
        _ = [event async for event in Shutdown().until(events.read())]

    assert events.is_closed


async def test_a_reader_that_leaves_closes_the_source() -> None:
    events = Events()

    async def read() -> list[str]:
        return [event async for event in Shutdown().until(events.read())]

    reader = asyncio.create_task(read())
    await asyncio.sleep(0.01)

    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader

    assert events.is_closed


async def test_a_signal_ends_streams_and_still_reaches_the_server() -> None:
    shutdown, received = Shutdown(), []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: received.append(number))
    try:
        with shutdown.on_signals([signal.SIGUSR1]):
            signal.raise_signal(signal.SIGUSR1)
            await asyncio.sleep(0.01)
        signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert shutdown.has_begun
    assert received == [signal.SIGUSR1, signal.SIGUSR1]
