"""The board of a year: target, verified, pending and found, by city, unit, kind and month, beside last year.

A board is kept in the process as long as no deed, target, follow-up or closing has changed, so it is never
out of date and costs one short statement.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from market.accounts.models import Organisation
from market.codes.labels import label
from market.codes.regions import GUANGXI, cities_of
from market.kit.database import connection
from market.kit.growth import Growth, growth
from market.records.figures import (
    Figure,
    FigureGroup,
    FigureValue,
    Period,
    add_up,
    measure,
    no_rows,
)
from market.targets.figures import FIGURES, FOLLOW_UP_FIGURES, FOUND, PENDING_DEEDS, VERIFIED
from market.targets.forecast import Forecast, PassRate, Progress
from market.targets.models import TargetPlan
from market.targets.plans import issued_plan, shares_of
from market.targets.queries import city_name
from market.targets.states import ScopeKind

Values = Mapping[str, FigureValue]
MOST_BOARDS = 12
IN_LINES = (VERIFIED, PENDING_DEEDS, FOUND)
"""What the lines of units and kinds show."""


@dataclass(frozen=True)
class Line:
    """One line of a table: a city, a unit or a kind of contract, with its target and figures."""

    key: str
    words: str
    target: int
    now: Values
    before: FigureValue
    """Verified until the same day of last year."""
    forecast: Forecast

    @property
    def growth(self) -> Growth:
        return growth(self.now["verified"].count, self.before.count)

    @property
    def progress(self) -> Progress:
        return Progress(self.now["verified"].count, self.target, 0, 1)


@dataclass(frozen=True)
class Board:
    """The figures of a year as everybody reads them."""

    plan: TargetPlan | None
    year: int
    period: Period
    total: Line
    cities: Sequence[Line]
    units: Sequence[Line]
    kinds: Sequence[Line]
    months: Sequence[FigureValue]
    """Verified in each month of the year."""
    months_before: Sequence[FigureValue]
    followed: Values
    """Deeds of last year of which is known whether they are still in use."""
    rates: Values
    """Last year's figures that the forecast rests on."""
    progress: Progress
    is_closed: bool
    until: date

    @property
    def months_over(self) -> int:
        """Return how many months of the year have begun."""
        return self.until.month if self.until.year == self.year else 12


@dataclass(frozen=True)
class Yearly:
    """All figures of a year by each dimension."""

    period: Period
    cities: Sequence[FigureGroup]
    units: Sequence[FigureGroup]
    kinds: Sequence[FigureGroup]
    months: Sequence[FigureGroup]


_boards: OrderedDict[tuple[object, ...], Board] = OrderedDict()


async def board_of(year: int, today: date) -> Board:
    """Return the board of a year as it is on a day."""
    key = (year, today, *await _stamp(year))
    if key in _boards:
        _boards.move_to_end(key)
        return _boards[key]
    board = await _compose(year, today)
    _boards[key] = board
    while len(_boards) > MOST_BOARDS:
        _boards.popitem(last=False)
    return board


async def _stamp(year: int) -> list[object]:
    """Return what changes with everything that a board is made of."""
    rows = await connection().execute_query_dict(
        "SELECT (SELECT coalesce(sum(hashtextextended(id::text, revision)), 0)::text FROM deeds "
        "WHERE year IN ($1::int, $1::int - 1)) AS deeds, "
        "(SELECT coalesce(sum(hashtextextended(id::text, 0)), 0)::text FROM target_closings "
        "WHERE verdict = 'confirmed') AS closings, "
        "(SELECT coalesce(sum(hashtextextended(id::text || status || updated_at, 0)), 0)::text "
        "FROM target_plans) AS plans",
        [year],
    )
    return list(rows[0].values())


def same_day(today: date, year: int) -> date:
    """Return the day of a year that compares with today; 29 February is compared with the 28th."""
    last = 28 if (today.month, today.day) == (2, 29) else today.day
    return date(year, today.month, last)


async def _compose(year: int, today: date) -> Board:
    plan = await issued_plan(year)
    shares = await shares_of(plan) if plan else {kind: [] for kind in ScopeKind}
    targets = {kind: {share.key: share.target for share in rows} for kind, rows in shares.items()}
    period = Period.of_year(year)
    running = today.year == year
    before = Period(date(year - 1, 1, 1), same_day(today, year - 1)) if running else Period.of_year(year - 1)
    with_kinds = bool(targets[ScopeKind.KIND])
    now = await _measure(FIGURES, IN_LINES, period, with_kinds=with_kinds)
    then = await _measure((VERIFIED,), (VERIFIED,), before, with_kinds=with_kinds)
    rates = add_up(
        await measure(FIGURES, Period.of_year(year - 1), by=("city",)), FIGURES, Period.of_year(year - 1), ()
    )
    last = rates.get((), no_rows(FIGURES, Period.of_year(year - 1)))
    verified_rate = PassRate(last["verified"].count, last["declared"].count)
    declared_rate = PassRate(last["declared"].count, last["known"].count)

    def line(
        key: str,
        words: str,
        target: int,
        values: Values,
        earlier: FigureValue,
    ) -> Line:
        forecast = Forecast(
            values["verified"].count,
            values["pending"].count,
            values["found"].count,
            verified_rate,
            declared_rate,
            target,
        )
        return Line(key, words, target, values, earlier, forecast)

    def lines(
        dimension: str, keys: Sequence[str], words: Mapping[str, str], goals: Mapping[str, int]
    ) -> list[Line]:
        groups = {"city": now.cities, "unit": now.units, "kind": now.kinds}[dimension]
        own = {group.key[dimension]: group.values for group in groups}
        groups_before = {"city": then.cities, "unit": then.units, "kind": then.kinds}[dimension]
        earlier = {group.key[dimension]: group.values["verified"] for group in groups_before}
        return [
            line(
                key,
                words.get(key, key),
                goals.get(key, 0),
                own.get(key) or no_rows(FIGURES, period, {dimension: key}),
                earlier.get(key) or FigureValue(VERIFIED, before, {dimension: key}),
            )
            for key in keys
        ]

    cities = [code[:4] for code in cities_of(GUANGXI)]
    total = add_up(now.cities, FIGURES, period, ()).get((), no_rows(FIGURES, period))
    total_before = add_up(then.cities, (VERIFIED,), before, ()).get((), no_rows((VERIFIED,), before))
    unit_keys = {group.key["unit"] for group in (*now.units, *then.units)} | set(targets[ScopeKind.UNIT])
    names = {
        str(unit.id): unit.name for unit in await Organisation.filter(id__in=[UUID(key) for key in unit_keys])
    }
    kind_keys = {group.key["kind"] for group in now.kinds} | set(targets[ScopeKind.KIND])
    units = lines("unit", sorted(unit_keys), names, targets[ScopeKind.UNIT])
    kinds = {key: label("contract_kind", key) for key in kind_keys}
    followed = (await measure(FOLLOW_UP_FIGURES, Period.of_year(year - 1)))[0].values
    days = (date(year, 12, 31) - date(year, 1, 1)).days + 1
    over = (today - date(year, 1, 1)).days + 1
    reached = total["verified"].count
    return Board(
        plan=plan,
        year=year,
        period=period,
        total=line("", "", plan.total if plan else 0, total, total_before["verified"]),
        cities=lines("city", cities, {key: city_name(key) for key in cities}, targets[ScopeKind.CITY]),
        units=sorted(units, key=lambda one: (-one.target, -one.now["verified"].count, one.words)),
        kinds=lines("kind", sorted(kind_keys), kinds, targets[ScopeKind.KIND])
        if targets[ScopeKind.KIND]
        else (),
        months=_by_month(now.months, period),
        months_before=_by_month(then.months, before),
        followed=followed,
        rates=last,
        progress=Progress(reached, plan.total if plan else 0, min(max(over, 0), days), days),
        is_closed=await _is_closed(year),
        until=today if running else date(year, 12, 31),
    )


async def _measure(
    figures: Sequence[Figure], parts: Sequence[Figure], period: Period, *, with_kinds: bool
) -> Yearly:
    """Return figures by city, and of units, and of kinds where a target is split over them, only `parts`."""
    return Yearly(
        period,
        await measure(figures, period, by=("city",)),
        await measure(parts, period, by=("unit",)),
        await measure(parts, period, by=("kind",)) if with_kinds else (),
        await measure((VERIFIED,), period, by=("month",)),
    )


def _by_month(groups: Sequence[FigureGroup], period: Period) -> list[FigureValue]:
    values = {group.key["month"]: group.values["verified"] for group in groups}
    months = [f"{period.begins_on.year}-{month:02}" for month in range(1, 13)]
    return [values.get(month) or FigureValue(VERIFIED, period, {"month": month}) for month in months]


async def _is_closed(year: int) -> bool:
    rows = await connection().execute_query_dict(
        "SELECT 1 AS is_closed FROM target_closings WHERE year = $1 AND verdict = 'confirmed' LIMIT 1", [year]
    )
    return bool(rows)
