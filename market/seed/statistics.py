"""The demo's monthly reports: the last two months that closed, made by one, issued by another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from market.kit.clock import local_date
from market.listings.rules import months_later
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.people import Cast
from market.seed.timeline import HOLIDAYS, Calendar, Story, at
from market.statistics import bulletins, months

MONTHS = 2


def statistics_stories(cast: Cast, calendar: Calendar) -> Iterator[Story]:
    """Yield how each of the last months closed and was reported."""
    this = calendar.today.replace(day=1)
    closed = [
        month
        for back in range(MONTHS + 1, 0, -1)
        if (closes_at := months.closing_of(month := months_later(this, -back), HOLIDAYS)) is not None
        and local_date(closes_at) + timedelta(days=3) <= calendar.today
    ]
    for month in closed[-MONTHS:]:
        yield _month(month, cast)


async def _month(month: date, cast: Cast) -> Story:
    opened_at = yield at(month, 8)
    row = await months.open_month(month, HOLIDAYS)
    now = yield row.closes_at or opened_at
    await months.close_due(row.id, HOLIDAYS, now=now)
    now = yield now + timedelta(hours=15)
    ordered = await bulletins.order_bulletin(month, "", by=By(await cast.actor("operator"), now))
    now = yield now + timedelta(minutes=30)
    await bulletins.freeze_bulletin(ordered.id, now=now)
    now = yield now + timedelta(hours=6)
    await bulletins.decide_bulletin(
        ordered.number, Verdict.CONFIRMED, by=By(await cast.actor("approver"), now)
    )
