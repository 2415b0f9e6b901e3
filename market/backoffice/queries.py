from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.models import Model

from market.accounts.models import Organisation
from market.audit.models import AuditEvent
from market.budgets.models import Batch, Disbursement
from market.claims.models import Claim
from market.contracts.models import Contract
from market.deals.models import Deal
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.models import OutgoingMail, SystemState
from market.kit.room import rooms
from market.listings.models import Need, Outcome
from market.notices.holiday_years import title_of
from market.notices.models import HolidayYearVersion, Notice

NUMBERED: dict[str, type[Model]] = {
    "outcome": Outcome,
    "need": Need,
    "deal": Deal,
    "contract": Contract,
    "notice": Notice,
    "claim": Claim,
    "batch": Batch,
    "disbursement": Disbursement,
}
"""Kinds of record that people know by a number."""


@dataclass(frozen=True)
class Subject:
    """What a row of the log is about, as people know it."""

    kind: str
    id: UUID
    name: str
    """Its number, its name, or the beginning of its id."""


async def find_subject(text: str) -> tuple[str | None, UUID] | None:
    """Return kind and id of the record that a person names by number, code or id; None if there is none."""
    text = text.strip()
    try:
        return None, UUID(text)
    except ValueError:
        pass
    prefix = text.upper().split("-")[0]
    for kind, subject in rooms().subjects.items():
        if subject.number == prefix and kind in NUMBERED:
            record: Any = await NUMBERED[kind].get_or_none(number=text.upper())
            return (kind, record.id) if record else None
    organisation = await Organisation.get_or_none(uscc=text.upper())
    return ("organisation", organisation.id) if organisation else None


async def name_subjects(events: Iterable[AuditEvent]) -> dict[tuple[str, UUID], Subject]:
    """Return what the records of these rows are called."""
    ids_by_kind: dict[str, set[UUID]] = {}
    for event in events:
        ids_by_kind.setdefault(event.subject_kind, set()).add(event.subject_id)
    named = {}
    for kind, ids in ids_by_kind.items():
        names = await _names(kind, ids)
        for identity in ids:
            named[kind, identity] = Subject(kind, identity, names.get(identity, str(identity)[:8]))
    return named


async def _names(kind: str, ids: Collection[UUID]) -> dict[UUID, str]:
    if kind == "organisation":
        return {
            organisation.id: organisation.name for organisation in await Organisation.filter(id__in=list(ids))
        }
    if kind == "holiday_year":
        versions = await HolidayYearVersion.filter(id__in=list(ids)).only("id", "year", "region")
        return {version.id: title_of(version.year, version.region) for version in versions}
    if kind not in NUMBERED:
        return {}
    records: Any = await NUMBERED[kind].filter(id__in=list(ids)).only("id", "number")
    return {record.id: record.number for record in records}


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


JOB_STATES = ("failed", "todo", "doing")


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


async def list_mails(*, words: str, offset: int, limit: int) -> tuple[list[OutgoingMail], int]:
    """Return the demo's mails, newest first, those to addresses with `words` in them only."""
    mails = OutgoingMail.filter(recipient__icontains=words) if words else OutgoingMail.all()
    return await mails.order_by("-id").offset(offset).limit(limit), await mails.count()


async def get_mail(mail_id: int) -> OutgoingMail:
    """Return one of the demo's mails.

    Raises:
        NotFound: there is none.
    """
    mail = await OutgoingMail.get_or_none(id=mail_id)
    if mail is None:
        raise NotFound(_("没有这封邮件。"))
    return mail
