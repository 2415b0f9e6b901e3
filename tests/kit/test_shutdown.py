"""Streams that end when the site stops."""

from __future__ import annotations

import asyncio
import signal

from market.kit.shutdown import Shutdown


async def test_whoever_waits_for_the_stop_is_woken_by_it_and_who_comes_later_at_once() -> None:
    shutdown = Shutdown()
    waiting = [asyncio.create_task(shutdown.wait()) for _stream in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)

    shutdown.begin()
    await asyncio.wait_for(asyncio.gather(*waiting, shutdown.wait()), 1)


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
