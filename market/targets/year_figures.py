"""All figures of a year by city, unit, kind of contract and month, in one pass over its deeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from market.records.figures import (
    Figure,
    FigureGroup,
    FigureValue,
    Grouping,
    Period,
    add_up,
    measure,
    measure_each,
    no_rows,
)
from market.targets.figures import FOUND, PARTNERS, PENDING_DEEDS, REVERSED, SHARES, VERIFIED
from market.targets.states import ScopeKind

UNIT_FIGURES = (VERIFIED, PENDING_DEEDS, FOUND, REVERSED, SHARES)
"""What the lines of units show; those of kinds show no shares, and units none where nobody shares a deed."""
Values = Mapping[str, FigureValue]


@dataclass(frozen=True)
class YearFigures:
    """The figures of a year's deeds."""

    period: Period
    figures: Mapping[ScopeKind, Sequence[Figure]]
    groups: Mapping[ScopeKind, Mapping[str, Values]]
    total: Values
    by_month: Sequence[FigureValue]
    """What was verified in each of twelve months."""
    whole: Values
    """What else was asked of the whole."""

    def of(self, kind: ScopeKind) -> Mapping[str, Values]:
        """Return the figures of each city, unit or kind that has a deed."""
        return self.groups[kind]

    def figures_of(self, kind: ScopeKind) -> Sequence[Figure]:
        return self.figures[kind]


async def figures_of_year(
    period: Period,
    figures: Sequence[Figure],
    *,
    unit_figures: Sequence[Figure] = UNIT_FIGURES,
    whole: Sequence[Figure] = (VERIFIED,),
    with_kinds: bool,
) -> YearFigures:
    """Return these figures of cities and of the whole, and those that lines of units and kinds show.

    A deed that two units share stands with both; for city, kind, month and the whole it is one.
    """
    partners = await measure(unit_figures, period, PARTNERS, by=("unit",))
    if not partners:
        unit_figures = [figure for figure in unit_figures if figure is not SHARES]
    kind_figures = [figure for figure in unit_figures if figure is not SHARES]
    groupings: list[Grouping] = [
        (("city",), figures),
        (("unit",), unit_figures),
        (("month",), (VERIFIED,)),
        ((), whole),
    ]
    if with_kinds:
        groupings.append((("kind",), kind_figures))
    cities, units, months, (wholes,), *kinds = await measure_each(groupings, period)
    return YearFigures(
        period,
        {ScopeKind.CITY: figures, ScopeKind.UNIT: unit_figures, ScopeKind.KIND: kind_figures},
        {
            ScopeKind.CITY: _by_key(cities, "city"),
            ScopeKind.UNIT: _with_partners(units, partners),
            ScopeKind.KIND: _by_key(kinds[0], "kind") if kinds else {},
        },
        add_up(cities, figures, period, ()).get((), no_rows(figures, period)),
        _months(months, period),
        wholes.values,
    )


def _by_key(groups: Sequence[FigureGroup], name: str) -> dict[str, Values]:
    return {group.key[name]: group.values for group in groups}


def _with_partners(units: Sequence[FigureGroup], partners: Sequence[FigureGroup]) -> dict[str, Values]:
    """Return the figures of units with the deeds in which they have a share."""
    values = _by_key(units, "unit")
    for group in partners:
        unit = group.key["unit"]
        own = values.get(unit, {})
        values[unit] = {
            key: FigureValue(
                value.figure,
                value.period,
                {"unit": unit},
                value.count + (own[key].count if own else 0),
                value.money + own[key].money if own else value.money,
            )
            for key, value in group.values.items()
        }
    return values


def _months(groups: Sequence[FigureGroup], period: Period) -> list[FigureValue]:
    values = {group.key["month"]: group.values["verified"] for group in groups}
    months = [f"{period.begins_on.year}-{month:02}" for month in range(1, 13)]
    return [values.get(month) or FigureValue(VERIFIED, period, {"month": month}) for month in months]
