"""Background jobs in PostgreSQL by procrastinate, enqueued in the transaction that causes them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from market.kit.database import connection
from market.kit.models import SystemState
from market.kit.room import rooms

if TYPE_CHECKING:
    from market.deps import Deps

Handler = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Job:
    """A declared job; calling it runs its handler, such as in a test."""

    name: str
    handler: Handler
    attempts: int
    cron: str | None
    longest_wait: int
    """Seconds."""

    async def __call__(self, deps: Deps, **arguments: Any) -> None:
        await self.handler(deps, **arguments)


def backoff(failures: int, longest: int) -> int:
    """Return the seconds to wait after so many failures of a job: twice as long each time, up to a limit."""
    return min(1 + (1 << failures), longest)


def job(
    name: str, *, attempts: int = 8, cron: str | None = None, longest_wait: int = 3600
) -> Callable[[Handler], Job]:
    """Declare a function `(deps, **arguments)` as the job `name`; its room lists it in `room.py`.

    Arguments are ids and plain values. A job may run twice, so its handler is idempotent. With `cron` it
    also runs on schedule, in real time and without arguments. What failed is tried again with a backoff of at
    most `longest_wait` seconds: short where other jobs wait for the same lock.
    """

    def declare(handler: Handler) -> Job:
        return Job(name, handler, attempts, cron, longest_wait)

    return declare


async def enqueue(
    name: str,
    *,
    lock: str | None = None,
    at: datetime | None = None,
    **arguments: Any,
) -> None:
    """Enqueue a job in the current transaction: it exists if and only if that commits.

    Jobs that share a `lock` run one after another, in the order they were enqueued.
    """
    await connection().execute_query(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW($1, $2, 0, $3, NULL, $4::jsonb, $5)]"
        "::procrastinate_job_to_defer_v1[])",
        ["default", name, lock, json.dumps(arguments, default=str), at],
    )


async def enqueue_each(name: str, argument: str, values: Sequence[int]) -> None:
    """Enqueue a job for each value of its one argument, in the current transaction, with one statement."""
    if values:
        await connection().execute_query(
            "SELECT procrastinate_defer_jobs_v1(ARRAY(SELECT ROW($1, $2, 0, NULL, NULL, "
            "jsonb_build_object($3::text, value), NULL)::procrastinate_job_to_defer_v1 "
            "FROM unnest($4::bigint[]) WITH ORDINALITY AS given (value, place) ORDER BY place))",
            ["default", name, argument, list(values)],
        )


async def run_pending(deps: Deps, *, limit: int = 1000, left: Collection[str] = ()) -> int:
    """Run the pending jobs in order, in this task, and return how many ran; those named in `left` stay.

    For commands and tests; a site has a worker. A job that raises stops the run.
    """
    done = 0
    while done < limit:
        rows = await connection().execute_query_dict(
            "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs "
            "WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) "
            "AND task_name <> ALL($1::text[]) ORDER BY priority DESC, id LIMIT 1) RETURNING task_name, args",
            [list(left)],
        )
        if not rows:
            break
        arguments = rows[0]["args"]
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        await rooms().jobs[rows[0]["task_name"]].handler(deps, **arguments)
        done += 1
    return done


async def record_failure(job_id: int, error: BaseException) -> None:
    """Record why a job failed, for the operator's page; procrastinate stores no reasons.

    Only the error's type and first line are stored.
    """
    reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    await SystemState.update_or_create(key=f"job_error:{job_id}", defaults={"value": {"error": reason}})
