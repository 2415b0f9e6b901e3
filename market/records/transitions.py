"""The only place where a status is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from tortoise.models import Model

from market.audit.log import record as audit
from market.audit.log import record_all as audit_all
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
    status = await _write([record], _status(record), action, by=by, changes=changes)
    await _event(record, action.value, by=by, note=note).save(force_create=True)
    await audit(record.record_kind, record.pk, action.value, by=by, status=status, **data)
    return record


async def transition_all(
    records: Sequence[R],
    action: StrEnum,
    *,
    by: By,
    note: str = "",
    changes: Mapping[str, Any] | None = None,
    **data: Any,
) -> None:
    """Carry out `action` on many records of one table, as `transition` does on one, or on none of them.

    The number of statements depends on how many statuses the records stand in, not on how many they are.
    The caller's transaction must not go on after a refusal.

    Raises:
        ActionNotAllowed: the workflow does not permit the action in the status of one of the records, or that
            was changed meanwhile.
    """
    for before in dict.fromkeys(_status(record) for record in records):
        group = [record for record in records if _status(record) is before]
        status = await _write(group, before, action, by=by, changes=changes)
        await StatusEvent.bulk_create([_event(record, action.value, by=by, note=note) for record in group])
        ids = [record.pk for record in group]
        await audit_all(group[0].record_kind, ids, action.value, by=by, status=status, **data)


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
    await _event(record, "", by=by, note=note).save(force_create=True)


async def history(subject_kind: str, subject_id: UUID, most: int | None = None) -> list[StatusEvent]:
    """Return a record's status events with who acted, oldest first; only the last `most`, where given."""
    events = StatusEvent.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("-id")
    return (await (events if most is None else events.limit(most)).select_related("actor"))[::-1]


def _status(record: Stateful) -> Any:
    return record.status  # type: ignore[attr-defined]  # each subclass declares its own enum


async def _write(
    records: Sequence[Stateful],
    before: Any,
    action: StrEnum,
    *,
    by: By,
    changes: Mapping[str, Any] | None,
) -> str:
    """Write and return the status to which `action` leads records of one table from the status `before`."""
    model, workflow = type(records[0]), records[0].workflow
    values = {**(changes or {}), "status": workflow.next(before, action)}
    if "updated_at" in model._meta.fields:
        values["updated_at"] = by.now
    ids = [record.pk for record in records]
    if await model.filter(pk__in=ids, status=before).update(**values) != len(ids):
        raise ActionNotAllowed(str(workflow.refusal))
    for record in records:
        for name, value in values.items():
            setattr(record, name, value)
    return str(values["status"])


def _event(record: Stateful, action: str, *, by: By, note: str) -> StatusEvent:
    return StatusEvent(
        subject_kind=record.record_kind,
        subject_id=record.pk,
        action=action,
        status=_status(record),
        actor_id=by.user_id,
        note=note,
        happened_at=by.now,
    )
