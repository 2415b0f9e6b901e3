"""Records that wait for their notice to be clear, moved on by one sweep for all rooms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from market.kit.database import in_transaction
from market.notices.models import Notice
from market.notices.services import lock_for
from market.notices.states import NoticeStatus
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


async def move_cleared(publicity: Publicity, now: datetime) -> int:
    """Move on every waiting record whose notice is clear, and return how many."""
    waiting = await publicity.model.filter(status=publicity.waiting).values_list("id", flat=True)
    cleared = await Notice.filter(
        subject_kind=publicity.model.record_kind, subject_id__in=list(waiting), status=NoticeStatus.CLEAR
    ).values_list("subject_id", flat=True)
    return sum([await _move(publicity, UUID(str(subject_id)), now) for subject_id in cleared])


async def _move(publicity: Publicity, subject_id: UUID, now: datetime) -> bool:
    """Move one record on. The record is locked first, then its notice, as everywhere."""
    async with in_transaction():
        record: Any = await publicity.model.select_for_update().get(id=subject_id)
        notice = await lock_for(publicity.model.record_kind, subject_id)
        if record.status is not publicity.waiting or not notice or notice.status is not NoticeStatus.CLEAR:
            return False
        by = By.job(now)
        await transition(record, publicity.action, by=by, notice=notice.number)
        await publicity.notify(record, notice, by)
        return True
