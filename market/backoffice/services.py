from __future__ import annotations

from uuid import UUID

from tortoise.exceptions import IntegrityError

from market.audit.log import record
from market.backoffice.permissions import BackofficeAct
from market.backoffice.verbs import JobVerb
from market.kit.database import atomic, connection
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.records.by import By


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
