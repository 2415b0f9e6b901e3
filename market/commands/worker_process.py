"""The worker of `serve`: a process of its own at lower priority, so that jobs and models never slow a page.

The site holds the other end of its standard input: when the site ends, however it ends, the worker reads
the end of it and stops too. On standard output the worker tells of every job that it ran, so that the site
composes pages anew and counts the job in its metrics.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from market.worker import Tell

log = logging.getLogger("market.jobs")
NICE = 10
"""Added to the priority number of the worker: whatever the site has to do comes first."""
FOR_SITE = "--for-site"
"""The option of `work` by which a site starts its worker."""
READY = "ready"
"""The line by which a worker tells that it runs jobs, and ends them when it is asked to."""
PAUSE = 1.0
"""Seconds after which a worker that died is started again; doubled each time that it dies at once."""
LONGEST_PAUSE = 60.0
LONG_ENOUGH = 30.0
"""Seconds that a worker lives when nothing is wrong with it."""
GRACE = 25.0
"""Seconds in which a worker may end the jobs in hand before it is killed."""
ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "market", "work", FOR_SITE)


class WorkerProcess:
    """Starts the worker, starts it again whenever it dies, and stops it with the site."""

    def __init__(
        self, tell: Tell, *, command: Sequence[str] = COMMAND, pause: float = PAUSE, grace: float = GRACE
    ) -> None:
        self._tell, self._command, self._pause, self._grace = tell, command, pause, grace
        self._process: asyncio.subprocess.Process | None = None
        self._is_ready = self._is_stopping = False

    @asynccontextmanager
    async def kept(self, *, after: float = 0) -> AsyncIterator[None]:
        """Keep the worker running while the block runs, from `after` seconds on; at its end it has ended."""
        task = asyncio.create_task(self._keep(after))
        try:
            yield
        finally:
            self.stop()
            if self._process is None:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def stop(self) -> None:
        """Ask the worker to end; its jobs in hand may finish. Idempotent."""
        self._is_stopping = True
        if self._process is None or self._process.returncode is not None:
            return
        if self._is_ready and self._process.stdin is not None:
            self._process.stdin.close()
        else:  # it has no job yet that could be cut
            with suppress(ProcessLookupError):
                self._process.terminate()

    async def _keep(self, after: float) -> None:
        await asyncio.sleep(after)
        pause = self._pause
        while not self._is_stopping:
            started = time.monotonic()
            status = await self._run()
            if self._is_stopping:
                return
            pause = self._pause if time.monotonic() - started > LONG_ENOUGH else min(2 * pause, LONGEST_PAUSE)
            log.error("the worker has ended; it is started again", extra={"error": f"status {status}"})
            await asyncio.sleep(pause)

    async def _run(self) -> int:
        """Start one worker, listen to it until it ends, and return its exit status."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the site, which then ends its worker
        )
        self._process, self._is_ready = process, False
        lower_priority(process.pid)
        if self._is_stopping:
            self.stop()
        listening = asyncio.create_task(self._listen(process))
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        return await process.wait()
                if self._is_stopping:
                    return await self._wait_at_most(process)
        finally:
            self._process = None
            await listening

    async def _wait_at_most(self, process: asyncio.subprocess.Process) -> int:
        try:
            async with asyncio.timeout(self._grace):
                return await process.wait()
        except TimeoutError:
            process.kill()
            return await process.wait()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        async for line in process.stdout:
            job, _space, result = line.decode(errors="replace").rstrip("\n").partition(" ")
            if job == READY:
                self._is_ready = True
            else:
                self._tell(job, result)


def lower_priority(pid: int) -> None:
    """Put a process `NICE` below our own priority, where the system has priorities."""
    if hasattr(os, "setpriority"):
        with suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + NICE)


def tell_site(job: str, result: str) -> None:
    """Tell the site that started this worker of a job; a site that is gone needs no telling."""
    with suppress(OSError, ValueError):
        sys.stdout.write(f"{job} {result}\n")
        sys.stdout.flush()


async def end_of_input() -> None:
    """Return when the site that started this process has ended, or closes what it holds of our input."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    class Reader(asyncio.Protocol):
        def connection_lost(self, error: Exception | None) -> None:
            ended.set()

    transport, _protocol = await loop.connect_read_pipe(Reader, sys.stdin)
    try:
        await ended.wait()
    finally:
        transport.close()
