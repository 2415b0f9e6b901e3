"""The worker beside the site: started, started again when it dies, told of, and stopped with the site."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from market.commands.worker_process import NICE, WorkerProcess

WORKER = """
import os, signal, sys
print("ready", flush=True)
print(f"pid {os.getpid()}", flush=True)
print(" ", flush=True)
sys.stdin.read()
print("search.relay done", flush=True)
"""
DEAF = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
print("deaf started", flush=True)
time.sleep(60)
"""
STARTING = """
import sys, time
print("still importing", flush=True)
time.sleep(60)
"""


class Heard:
    """What a worker told, and a wait for the next of it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.more = asyncio.Event()

    def __call__(self, job: str, came: str) -> None:
        self.lines.append((job, came))
        self.more.set()

    def of(self, word: str) -> list[str]:
        return [came for job, came in self.lines if job == word]

    async def until(self, word: str, times: int = 1) -> str:
        async with asyncio.timeout(20):
            while len(self.of(word)) < times:
                self.more.clear()
                await self.more.wait()
        return self.of(word)[-1]


@asynccontextmanager
async def worker_of(code: str, *, grace: float = 20) -> AsyncIterator[Heard]:
    heard = Heard()
    worker = WorkerProcess(heard, command=[sys.executable, "-S", "-c", code], pause=0.01, grace=grace)
    async with worker.kept():
        yield heard


async def test_a_worker_runs_at_lower_priority_and_ends_its_jobs_with_the_site() -> None:
    async with worker_of(WORKER) as heard:
        pid = int(await heard.until("pid"))
        await heard.until("")
        priority = os.getpriority(os.PRIO_PROCESS, pid)

    assert ("search.relay", "done") in heard.lines
    assert priority == min(os.nice(0) + NICE, 19)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_worker_that_dies_is_started_again() -> None:
    async with worker_of(WORKER) as heard:
        first = int(await heard.until("pid"))
        os.kill(first, signal.SIGKILL)
        second = int(await heard.until("pid", 2))

    assert first != second


async def test_a_worker_that_does_not_end_is_killed_and_one_that_has_not_begun_is_not_waited_for() -> None:
    async with worker_of(DEAF, grace=0.2) as heard:
        await heard.until("deaf")
    started = time.monotonic()
    async with worker_of(STARTING) as heard:
        await heard.until("still")

    assert time.monotonic() - started < 30  # of the sixty that it would sleep
