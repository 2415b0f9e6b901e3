"""The queue of background jobs for the operator: listing, counting and retrying jobs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from market.audit.log import record
from market.backoffice.states import BackofficeAct, JobVerb
from market.kit.database import atomic, connection
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.models import SystemState
from market.records.by import By

JOB_STATES = ("failed", "todo", "doing")


@dataclass(frozen=True)
class JobRow:
    """A job that waits, runs or failed."""

    id: int
    name: str
    arguments: str
    status: str
    attempts: int
    asked_at: datetime | None
    scheduled_at: datetime | None
    error: str


async def list_jobs(status: str, *, offset: int, limit: int) -> tuple[list[JobRow], int]:
    """Return jobs in this state, the newest first, and how many there are in all."""
    rows = await connection().execute_query_dict(
        "SELECT j.id, j.task_name, j.args, j.status::text AS status, j.attempts, j.scheduled_at, "
        "(SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id) AS asked_at "
        "FROM procrastinate_jobs j WHERE j.status = $1::text::procrastinate_job_status "
        "ORDER BY j.id DESC OFFSET $2 LIMIT $3",
        [status, offset, limit],
    )
    stored_errors = await SystemState.filter(key__in=[f"job_error:{row['id']}" for row in rows])
    errors = {state.key: str(state.value.get("error", "")) for state in stored_errors}
    return [_job(row, errors.get(f"job_error:{row['id']}", "")) for row in rows], (await count_jobs())[status]


def _job(row: dict[str, Any], error: str) -> JobRow:
    arguments = json.loads(row["args"]) if isinstance(row["args"], str) else row["args"]
    return JobRow(
        id=row["id"],
        name=row["task_name"],
        arguments=json.dumps(arguments, ensure_ascii=False)[:200],
        status=row["status"],
        attempts=row["attempts"],
        asked_at=row["asked_at"],
        scheduled_at=row["scheduled_at"],
        error=error,
    )


async def count_jobs() -> dict[str, int]:
    """Return how many jobs failed, wait and run."""
    rows = await connection().execute_query_dict(
        "SELECT status::text AS status, count(*) AS count FROM procrastinate_jobs GROUP BY status"
    )
    return dict.fromkeys(JOB_STATES, 0) | {row["status"]: int(row["count"]) for row in rows}


async def retry_job(job_id: int, *, by: By) -> None:
    """Requeue a failed job, to run at once.

    Raises:
        Conflict: it did not fail, or the same work waits already.
    """
    by.actor.require(BackofficeAct.RUN_JOBS)
    try:
        await _retry(job_id, by=by)
    except IntegrityError:
        raise Conflict(_("同样的任务已经在等待，不必重试。")) from None


@atomic()
async def _retry(job_id: int, *, by: By) -> None:
    rows = await connection().execute_query_dict(
        "UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = NULL, attempts = 0, worker_id = NULL "
        "WHERE id = $1 AND status = 'failed' RETURNING id, task_name",
        [job_id],
    )
    if not rows:
        raise Conflict(_("这个任务现在不是失败状态，请刷新后再看。"))
    await record("job", UUID(int=job_id), JobVerb.RETRY_JOB, by=by, name=rows[0]["task_name"])
