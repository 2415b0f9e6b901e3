"""One sweep for all rooms that advances the records whose public notice is decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from market.kit.database import in_transaction
from market.notices.models import Notice
from market.notices.notice_acts import lock_for
from market.notices.states import NoticeStatus
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
