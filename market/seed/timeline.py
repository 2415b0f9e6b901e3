"""Time in the demo's past: days counted back from the seeding, and stories played side by side."""

from __future__ import annotations

import heapq
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from market.codes.holidays import shipped_calendar
from market.kit.clock import SHANGHAI, local_date

Story = AsyncGenerator[datetime, datetime]
"""Yields the moment of its next act, and is sent the moment at which it is really its turn."""
ROUND_DAYS = 50
"""How long ago the subsidy round began."""
HOLIDAYS = shipped_calendar(accepts_provisional=True)
"""The working days of the demo."""
BREATH = timedelta(minutes=20)
"""Between two acts of one story."""


@dataclass(frozen=True)
class Calendar:
    """The days of the story, all counted from the moment of seeding."""

    now: datetime

    @property
    def today(self) -> date:
        return local_date(self.now)

    @property
    def round_year(self) -> int:
        """The year that the subsidy round is about: the one before the round began."""
        return (self.today - timedelta(days=ROUND_DAYS)).year - 1

    def ago(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """Return a time of day in Asia/Shanghai so many days before today."""
        return at(self.today - timedelta(days=days), hour, minute)

    def round_day(self, month: int, day: int, hour: int = 10) -> datetime:
        """Return a day in the year that the subsidy round is about."""
        return at(date(self.round_year, month, day), hour)


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """Return a time of day in Asia/Shanghai."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


async def play(stories: Iterable[Story], *, until: datetime) -> None:
    """Play stories in the order of time, so that numbers and logs stand in the order of time too.

    An act whose moment has passed comes a breath after the act before it, so a story that was held up
    goes on late instead of backwards. What would come after `until` does not happen: there the story
    stands.
    """
    waiting: list[tuple[datetime, int, Story]] = []
    for place, story in enumerate(stories):
        heapq.heappush(waiting, (await anext(story), place, story))
    while waiting and waiting[0][0] <= until:
        moment, place, story = heapq.heappop(waiting)
        try:
            asked = await story.asend(moment)
        except StopAsyncIteration:
            continue
        heapq.heappush(waiting, (max(asked, moment + BREATH), place, story))
    for _moment, _place, story in waiting:
        await story.aclose()
