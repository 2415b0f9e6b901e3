"""The only place where a status is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from tortoise.models import Model

from market.audit.services import record as audit
from market.kit.database import connection
from market.kit.workflow import ActionNotAllowed, Workflow
from market.records.by import By
from market.records.models import StatusEvent


class Stateful(Model):
    """A record with a status. A subclass declares `status`, its kind and its workflow."""

    record_kind: ClassVar[str]
    """The kind of record, a key of `Room.subjects`."""
    workflow: ClassVar[Workflow[Any, Any]]

    class Meta:
        abstract = True


R = TypeVar("R", bound=Stateful)


async def transition(
    record: R,
    action: StrEnum,
    *,
    by: By,
    note: str = "",
    changes: Mapping[str, Any] | None = None,
    **data: Any,
) -> R:
    """Carry out `action` on a record: write its status, the status event and the audit row.

    Runs in the caller's transaction; the caller has locked the record, or loaded it in the same transaction.
    `changes` are further columns written with the status, `note` is shown to those who see the record, and
    `data` goes into the audit log without personal values. `updated_at` is set where the table has it.

    Raises:
        ActionNotAllowed: the workflow does not permit the action in this status, or the status was changed
            meanwhile.
    """
    before: Any = record.status  # type: ignore[attr-defined]  # each subclass declares its own enum
    status = record.workflow.next(before, action)
    values = {**(changes or {}), "status": status}
    if "updated_at" in record._meta.fields:
        values["updated_at"] = by.now
    if not await type(record).filter(pk=record.pk, status=before).update(**values):
        raise ActionNotAllowed(str(record.workflow.refusal))
    for name, value in values.items():
        setattr(record, name, value)
    await _note(record, action.value, by=by, note=note)
    await audit(record.record_kind, record.pk, action.value, by=by, status=status.value, **data)
    return record


async def transition_many(
    moves: Sequence[tuple[R, StrEnum]], columns: Sequence[Mapping[str, Any]], *, by: By
) -> None:
    """Carry out an action on each of many records of one table: statuses and status events at once.

    As `transition`, for records that the caller has locked; `columns` are further columns, the same ones for
    every record. No audit row is written: the caller writes one about the whole.

    Raises:
        ActionNotAllowed: a workflow does not permit an action; then nothing is written.
    """
    if not moves:
        return
    rows, events = [], []
    for (record, action), further in zip(moves, columns, strict=True):
        status = record.workflow.next(record.status, action)  # type: ignore[attr-defined]  # as above
        rows.append({"id": record.pk, **further, "status": status})
        events.append(
            StatusEvent(
                subject_kind=record.record_kind,
                subject_id=record.pk,
                action=action.value,
                status=status,
                actor_id=by.user_id,
                happened_at=by.now,
            )
        )
    table = type(moves[0][0])._meta.db_table
    assigned = ", ".join(f"{name} = changed.{name}" for name in rows[0] if name != "id")
    await connection().execute_query(
        f"UPDATE {table} SET {assigned} "  # noqa: S608 -- names of our own columns
        f"FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb) AS changed WHERE {table}.id = changed.id",
        [json.dumps(rows, default=str)],
    )
    await StatusEvent.bulk_create(events)


async def begin(record: Stateful, *, by: By, note: str = "") -> None:
    """Write the first status event of a record that was just created."""
    await _note(record, "", by=by, note=note)


async def history(subject_kind: str, subject_id: UUID, most: int | None = None) -> list[StatusEvent]:
    """Return a record's status events with who acted, oldest first; only the last `most`, where given."""
    events = StatusEvent.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("-id")
    return (await (events if most is None else events.limit(most)).select_related("actor"))[::-1]


async def _note(record: Stateful, action: str, *, by: By, note: str) -> None:
    await StatusEvent.create(
        subject_kind=record.record_kind,
        subject_id=record.pk,
        action=action,
        status=record.status,  # type: ignore[attr-defined]  # each subclass declares its own enum
        actor_id=by.user_id,
        note=note,
        happened_at=by.now,
    )
