"""Deadlines in business time: rows that say what falls due when, read every few seconds."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from market.kit.database import connection, in_transaction
from market.kit.room import rooms
from market.records.models import Moment

if TYPE_CHECKING:
    from market.deps import Deps

log = logging.getLogger("market.moments")


async def set_moment(subject_kind: str, subject_id: UUID, act: str, due_at: datetime | None) -> None:
    """Set, move or, with None, clear the moment at which `act` falls due for a record. Idempotent."""
    if due_at is None:
        await Moment.filter(subject_kind=subject_kind, subject_id=subject_id, act=act).delete()
        return
    await connection().execute_query(
        "INSERT INTO moments (subject_kind, subject_id, act, due_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (subject_kind, subject_id, act) DO UPDATE SET due_at = excluded.due_at, attempts = 0",
        [subject_kind, subject_id, act, due_at],
    )


async def clear_moments(subject_kind: str, subject_id: UUID) -> None:
    """Clear all moments of a record, such as when it ends."""
    await Moment.filter(subject_kind=subject_kind, subject_id=subject_id).delete()


async def run_moments(deps: Deps, now: datetime) -> int:
    """Do what is due by `now`, each act in a transaction of its own, and return how many were done.

    One that fails stays, is logged, and is retried with the next sweep; the others go on. Of two processes
    that sweep at once each moment is done by one.
    """
    due = await Moment.filter(due_at__lte=now).order_by("due_at", "id").values_list("id", flat=True)
    done = 0
    for moment_id in due:
        try:
            done += await _run(int(str(moment_id)), deps, now)
        except Exception as error:  # one record that cannot move holds up no other
            log.exception("moment failed", extra={"moment": moment_id, "error": type(error).__name__})
            await connection().execute_query(
                "UPDATE moments SET attempts = attempts + 1 WHERE id = $1", [moment_id]
            )
    return done


async def _run(moment_id: int, deps: Deps, now: datetime) -> bool:
    """Call the handler, which locks the record first as every act does, then remove the moment.

    Of two sweeps at once the second finds the record moved on: handlers are idempotent.
    """
    async with in_transaction():
        moment = await Moment.get_or_none(id=moment_id, due_at__lte=now)
        if moment is None:
            return False
        await rooms().moments[moment.act](deps, moment.subject_id, now)
        await Moment.filter(id=moment_id, due_at=moment.due_at).delete()
        return True
