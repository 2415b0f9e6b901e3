"""One sweep for all rooms that advances the records whose public notice is decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from market.kit.database import connection, in_transaction
from market.kit.room import rooms
from market.notices.models import Notice
from market.notices.notice_acts import lock_for
from market.notices.states import NoticeStatus, ObjectionStatus
from market.records.by import By
from market.records.transitions import Stateful, transition


@dataclass(frozen=True)
class Publicity:
    """Transition of a kind of record when its notice is clear; declared in `Room.publicity`."""

    model: type[Stateful]
    waiting: StrEnum
    """The status in which a record waits for its notice."""
    action: StrEnum
    """The action of the transition."""
    notify: Callable[[Any, Notice, By], Awaitable[None]]
    """Notifies the parties; called with record and notice after the transition, in its transaction."""

    async def sweep(self, now: datetime) -> int:
        """Advance every waiting record whose notice is clear; return how many."""
        waiting_ids = await self.model.filter(status=self.waiting).values_list("id", flat=True)
        cleared_ids = await Notice.filter(
            subject_kind=self.model.record_kind, subject_id__in=list(waiting_ids), status=NoticeStatus.CLEAR
        ).values_list("subject_id", flat=True)
        return sum([await self._advance(UUID(str(subject_id)), now) for subject_id in cleared_ids])

    async def _advance(self, subject_id: UUID, now: datetime) -> bool:
        """Advance one record. Lock order: the record, then its notice, as everywhere."""
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
    """End of the entries of a notice against which an objection was upheld; declared as `Publicity`."""

    model: type[Stateful]
    """The kind of record that the notice lists."""
    waiting: StrEnum
    """The status in which an entry waits."""
    subject_kind: str
    """The kind of record that the notice is about."""
    end: Callable[[UUID, Collection[UUID], By], Awaitable[int]]
    """Ends entries in a transaction of its own, which locks and checks them again; returns how many.

    Called with the id of the notice's subject and the ids of its waiting entries against which, or against
    the whole, an objection was upheld.
    """

    outcome: Callable[[Notice], Awaitable[list[list[str]]]]
    """Returns what became of the entries, pairs of label and text; nothing while all of them stand."""

    async def sweep(self, now: datetime) -> int:
        """End every waiting entry against which an objection was upheld; return how many."""
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


async def outcome_of(notice: Notice) -> list[list[str]]:
    """Return what became of the entries of a notice, pairs of label and text; its room says so."""
    return [
        row
        for publicity in rooms().publicity
        if isinstance(publicity, EntryPublicity) and publicity.subject_kind == notice.subject_kind
        for row in await publicity.outcome(notice)
    ]
