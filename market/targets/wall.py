"""The board of a year: target, verified, pending and found, by city, unit, kind and month, beside last year.

A board is kept in the process as long as no deed, target, follow-up or closing has changed, so it is never
out of date and costs one short statement. What it takes from last year is kept by itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from uuid import UUID

from market.accounts.models import Organisation
from market.codes.labels import label
from market.codes.regions import GUANGXI, cities_of
from market.kit.database import connection
from market.kit.growth import Growth, growth
from market.records.figures import FigureValue, Period, measure, no_rows
from market.targets.figures import FIGURES, FOLLOW_UP_FIGURES, RATES, VERIFIED
from market.targets.forecast import Forecast, PassRate, Progress
from market.targets.models import TargetPlan
from market.targets.plans import issued_plan, shares_of
from market.targets.queries import city_name
from market.targets.states import ScopeKind
from market.targets.year_figures import YearFigures, figures_of_year

Values = Mapping[str, FigureValue]
MOST_BOARDS = 12


@dataclass(frozen=True)
class Line:
    """One line of a table: a city, a unit or a kind of contract, with its target and figures."""

    key: str
    words: str
    target: int
    now: Values
    before: FigureValue
    """Verified until the same day of last year."""
    rates: tuple[PassRate, PassRate]
    """Last year's shares of declared deeds that were verified, and of known deeds that were declared."""

    @property
    def reversed(self) -> int:
        """Return how many deeds of closed years were struck in this year."""
        value = self.now.get("reversed")
        return value.count if value else 0

    @property
    def net(self) -> int:
        """Return what counts towards the target: verified, less what was struck of closed years."""
        return self.now["verified"].count - self.reversed

    @property
    def shares(self) -> FigureValue | None:
        """Return the unit's shares of its verified deeds, where it shares one; basis points of deeds."""
        value = self.now.get("shares")
        return value if value and value.money.amount != 10_000 * self.now["verified"].count else None

    @cached_property
    def forecast(self) -> Forecast:
        pending, found = self.now["pending"].count, self.now["found"].count
        return Forecast(self.net, pending, found, *self.rates, self.target)

    @property
    def growth(self) -> Growth:
        return growth(self.now["verified"].count, self.before.count)

    @property
    def progress(self) -> Progress:
        return Progress(self.net, self.target, 0, 1)


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


_boards: OrderedDict[tuple[object, ...], Board] = OrderedDict()


async def board_of(year: int, today: date) -> Board:
    """Return the board of a year as it is on a day."""
    stamp = await _stamp(year)
    key = (year, today, *stamp.values())
    if key in _boards:
        _boards.move_to_end(key)
        return _boards[key]
    board = await _compose(year, today, stamp)
    _boards[key] = board
    while len(_boards) > MOST_BOARDS:
        _boards.popitem(last=False)
    return board


def forget_boards() -> None:
    """Have every board composed anew."""
    _boards.clear()
    _last_years.clear()


async def _stamp(year: int) -> dict[str, object]:
    """Return what changes with everything that a board is made of; `before` with what is of last year."""
    rows = await connection().execute_query_dict(
        "SELECT (SELECT concat(sum(n), ' ', max(id)) FROM deed_changes WHERE year = $1::int) AS deeds, "
        "(SELECT concat(sum(n), ' ', max(id)) FROM deed_changes WHERE year = $1::int - 1) AS before, "
        "(SELECT coalesce(sum(hashtextextended(id::text, 0)), 0)::text FROM target_closings "
        "WHERE verdict = 'confirmed') AS closings, "
        "(SELECT coalesce(sum(hashtextextended(id::text || status || updated_at, 0)), 0)::text "
        "FROM target_plans) AS plans, "
        "EXISTS (SELECT 1 FROM target_closings WHERE year = $1::int AND verdict = 'confirmed') AS is_closed",
        [year],
    )
    return dict(rows[0])


def same_day(today: date, year: int) -> date:
    """Return the day of a year that compares with today; 29 February is compared with the 28th."""
    last = 28 if (today.month, today.day) == (2, 29) else today.day
    return date(year, today.month, last)


@dataclass(frozen=True)
class _Composer:
    """What the lines of a board are made of."""

    now: YearFigures
    then: YearFigures
    rates: tuple[PassRate, PassRate]
    targets: Mapping[ScopeKind, Mapping[str, int]]

    def line(self, kind: ScopeKind, key: str, words: str) -> Line:
        """Return the line of a city, a unit or a kind of contract."""
        scope = {kind.value: key}
        values = self.now.of(kind).get(key)
        earlier = self.then.of(kind).get(key)
        return Line(
            key,
            words,
            self.targets[kind].get(key, 0),
            values or no_rows(self.now.figures_of(kind), self.now.period, scope),
            earlier["verified"] if earlier else FigureValue(VERIFIED, self.then.period, scope),
            self.rates,
        )


async def _compose(year: int, today: date, stamp: Mapping[str, object]) -> Board:
    plan = await issued_plan(year)
    shares = await shares_of(plan) if plan else {kind: [] for kind in ScopeKind}
    targets = {kind: {share.key: share.target for share in rows} for kind, rows in shares.items()}
    period = Period.of_year(year)
    running = today.year == year
    before = Period(date(year - 1, 1, 1), same_day(today, year - 1)) if running else Period.of_year(year - 1)
    with_kinds = bool(targets[ScopeKind.KIND])
    now = await figures_of_year(period, FIGURES, with_kinds=with_kinds)
    last = await _of_last_year(before, (stamp["before"], stamp["closings"]), with_kinds=with_kinds)
    then, declared = last.until, last.rates["declared"].count
    rates = (PassRate(last.rates["verified"].count, declared), PassRate(declared, last.rates["known"].count))
    composer = _Composer(now, then, rates, targets)
    total = Line("", "", plan.total if plan else 0, now.total, then.total["verified"], rates)
    cities = [code[:4] for code in cities_of(GUANGXI)]
    unit_keys = {*now.of(ScopeKind.UNIT), *then.of(ScopeKind.UNIT), *targets[ScopeKind.UNIT]}
    names = await _names(unit_keys)
    units = [composer.line(ScopeKind.UNIT, key, names.get(key, key)) for key in unit_keys]
    kinds = sorted({*now.of(ScopeKind.KIND), *targets[ScopeKind.KIND]}) if with_kinds else []
    days = (date(year, 12, 31) - date(year, 1, 1)).days + 1
    over = (today - date(year, 1, 1)).days + 1
    return Board(
        plan=plan,
        year=year,
        period=period,
        total=total,
        cities=[composer.line(ScopeKind.CITY, key, city_name(key)) for key in cities],
        units=sorted(units, key=lambda line: (-line.target, -line.now["verified"].count, line.words)),
        kinds=[composer.line(ScopeKind.KIND, key, label("contract_kind", key)) for key in kinds],
        months=now.by_month,
        months_before=then.by_month,
        followed=last.followed,
        rates=last.rates,
        progress=Progress(total.net, total.target, min(max(over, 0), days), days),
        is_closed=bool(stamp["is_closed"]),
        until=today if running else date(year, 12, 31),
    )


@dataclass(frozen=True)
class _LastYear:
    """What a board takes from the year before."""

    rates: Values
    """Of the whole year."""
    until: YearFigures
    """What was verified until the day that compares."""
    followed: Values


_last_years: OrderedDict[tuple[object, ...], _LastYear] = OrderedDict()


async def _of_last_year(before: Period, stamp: tuple[object, ...], *, with_kinds: bool) -> _LastYear:
    whole = Period.of_year(before.begins_on.year)
    key = (before, with_kinds, *stamp)
    if key not in _last_years:
        until = await figures_of_year(
            before, (VERIFIED,), unit_figures=(VERIFIED,), whole=RATES, with_kinds=with_kinds
        )
        _last_years[key] = _LastYear(
            {key: replace(value, period=whole) for key, value in until.whole.items()},
            until,
            (await measure(FOLLOW_UP_FIGURES, whole))[0].values,
        )
        while len(_last_years) > MOST_BOARDS:
            _last_years.popitem(last=False)
    return _last_years[key]


async def _names(unit_ids: set[str]) -> dict[str, str]:
    ids = [UUID(key) for key in unit_ids]
    return {
        str(key): str(name) for key, name in await Organisation.filter(id__in=ids).values_list("id", "name")
    }
