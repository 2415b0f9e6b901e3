"""A ranking as records give it at a moment: values by named queries, points, scores, ranks, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from market.codes.regions import GUANGXI, cities_of, name
from market.kit.growth import is_significant
from market.listings.rules import months_later
from market.rankings.indicators import figures_of
from market.rankings.models import Ranking, RankingCell, RankingRow, RankingScheme
from market.rankings.parks import list_parks
from market.rankings.reports import reported_whole
from market.rankings.schemes import Part, parts_of
from market.rankings.scoring import competition_ranks, points, tenths, weighted
from market.rankings.states import PeriodKind, PlaceKind, RankingStatus
from market.records.figures import Figure, FigureValue, Measure, Period, RowSource, measure, no_rows

MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}
STANDING = (RankingStatus.TOLD, RankingStatus.FINAL)


@dataclass(frozen=True)
class Cell:
    """What one indicator of a place comes to."""

    part: Part
    numerator: FigureValue
    denominator: FigureValue | None
    points: Fraction

    @property
    def value(self) -> Fraction:
        """Return the value in the indicator's unit; 0 where a ratio has nothing below."""
        return value_of(self.part, _number(self.numerator), _number(self.denominator))


@dataclass(frozen=True)
class Line:
    """A place with its score and rank."""

    place: str
    name: str
    group: str
    cells: Sequence[Cell]
    score: int | None
    """As published, in tenths of a point; None: it is not ranked, for a month was not reported."""
    rank: int | None = None
    is_shared: bool = False
    previous_score: int | None = None
    previous_rank: int | None = None
    is_significant: bool | None = None


@dataclass(frozen=True)
class Computed:
    """A ranking that is not frozen."""

    kind: PlaceKind
    period_kind: PeriodKind
    period: Period
    scheme: RankingScheme
    lines: Sequence[Line]
    parts: Sequence[Part] = field(default=())


def value_of(part: Part, numerator: int, denominator: int | None) -> Fraction:
    """Return the value of an indicator in its unit; 0 where a ratio has nothing below."""
    value = Fraction(numerator, part.indicator.scale)
    if part.indicator.denominator:
        return value / denominator if denominator else Fraction(0)
    return value


def _number(value: FigureValue | None) -> int:
    if value is None:
        return 0
    return value.count if value.figure.measure is Measure.COUNT else value.money.amount


def period_of(period_kind: PeriodKind, begins_on: date) -> Period | None:
    """Return the period of this kind that begins on a day; None where none does."""
    months = MONTHS[period_kind]
    if begins_on.day != 1 or (begins_on.month - 1) % months:
        return None
    return Period(begins_on, months_later(begins_on, months) - timedelta(days=1))


def before(period_kind: PeriodKind, period: Period) -> Period:
    """Return the period before."""
    begins_on = months_later(period.begins_on, -MONTHS[period_kind])
    return Period(begins_on, period.begins_on - timedelta(days=1))


async def places_of(kind: PlaceKind) -> list[tuple[str, str, str]]:
    """Return what is ranked: key, name and group."""
    if kind is PlaceKind.CITY:
        return [(code[:4], name(code), "") for code in cities_of(GUANGXI)]
    return [(park.code, park.name, park.level.value) for park in await list_parks()]


async def compute(
    kind: PlaceKind, period_kind: PeriodKind, period: Period, scheme: RankingScheme
) -> Computed:
    """Compute a ranking from the records as they are now, beside the standing one of the period before."""
    parts = parts_of(scheme)
    values = await _values(kind, parts, period)
    has_stated = any(part.indicator.is_stated for part in parts)
    reported = await reported_whole(period) if has_stated else None
    earlier = await _values(kind, parts, before(period_kind, period))
    previous = await _previous(kind, period_kind, before(period_kind, period))
    lines = []
    for place, words, group in await places_of(kind):
        cells = [_cell(part, values, place, period_kind, kind, period) for part in parts]
        lines.append(
            Line(
                place,
                words,
                group,
                cells,
                tenths(weighted([(cell.part.weight, cell.points) for cell in cells]))
                if reported is None or place in reported
                else None,
                is_significant=_significance(cells, earlier.get(place, {})),
            )
        )
    ranked = [
        line for group in sorted({line.group for line in lines}) for line in _ranked(lines, group, previous)
    ]
    return Computed(kind, period_kind, period, scheme, ranked, parts)


def _ranked(lines: Sequence[Line], group: str, previous: Mapping[str, RankingRow]) -> list[Line]:
    own = [line for line in lines if line.group == group]
    ranks = competition_ranks({line.place: line.score for line in own if line.score is not None})
    placed = [
        Line(
            line.place,
            line.name,
            line.group,
            line.cells,
            line.score,
            ranks[line.place].place if line.place in ranks else None,
            line.place in ranks and ranks[line.place].is_shared,
            previous[line.place].score if line.place in previous else None,
            previous[line.place].rank if line.place in previous else None,
            line.is_significant,
        )
        for line in own
    ]
    return sorted(placed, key=lambda line: (line.rank is None, line.rank or 0, line.name))


def _cell(
    part: Part,
    values: Mapping[str, Mapping[str, FigureValue]],
    place: str,
    period_kind: PeriodKind,
    kind: PlaceKind,
    period: Period,
) -> Cell:
    indicator, own = part.indicator, values.get(place, {})
    keys = [indicator.numerator, *([indicator.denominator] if indicator.denominator else [])]
    figures = {figure.key: figure for figure in figures_of([part.code])}
    measured = {
        key: own.get(key) or no_rows([figures[key]], period, {kind.value: place})[key] for key in keys
    }
    numerator = measured[indicator.numerator]
    denominator = measured[indicator.denominator] if indicator.denominator else None
    value = value_of(part, _number(numerator), _number(denominator))
    return Cell(part, numerator, denominator, points(value, part.bounds_of(period_kind)))


def _significance(cells: Sequence[Cell], earlier: Mapping[str, FigureValue]) -> bool | None:
    """Return whether the first count changed by more than chance explains; None without a count."""
    for cell in cells:
        if cell.part.indicator.is_count:
            past = earlier.get(cell.part.indicator.numerator)
            return is_significant(cell.numerator.count, past.count if past else 0)
    return None


async def _values(
    kind: PlaceKind, parts: Sequence[Part], period: Period
) -> dict[str, dict[str, FigureValue]]:
    """Return the figures of each place, with one statement for each source."""
    sources: dict[int, tuple[RowSource, list[Figure]]] = {}
    for figure in figures_of([part.code for part in parts]):
        sources.setdefault(id(figure.source), (figure.source, []))[1].append(figure)
    values: dict[str, dict[str, FigureValue]] = {}
    for _source, figures in sources.values():
        for group in await measure(figures, period, by=(kind.value,)):
            values.setdefault(group.key[kind.value], {}).update(group.values)
    return values


async def _previous(kind: PlaceKind, period_kind: PeriodKind, period: Period) -> dict[str, RankingRow]:
    ranking = await standing_ranking(kind, period_kind, period.begins_on)
    if ranking is None:
        return {}
    return {row.place: row for row in await RankingRow.filter(ranking_id=ranking.id)}


async def standing_ranking(kind: PlaceKind, period_kind: PeriodKind, begins_on: date) -> Ranking | None:
    """Return the version of a period that is in force."""
    return await Ranking.filter(
        kind=kind, period_kind=period_kind, begins_on=begins_on, status__in=list(STANDING)
    ).first()


def cell_value(cell: RankingCell, part: Part) -> Fraction:
    """Return the value of a frozen indicator in its unit."""
    return value_of(part, cell.numerator, cell.denominator)
