"""Deadlines in business time: rows that say what falls due when, read every few seconds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from market.kit.database import connection, in_transaction
from market.kit.room import rooms
from market.records.models import Moment

if TYPE_CHECKING:
    from market.deps import Deps
    from market.kit.room import MomentHandler

log = logging.getLogger("market.moments")


async def set_moment(subject_kind: str, subject_id: UUID, act: str, due_at: datetime | None) -> None:
    """Set, move or, with None, clear the moment at which `act` falls due for a record. Idempotent."""
    await set_moments(subject_kind, [(subject_id, act, due_at)])


async def set_moments(subject_kind: str, moments: Sequence[tuple[UUID, str, datetime | None]]) -> None:
    """Set, move or clear many moments of records of one kind at once; each is a record, an act and a time."""
    none = [(subject_id, act) for subject_id, act, due_at in moments if due_at is None]
    if none:
        await connection().execute_query(
            "DELETE FROM moments WHERE subject_kind = $1 AND (subject_id, act) IN "
            "(SELECT * FROM unnest($2::uuid[], $3::text[]))",
            [subject_kind, [subject_id for subject_id, _act in none], [act for _id, act in none]],
        )
    due = [(subject_id, act, due_at) for subject_id, act, due_at in moments if due_at is not None]
    if due:
        await connection().execute_query(
            "INSERT INTO moments (subject_kind, subject_id, act, due_at) "
            "SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) "
            "ON CONFLICT (subject_kind, subject_id, act) "
            "DO UPDATE SET due_at = excluded.due_at, attempts = 0",
            [subject_kind, *(list(column) for column in zip(*due, strict=True))],
        )


async def clear_moments(subject_kind: str, subject_id: UUID) -> None:
    """Clear all moments of a record, such as when it ends."""
    await Moment.filter(subject_kind=subject_kind, subject_id=subject_id).delete()


async def run_moments(deps: Deps, now: datetime, handlers: Mapping[str, MomentHandler] | None = None) -> int:
    """Do what is due by `now`, each act in a transaction of its own, and return how many records moved.

    `handlers` restricts the sweep to some acts; without it all rooms' handlers are called. One that fails
    stays, is logged, and is retried with the next sweep; the others go on. Of two processes that sweep at
    once each moment is done by one.
    """
    moments = Moment.filter(due_at__lte=now)
    if handlers is None:
        handlers = rooms().moments
    else:
        moments = moments.filter(act__in=list(handlers))
    due = await moments.order_by("due_at", "id").values_list("id", flat=True)
    done = 0
    for moment_id in due:
        try:
            done += await _run(int(str(moment_id)), deps, now, handlers)
        except Exception as error:  # one record that cannot move holds up no other
            log.exception("moment failed", extra={"moment": moment_id, "error": type(error).__name__})
            await connection().execute_query(
                "UPDATE moments SET attempts = attempts + 1 WHERE id = $1", [moment_id]
            )
    return done


async def _run(moment_id: int, deps: Deps, now: datetime, handlers: Mapping[str, MomentHandler]) -> bool:
    """Call the handler, which locks the record first as every act does, then remove the moment.

    A moment that the handler set anew stays. Of two sweeps at once the second finds the record moved on:
    handlers are idempotent.
    """
    async with in_transaction():
        moment = await Moment.get_or_none(id=moment_id, due_at__lte=now)
        if moment is None:
            return False
        has_moved = await handlers[moment.act](deps, moment.subject_id, now)
        await Moment.filter(id=moment_id, due_at=moment.due_at).delete()
        return has_moved is not False
