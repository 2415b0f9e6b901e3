"""Business time: real time, which a demo can move forward."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from market.kit.models import SystemState

SHANGHAI = ZoneInfo("Asia/Shanghai")
CLOCK_KEY = "clock"


class BusinessClock:
    """Returns business time: real time plus the offset stored in the database."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    async def load(self) -> None:
        """Reload the offset, which another process may have changed."""
        row = await SystemState.get_or_none(key=CLOCK_KEY)
        self.offset = timedelta(seconds=int(str(row.value["seconds"]))) if row else timedelta()

    async def move(self, by: timedelta) -> None:
        """Move the clock forward, for every process, permanently.

        Raises:
            ValueError: `by` is negative.
        """
        if by < timedelta():
            raise ValueError("the clock never goes back")
        await self.load()
        offset = self.offset + by
        await SystemState.update_or_create(
            key=CLOCK_KEY, defaults={"value": {"seconds": int(offset.total_seconds())}}
        )
        self.offset = offset


def local(moment: datetime) -> datetime:
    """Convert a moment to Asia/Shanghai."""
    return moment.astimezone(SHANGHAI)


def local_date(moment: datetime) -> date:
    """Return the date in Asia/Shanghai at this moment."""
    return moment.astimezone(SHANGHAI).date()


def years_before(moment: datetime, years: int) -> datetime:
    """Return the same moment so many years earlier; of 29 February the 28th where there is none."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


def start_of_day(day: date) -> datetime:
    """Return 0:00 Asia/Shanghai of this day, in UTC."""
    return datetime.combine(day, datetime.min.time(), SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return 24:00 Asia/Shanghai of this day, in UTC."""
    return start_of_day(day + timedelta(days=1))
