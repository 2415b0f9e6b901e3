"""A ranking as records give it at a moment: values by named queries, points, scores, ranks, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

from market.kit.growth import is_significant
from market.listings.rules import months_later
from market.rankings.appraisals import Judged, judged_places
from market.rankings.deductions import Deducted, deductions_in
from market.rankings.indicators import figures_of
from market.rankings.models import Ranking, RankingCell, RankingRow, RankingScheme
from market.rankings.places import places_of
from market.rankings.reports import unreported_months
from market.rankings.schemes import Part, deductions_of, parts_of
from market.rankings.scoring import competition_ranks, points, tenths, weighted
from market.rankings.states import STANDING, Occasion, PeriodKind, PlaceKind
from market.records.figures import Figure, FigureValue, Measure, Period, RowSource, measure, no_rows

MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}


@dataclass(frozen=True)
class Cell:
    """What one indicator of a place comes to."""

    part: Part
    numerator: FigureValue | None
    """None: experts judged it."""
    denominator: FigureValue | None
    points: Fraction
    judged: Judged | None = None

    @property
    def amount(self) -> int:
        """Return the number of records, their sum in fen, or the experts' points in hundredths."""
        return self.judged.points if self.judged else number_of(self.numerator)

    @property
    def value(self) -> Fraction:
        """Return the value in the indicator's unit; 0 where a ratio has nothing below."""
        return value_of(self.part, self.amount, number_of(self.denominator))


@dataclass(frozen=True)
class Line:
    """A place with its score and rank."""

    place: str
    name: str
    group: str
    cells: Sequence[Cell]
    score: int | None
    """As published, in tenths of a point; None: it is not ranked, for it did not report."""
    deductions: Sequence[Deducted] = ()
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


def number_of(value: FigureValue | None) -> int:
    """Return the number of records of a figure, or their sum in fen."""
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


async def compute(
    kind: PlaceKind, period_kind: PeriodKind, period: Period, scheme: RankingScheme
) -> Computed:
    """Compute a ranking from the records as they are now, beside the standing one of the period before."""
    parts = parts_for(scheme, period_kind)
    values = await _values(kind, parts, period)
    has_stated = any(part.indicator.is_stated for part in parts)
    unreported = await unreported_months(period) if has_stated else {}
    taken = await deductions_in(kind, period, scheme, unreported)
    has_cost = Occasion.UNREPORTED in deductions_of(scheme)
    judged = await judged_places(kind, period) if any(part.indicator.is_judged for part in parts) else {}
    # Of the period before one count alone is needed, to tell a change from chance.
    counted = next(([part] for part in parts if part.indicator.is_count), [])
    earlier = await _values(kind, counted, before(period_kind, period))
    previous = await _previous(kind, period_kind, before(period_kind, period))
    lines = []
    months = MONTHS[period_kind]
    for place in await places_of(kind):
        cells = [
            _judged_cell(part, judged.get(place.key), period_kind)
            if part.indicator.is_judged
            else _cell(part, values, place.key, period_kind, kind, period)
            for part in parts
        ]
        missing = len(unreported.get(place.key, ()))
        deductions = taken.get(place.key, [])
        lines.append(
            Line(
                place.key,
                place.name,
                place.group,
                cells,
                score_of(cells, deductions) if is_ranked(missing, months, has_cost=has_cost) else None,
                deductions,
                is_significant=_significance(cells, earlier.get(place.key, {})),
            )
        )
    return Computed(kind, period_kind, period, scheme, rank_lines(lines, previous), parts)


def rank_lines(lines: Sequence[Line], previous: Mapping[str, RankingRow]) -> list[Line]:
    """Return lines with their ranks in each group, beside the rows of the period before, best first."""
    return [
        line for group in sorted({line.group for line in lines}) for line in _ranked(lines, group, previous)
    ]


def parts_for(scheme: RankingScheme, period_kind: PeriodKind) -> list[Part]:
    """Return the indicators that count in a kind of period: experts judge years alone."""
    return [
        part for part in parts_of(scheme) if period_kind is PeriodKind.YEAR or not part.indicator.is_judged
    ]


def is_ranked(missing: int, months: int, *, has_cost: bool) -> bool:
    """Return whether a place that did not report so many of a period's months is ranked.

    Where the scheme takes points off for each month that is missing, one that was reported is enough: else a
    place could leave a year's ranking by leaving out a month.
    """
    return missing < months if has_cost else missing == 0


def score_of(cells: Sequence[Cell], deductions: Sequence[Deducted] = ()) -> int:
    """Return the published score in tenths of a point, what is taken off taken off, never below zero."""
    whole = tenths(weighted([(cell.part.weight, cell.points) for cell in cells]))
    return max(whole - sum(deduction.tenths for deduction in deductions), 0)


def _judged_cell(part: Part, judged: Judged | None, period_kind: PeriodKind) -> Cell:
    value = value_of(part, judged.points if judged else 0, None)
    return Cell(part, None, None, points(value, part.bounds_of(period_kind)), judged)


def _ranked(lines: Sequence[Line], group: str, previous: Mapping[str, RankingRow]) -> list[Line]:
    own = [line for line in lines if line.group == group]
    ranks = competition_ranks({line.place: line.score for line in own if line.score is not None})
    placed = [
        replace(
            line,
            rank=ranks[line.place].place if line.place in ranks else None,
            is_shared=line.place in ranks and ranks[line.place].is_shared,
            previous_score=previous[line.place].score if line.place in previous else None,
            previous_rank=previous[line.place].rank if line.place in previous else None,
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
    value = value_of(part, number_of(numerator), number_of(denominator))
    return Cell(part, numerator, denominator, points(value, part.bounds_of(period_kind)))


def _significance(cells: Sequence[Cell], earlier: Mapping[str, FigureValue]) -> bool | None:
    """Return whether the first count changed by more than chance explains; None without a count."""
    for cell in cells:
        if cell.part.indicator.is_count and cell.numerator is not None:
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
