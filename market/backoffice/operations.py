"""What the operator looks after: the queue of background jobs, and the state of the search indexes.

Of the indexes: lag behind the database, documents in quarantine, retries and rebuilds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from market.audit.log import record
from market.backoffice.states import BackofficeAct, JobVerb
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, NotFound, SearchUnavailable
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.models import SystemState
from market.listings.models import Need, Outcome
from market.records.by import By
from market.search import jobs, outbox, relay
from market.search.engine import SearchEngine, Tenancy
from market.search.indexes import INDEXES
from market.search.models import OutboxEntry

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


INDEX_LABELS: Mapping[str, Lazy] = {
    "outcomes": lazy("成果"),
    "needs": lazy("需求"),
    "organisations": lazy("单位"),
    "brokers": lazy("经纪人"),
    "policies": lazy("政策"),
}
MOST = 50
"""Quarantined documents shown at once."""


@dataclass(frozen=True)
class IndexStatus:
    """The state of one index. What only the engine knows is None while it is away."""

    index: str
    label: str
    expected: int
    waiting: int
    waiting_since: datetime | None
    quarantined: int
    documents: int | None = None
    differences: int | None = None


@dataclass(frozen=True)
class QuarantinedDocument:
    """A document in quarantine, with the reason the engine gave."""

    id: int
    index_label: str
    title: str
    """What people call it; its id where it is no listing."""
    reason: str
    asked_at: datetime


async def index_statuses(search: SearchEngine) -> tuple[list[IndexStatus], Tenancy | None]:
    """Return the state of each index that a room fills, and our tenancy on the engine; None if it is away."""
    rows = []
    try:
        tenancy = await search.tenancy()
    except SearchUnavailable:
        tenancy = None
    for index in (name for name in INDEXES if outbox.source_of(name)):
        status = None
        if tenancy is not None:
            try:
                status = await relay.status(index, search=search)
            except SearchUnavailable:
                tenancy = None
        rows.append(_index_status(status) if status else await _without_engine(index))
    return rows, tenancy


def drift_lines(tenancy: Tenancy) -> list[str]:
    """Return a line for each index whose settings somebody else changed, naming these."""
    return [
        _("%(index)s：%(names)s", index=INDEX_LABELS[index], names=_("、").join(names))
        for index, names in tenancy.drift.items()
    ]


async def list_quarantined() -> list[QuarantinedDocument]:
    """Return the documents in quarantine, the oldest first."""
    entries = await OutboxEntry.filter(is_quarantined=True).order_by("id").limit(MOST)
    titles = await _titles([entry.document_id for entry in entries])
    return [
        QuarantinedDocument(
            id=entry.id,
            index_label=str(INDEX_LABELS[entry.index_name]),
            title=titles.get(entry.document_id, str(entry.document_id)),
            reason=entry.error,
            asked_at=entry.asked_at,
        )
        for entry in entries
    ]


@atomic()
async def retry(entry_id: int, *, by: By) -> None:
    """Requeue a document in quarantine for the worker.

    Raises:
        Conflict: it is in quarantine no longer.
    """
    by.actor.require(BackofficeAct.RUN_JOBS)
    entry = await OutboxEntry.select_for_update().get_or_none(id=entry_id, is_quarantined=True)
    if entry is None:
        raise Conflict(_("这份文档已不在隔离中，请刷新后再看。"))
    await outbox.retry(entry_id)
    await record("job", UUID(int=entry_id), JobVerb.RETRY_DOCUMENT, by=by, index=entry.index_name)


@atomic()
async def rebuild(index: str, *, by: By) -> None:
    """Enqueue the rebuild of an index; readers keep the old one until the new one is complete.

    Raises:
        NotFound: there is no such index, or no room fills it.
    """
    by.actor.require(BackofficeAct.RUN_JOBS)
    if outbox.source_of(index) is None:
        raise NotFound(_("没有这个索引。"))
    await jobs.enqueue_rebuild(index)
    await record("job", UUID(int=INDEXES.index(index)), JobVerb.REBUILD_INDEX, by=by, index=index)


def _index_status(status: relay.Status) -> IndexStatus:
    return IndexStatus(
        index=status.index,
        label=str(INDEX_LABELS[status.index]),
        expected=status.expected,
        waiting=status.pending,
        waiting_since=status.pending_since,
        quarantined=status.quarantined,
        documents=status.documents,
        differences=status.differences,
    )


async def _without_engine(index: str) -> IndexStatus:
    source = outbox.source_of(index)
    return IndexStatus(
        index=index,
        label=str(INDEX_LABELS[index]),
        expected=len(await source.revisions()) if source else 0,
        waiting=await outbox.count_pending(index),
        waiting_since=await outbox.oldest_pending_at(index),
        quarantined=await OutboxEntry.filter(index_name=index, is_quarantined=True).count(),
    )


async def _titles(ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = [
        row
        for kind in (Outcome, Need)
        for row in await kind.filter(id__in=list(ids)).values_list("id", "number", "title")
    ]
    return {identity: f"{number} {title}" for identity, number, title in rows}
