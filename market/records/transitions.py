"""The only place where a status is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from market.audit.log import record as audit
from market.kit.database import connection
from market.kit.tables import Model
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
    status = await _write(record, action, by=by, changes=changes)
    await _event(record, action.value, by=by, note=note).save(force_create=True)
    await audit(record.record_kind, record.pk, action.value, by=by, status=status, **data)
    return record


async def transition_all(moves: Sequence[tuple[R, StrEnum, Mapping[str, Any]]], *, by: By) -> None:
    """Carry out an action on each of many locked records of one table, with two statements.

    For an import of thousands: of each record its action and the further columns to write, the same columns
    for every record. No audit row is written for a record: the caller writes one about the whole.

    Raises:
        ActionNotAllowed: the workflow does not permit one of the actions in that record's status, or a status
            was changed meanwhile. The caller's transaction must not go on then.
    """
    if not moves:
        return
    before, rows = {}, []
    for record, action, changes in moves:
        before[str(record.pk)] = _status(record)
        rows.append({"id": record.pk, **changes, "status": record.workflow.next(_status(record), action)})
    table = type(moves[0][0])._meta.db_table
    assigned = ", ".join(f"{name} = changed.{name}" for name in rows[0] if name != "id")
    written, _ = await connection().execute_query(
        f"UPDATE {table} SET {assigned} "  # noqa: S608 -- names of our own columns
        f"FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb) AS changed "
        f"WHERE {table}.id = changed.id AND {table}.status = $2::jsonb ->> changed.id::text",
        [json.dumps(rows, default=str), json.dumps(before)],
    )
    if written != len(rows):
        raise ActionNotAllowed(str(moves[0][0].workflow.refusal))
    events = []
    for (record, action, _changes), row in zip(moves, rows, strict=True):
        for name, value in row.items():
            setattr(record, name, value)
        events.append(_event(record, action.value, by=by, note=""))
    await StatusEvent.bulk_create(events)


async def begin(record: Stateful, *, by: By, note: str = "") -> None:
    """Write the first status event of a record that was just created."""
    await begin_all([record], by=by, note=note)


async def begin_all(records: Sequence[Stateful], *, by: By, note: str = "") -> None:
    """Write the first status event of each of many records that were just created."""
    await StatusEvent.bulk_create([_event(record, "", by=by, note=note) for record in records])


async def history(subject_kind: str, subject_id: UUID, most: int | None = None) -> list[StatusEvent]:
    """Return a record's status events with who acted, oldest first; only the last `most`, where given."""
    events = StatusEvent.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("-id")
    return (await (events if most is None else events.limit(most)).select_related("actor"))[::-1]


def _status(record: Stateful) -> Any:
    return record.status  # type: ignore[attr-defined]  # each subclass declares its own enum


async def _write(record: Stateful, action: StrEnum, *, by: By, changes: Mapping[str, Any] | None) -> str:
    """Write and return the status to which `action` leads a record from the status it was read in."""
    model, before = type(record), _status(record)
    values = {**(changes or {}), "status": record.workflow.next(before, action)}
    if "updated_at" in model._meta.fields:
        values["updated_at"] = by.now
    if await model.filter(pk=record.pk, status=before).update(**values) != 1:
        raise ActionNotAllowed(str(record.workflow.refusal))
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
