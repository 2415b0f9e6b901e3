"""The timeline of the demo: days counted back from the seeding, and a scheduler of stories."""

from __future__ import annotations

import heapq
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from market.codes.holidays import shipped_calendar
from market.deals.offers import EXPIRY
from market.deps import Deps
from market.kit.clock import SHANGHAI, local_date
from market.kit.room import rooms
from market.notices.recalculated_ends import END
from market.records.moments import run_moments

Story = AsyncGenerator[datetime, datetime]
"""Yields the moment of its next act, and is sent the moment at which it is really its turn."""
ROUND_DAYS = 50
"""How long ago the subsidy round began."""
HOLIDAYS = shipped_calendar(accepts_provisional=True)
"""The working days of the demo."""
MIN_GAP = timedelta(minutes=20)
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
    """Run the acts of all stories in the order of time, so that numbers and logs are in that order too.

    An act whose moment has passed comes `MIN_GAP` after the act before it, so a delayed story goes on late
    instead of backwards. Acts after `until` are not run.
    """
    waiting: list[tuple[datetime, int, Story]] = []
    for place, story in enumerate(stories):
        heapq.heappush(waiting, (await anext(story), place, story))
    while waiting and waiting[0][0] <= until:
        moment, place, story = heapq.heappop(waiting)
        try:
            next_moment = await story.asend(moment)
        except StopAsyncIteration:
            continue
        heapq.heappush(waiting, (max(next_moment, moment + MIN_GAP), place, story))
    for _moment, _place, story in waiting:
        await story.aclose()


async def pass_time(deps: Deps, now: datetime) -> None:
    """End the periods of notices and the offers that are over by now, as the site would have done."""
    await run_moments(deps, now, {act: rooms().moments[act] for act in (END, EXPIRY)})
