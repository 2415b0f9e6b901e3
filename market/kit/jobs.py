"""Work done later, kept in PostgreSQL by procrastinate and asked for in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from market.kit.database import connection
from market.kit.models import SystemState

if TYPE_CHECKING:
    from market.deps import Deps

Handler = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Job:
    name: str
    handler: Handler
    attempts: int
    cron: str | None


@dataclass
class Registry:
    """All jobs of the market by name. Rooms register theirs when their `jobs.py` is imported."""

    jobs: dict[str, Job] = field(default_factory=dict)

    def job(self, name: str, *, attempts: int = 8, cron: str | None = None) -> Callable[[Handler], Handler]:
        """Register a function `(deps, **arguments)` as the job `name`.

        Arguments are ids and plain values. A job may run twice. With `cron` it is also run on
        schedule (real time), then without arguments.
        """

        def register(handler: Handler) -> Handler:
            self.jobs[name] = Job(name, handler, attempts, cron)
            return handler

        return register


registry = Registry()
job = registry.job


async def enqueue(
    name: str,
    *,
    lock: str | None = None,
    at: datetime | None = None,
    **arguments: Any,
) -> None:
    """Ask for a job inside the current transaction: it exists if and only if the change does.

    Jobs that share a `lock` run one after another, in the order they were asked for.
    """
    await connection().execute_query(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW($1, $2, 0, $3, NULL, $4::jsonb, $5)]"
        "::procrastinate_job_to_defer_v1[])",
        ["default", name, lock, json.dumps(arguments, default=str), at],
    )


async def run_waiting(deps: Deps, *, most: int = 1000) -> int:
    """Run the jobs that wait, in order, in this very task, and return how many.

    For commands and tests; a site has a worker. A job that raises stops the run.
    """
    done = 0
    while done < most:
        rows = await connection().execute_query_dict(
            "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs "
            "WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) "
            "ORDER BY priority DESC, id LIMIT 1) RETURNING task_name, args"
        )
        if not rows:
            break
        arguments = rows[0]["args"]
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        await registry.jobs[rows[0]["task_name"]].handler(deps, **arguments)
        done += 1
    return done


async def note_failure(job_id: int, error: BaseException) -> None:
    """Keep why a job failed, for the operator's page; procrastinate itself keeps no reasons.

    Only the kind of error and its first line are kept.
    """
    words = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    await SystemState.update_or_create(key=f"job_error:{job_id}", defaults={"value": {"error": words}})
