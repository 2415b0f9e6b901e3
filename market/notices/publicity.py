"""Records that wait for their notice, moved on by one sweep for all rooms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from market.kit.database import connection, in_transaction
from market.notices.models import Notice
from market.notices.services import lock_for
from market.notices.states import NoticeStatus, ObjectionStatus
from market.records.by import By
from market.records.transitions import Stateful, transition


@dataclass(frozen=True)
class Publicity:
    """What becomes of a kind of record when its notice is clear; declared in `Room.publicity`."""

    model: type[Stateful]
    waiting: StrEnum
    """The status in which a record waits for its notice."""
    action: StrEnum
    """The action that moves it on."""
    notify: Callable[[Any, Notice, By], Awaitable[None]]
    """Tells the parties; called with record and notice after the transition, in its transaction."""

    async def sweep(self, now: datetime) -> int:
        """Move on every waiting record whose notice is clear, and return how many."""
        waiting = await self.model.filter(status=self.waiting).values_list("id", flat=True)
        cleared = await Notice.filter(
            subject_kind=self.model.record_kind, subject_id__in=list(waiting), status=NoticeStatus.CLEAR
        ).values_list("subject_id", flat=True)
        return sum([await self._move(UUID(str(subject_id)), now) for subject_id in cleared])

    async def _move(self, subject_id: UUID, now: datetime) -> bool:
        """Move one record on. The record is locked first, then its notice, as everywhere."""
        async with in_transaction():
            record: Any = await self.model.select_for_update().get(id=subject_id)
            notice = await lock_for(self.model.record_kind, subject_id)
            if record.status is not self.waiting or not notice or notice.status is not NoticeStatus.CLEAR:
                return False
            by = By.job(now)
            await transition(record, self.action, by=by, notice=notice.number)
            await self.notify(record, notice, by)
            return True


@dataclass(frozen=True)
class EntryPublicity:
    """What becomes of the entries of a notice when an objection against them is upheld; as `Publicity`."""

    model: type[Stateful]
    """The kind of record that the notice lists."""
    waiting: StrEnum
    """The status in which an entry waits."""
    subject_kind: str
    """The kind of record that the notice is about."""
    end: Callable[[UUID, Collection[UUID], By], Awaitable[int]]
    """Ends entries: called with the id of the record that the notice is about and the ids of those of its
    entries that wait and against which, or against the whole, an objection was upheld; returns how many it
    ended. It is a transaction of its own, locks, and looks again."""

    async def sweep(self, now: datetime) -> int:
        """End every waiting entry against which an objection was upheld, and return how many."""
        rows = await connection().execute_query_dict(
            "SELECT n.subject_id, array_agg(DISTINCT r.id) AS entries FROM notices n "  # noqa: S608 -- our own name
            "JOIN objections o ON o.notice_id = n.id AND o.status = $1 "
            "CROSS JOIN LATERAL jsonb_array_elements(n.entries) AS entry "
            f"JOIN {self.model._meta.db_table} r ON r.id = (entry ->> 0)::uuid AND r.status = $2 "
            "WHERE n.subject_kind = $3 AND (o.entry_id IS NULL OR o.entry_id = r.id) "
            "AND NOT EXISTS (SELECT 1 FROM notices later WHERE later.replaces_id = n.id) "
            "GROUP BY n.subject_id ORDER BY n.subject_id",
            [ObjectionStatus.UPHELD.value, self.waiting.value, self.subject_kind],
        )
        return sum([await self.end(row["subject_id"], row["entries"], By.job(now)) for row in rows])
