"""What falls due by a moment of business time, for tests without a running site."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from market.codes.holidays import Calendar
from market.deps import Deps
from market.kit.room import rooms
from market.notices import notice_acts
from market.notices.recalculated_ends import END
from market.records.moments import run_moments
from tests.factories import HOLIDAYS


async def run_acts(now: datetime, *acts: str, deps: Deps | None = None) -> int:
    """Do what falls due of these acts, as the rooms declare them; return how many records moved."""
    return await run_moments(cast(Deps, deps), now, {act: rooms().moments[act] for act in acts})


async def end_notices(now: datetime, calendar: Calendar = HOLIDAYS) -> int:
    """End the periods of notices that are over by a moment, counted by this calendar."""

    async def end(_deps: Deps, notice_id: UUID, now: datetime) -> bool:
        return await notice_acts.end_period(notice_id, calendar, now=now)

    return await run_moments(cast(Deps, None), now, {END: end})
