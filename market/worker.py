"""The worker: runs the jobs that rooms declare, with their retries, and sweeps due moments."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import procrastinate
import psycopg
from psycopg.conninfo import make_conninfo

from market.deps import Deps
from market.kit import telemetry
from market.kit.guest_pages import forget_pages
from market.kit.jobs import Job, backoff, record_failure
from market.kit.templating import environment
from market.records.moments import run_moments
from market.rooms import install_rooms
from market.runtime import load_clock

log = logging.getLogger("market.jobs")


@dataclass(frozen=True)
class Pulse:
    """Heartbeat of workers in seconds, by which the jobs of a dead one are requeued."""

    beat: float = 10
    silence: float = 30
    """A worker without a heartbeat for so long counts as dead."""


PULSE = Pulse()
Tell = Callable[[str, str], None]
"""Called with a job and its result, `done` or `failed`; with two empty texts after a sweep ran moments."""
POLL_EVERY = 1.0
"""Seconds between two looks for jobs of which no notification told, such as one whose lock came free."""
RECOVERY_PAUSE = 1.0
"""Seconds after which a worker that lost the database tries again."""
MOMENTS_EVERY = 5.0
"""Seconds between two sweeps of what falls due."""


@asynccontextmanager
async def requeueing(app: procrastinate.App, pulse: Pulse = PULSE) -> AsyncIterator[None]:
    """Requeue the jobs of dead workers while the block runs.

    A job may run twice, so every handler is idempotent.
    """

    async def requeue() -> None:
        with suppress(procrastinate.exceptions.ProcrastinateException):
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=pulse.silence):
                log.warning("job of a dead worker", extra={"job": job.task_name})
                await app.job_manager.retry_job(job)

    async with _every(pulse.beat, requeue):
        yield


@asynccontextmanager
async def sweeping_moments(deps: Deps, tell: Tell) -> AsyncIterator[None]:
    """Run due moments of the business clock, every few seconds while the block runs.

    Several workers may sweep at once; each moment is run by one.
    """

    async def sweep() -> None:
        try:
            await load_clock(deps)
            if await run_moments(deps, deps.clock()):
                tell("", "")
        except Exception as error:  # the database may be away for a while; the next sweep tries again
            log.warning("sweep of moments failed", extra={"error": type(error).__name__})

    async with _every(MOMENTS_EVERY, sweep):
        yield


@asynccontextmanager
async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            await act()

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def work(
    deps: Deps,
    url: str,
    *,
    concurrency: int = 3,
    pulse: Pulse = PULSE,
    tell: Tell = lambda job, result: None,
    until: Awaitable[None] | None = None,
) -> None:
    """Run jobs until the process is stopped by a signal, or `until` is done.

    `tell` is called with every job that ran and its result.
    """
    app = build_app(deps, url, tell)
    async with app.open_async(), requeueing(app, pulse), sweeping_moments(deps, tell):
        task = asyncio.create_task(_run_for_ever(app, _options(concurrency, pulse, grace=20)))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        if until is not None:
            asyncio.ensure_future(until).add_done_callback(lambda _done: task.cancel())
        with suppress(asyncio.CancelledError):
            await task


def _options(concurrency: int, pulse: Pulse, *, grace: float) -> dict[str, Any]:
    return {
        "concurrency": concurrency,
        "install_signal_handlers": False,
        "shutdown_graceful_timeout": grace,
        "listen_notify": True,
        "fetch_job_polling_interval": POLL_EVERY,
        "delete_jobs": "successful",
        "update_heartbeat_interval": pulse.beat,
        "stalled_worker_timeout": pulse.silence,
    }


async def _run_for_ever(app: procrastinate.App, options: dict[str, Any]) -> None:
    """Run jobs until the task is cancelled; begin again whenever the worker ends, such as without a database.

    It ends without an error when it lost only the connection by which it is told of new jobs.
    """
    while True:
        reason = "ended"
        try:
            await app.run_worker_async(**options)
        except (procrastinate.exceptions.ConnectorException, psycopg.Error, OSError) as error:
            reason = type(error).__name__
        log.warning("worker lost the database", extra={"error": reason})
        await asyncio.sleep(RECOVERY_PAUSE)


@dataclass(frozen=True)
class Retry(procrastinate.BaseRetryStrategy):
    """Try a failed job again with backoff, as often as it declares."""

    declared: Job

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if job.attempts >= self.declared.attempts:
            return None
        seconds = backoff(job.attempts + 1, self.declared.longest_wait)
        return procrastinate.RetryDecision(retry_in={"seconds": seconds})


def build_app(deps: Deps, url: str, tell: Tell) -> procrastinate.App:
    """Register every declared job with procrastinate."""
    environment()
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=conninfo(url), min_size=1, max_size=6)
    )
    for declared in install_rooms().jobs.values():
        task = app.task(
            name=declared.name,
            pass_context=True,
            retry=Retry(declared),
        )(_runner(deps, declared, tell))
        if declared.cron:
            app.periodic(cron=declared.cron, periodic_id=declared.name)(task)
    return app


def conninfo(url: str) -> str:
    """Return psycopg's words for the address that asyncpg also takes."""
    parts = urlsplit(url)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    return make_conninfo(
        host=query.pop("host", None) or parts.hostname or "localhost",
        port=parts.port or query.pop("port", None),
        user=unquote(parts.username or "postgres"),
        password=unquote(parts.password or "") or None,
        dbname=parts.path.lstrip("/") or "postgres",
        application_name="market-worker",
        **query,
    )


def _runner(deps: Deps, job: Job, tell: Tell) -> Any:
    async def run(context: procrastinate.JobContext, **arguments: Any) -> None:
        arguments.pop("timestamp", None)
        try:
            await load_clock(deps)
            await job.handler(deps, **arguments)
        except Exception as error:  # the edge of the worker: counted, logged, tried again
            note_job(job.name, "failed")
            tell(job.name, "failed")
            log.warning(
                "job failed", extra={"job": job.name, "error": f"{type(error).__name__}: {error}"[:300]}
            )
            if context.job.id is not None:
                await record_failure(context.job.id, error)
            raise
        note_job(job.name, "done")
        tell(job.name, "done")

    return run


def note_job(job: str, result: str) -> None:
    """Count a job that ran, and have pages composed anew, which it may have changed."""
    if job:
        telemetry.jobs.labels(job, result).inc()
    forget_pages()
