"""The demo's rankings: schemes, parks with their firms, the last months frozen, checked and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from market.listings.rules import months_later
from market.rankings import freezing, parks, schemes
from market.rankings.schemes import Part
from market.rankings.states import ParkLevel, PeriodKind, PlaceKind
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.content import id_of
from market.seed.people import Cast
from market.seed.timeline import HOLIDAYS, Calendar, Story, at

PARKS = (
    ("yongcheng", "邕城高新区", ParkLevel.NATIONAL, "4501", ("university", "enterprise")),
    ("longcheng", "龙城高新区", ParkLevel.NATIONAL, "4502", ("longzhi", "muche", "lichuan")),
    ("lidong", "漓东高新区", ParkLevel.NATIONAL, "4503", ("lidong", "yanlan")),
    ("beiwan", "北湾高新区", ParkLevel.PROVINCIAL, "4505", ("marine", "chaoyu")),
    ("tianling", "田岭高新区", ParkLevel.PROVINCIAL, "4510", ("guixi", "tianling")),
    ("guizhong", "桂中高新区", ParkLevel.PROVINCIAL, "4513", ("sugar", "zheyuan")),
)
BOUNDS = {
    "output_count": (25, (0, 3), (0, 8), (2, 30)),
    "output_trade": (25, (0, 300), (0, 800), (100, 3000)),
    "input_count": (15, (0, 3), (0, 8), (2, 30)),
    "received": (20, (0, 200), (0, 500), (50, 2000)),
    "needs": (10, (0, 5), (0, 12), (2, 40)),
    "average_trade": (5, (20, 150), (20, 150), (20, 150)),
}
"""Weight, and the values of 60 and 100 points by month, quarter and year."""
MONTHS = 4


def ranking_stories(cast: Cast, calendar: Calendar) -> Iterator[Story]:
    """Yield how the schemes and parks came about, and the ranking of each of the last months."""
    yield _schemes(cast, calendar)
    yield _parks(cast, calendar)
    this = calendar.today.replace(day=1)
    for back in range(MONTHS, 0, -1):
        begins_on = months_later(this, -back)
        if begins_on.year > calendar.round_year:
            yield _month(begins_on, cast)


async def _schemes(cast: Cast, calendar: Calendar) -> Story:
    now = yield calendar.round_day(12, 8)
    parts = [
        Part(code, weight, dict(zip(PeriodKind, bounds, strict=True)))
        for code, (weight, *bounds) in BOUNDS.items()
    ]
    proposed = [
        await schemes.propose_scheme(
            kind,
            date(calendar.round_year + 1, 1, 1),
            parts,
            "六项指标都从登记、到账和需求的记录数出来，按功效系数计 60 至 100 分；各项的两个界值在年初定好。",
            "假定（A），待主管部门发文",
            by=By(await cast.actor("operator"), now),
        )
        for kind in PlaceKind
    ]
    now = yield now + timedelta(days=1)
    for scheme in proposed:
        by = By(await cast.actor("approver"), now)
        await schemes.decide_scheme(scheme.id, Verdict.CONFIRMED, by=by)


async def _parks(cast: Cast, calendar: Calendar) -> Story:
    now = yield calendar.round_day(12, 10)
    by = By(await cast.actor("operator"), now)
    since = date(calendar.round_year, 1, 1)
    for code, name, level, city, members in PARKS:
        park = await parks.create_park(code, name, level, city, None, by=by)
        for key in members:
            await parks.join_park(park.code, id_of("organisation", key), since, by=by)


async def _month(begins_on: date, cast: Cast) -> Story:
    """Freeze a month of parks and of cities, have it checked, and let the days to object pass."""
    after = months_later(begins_on, 1)
    now = yield at(after.replace(day=4), 9, 30)
    numbers = []
    for kind in PlaceKind:
        by = By(await cast.actor("operator"), now)
        ranking = await freezing.freeze_ranking(kind, PeriodKind.MONTH, begins_on, "", "", by=by)
        numbers.append(ranking.number)
    now = yield at(after.replace(day=5), 15)
    by = By(await cast.actor("approver"), now)
    told = [
        await freezing.decide_ranking(number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=by)
        for number in numbers
    ]
    now = yield (told[0].object_until or now) + timedelta(seconds=5)
    for ranking in told:
        await freezing.conclude_due(ranking.id, now=now)
