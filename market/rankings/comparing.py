"""What differs between two versions of a period's ranking: ranks, scores, parts, the records behind them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from market.kit.database import connection
from market.rankings.indicators import INDICATORS, Indicator
from market.rankings.models import Ranking, RankingCell, RankingCellRow, RankingRow

V = TypeVar("V")


@dataclass(frozen=True)
class Both(Generic[V]):
    """A value in the earlier and in the later version."""

    before: V
    after: V

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class CellChange:
    """One part of a place that differs."""

    indicator: Indicator
    numerator: Both[int | None]
    denominator: Both[int | None]
    points: Both[int | None]
    """In thousandths of a point."""
    added: Sequence[RankingCellRow]
    removed: Sequence[RankingCellRow]
    is_withheld: bool
    """So few contracts make up a version of it that their prices would be told."""


@dataclass(frozen=True)
class PlaceChange:
    """A place whose row or parts differ; None where a version has no such place."""

    name: str
    place: str
    score: Both[int | None]
    rank: Both[int | None]
    deduction: Both[int]
    cells: Sequence[CellChange]


@dataclass(frozen=True)
class Comparison:
    """Two versions beside each other."""

    before: Ranking
    after: Ranking
    places: Sequence[PlaceChange]
    """Those that differ, by name."""
    same: int
    """How many do not."""


async def compare(before: Ranking, after: Ranking, withheld: Collection[UUID] = ()) -> Comparison:
    """Compare two versions of one period as they were frozen; `withheld` are parts, by id, see `queries`."""
    old, new = await _Frozen.read(before), await _Frozen.read(after)
    differs = _Differs(await _beyond(after, before), await _beyond(before, after), withheld)
    names = {row.place: row.name for row in (*old.rows.values(), *new.rows.values())}
    changes = [_place_change(place, name, old, new, differs) for place, name in names.items()]
    places = [change for change in changes if change is not None]
    return Comparison(
        before, after, sorted(places, key=lambda change: change.name), len(changes) - len(places)
    )


@dataclass(frozen=True)
class _Frozen:
    """What was frozen with a version."""

    rows: Mapping[str, RankingRow]
    cells: Mapping[tuple[str, str], RankingCell]
    """By place and indicator."""

    @classmethod
    async def read(cls, ranking: Ranking) -> _Frozen:
        rows = {row.id: row for row in await RankingRow.filter(ranking_id=ranking.id)}
        cells = await RankingCell.filter(row_id__in=list(rows))
        keys = {cell.id: (rows[cell.row_id].place, cell.indicator) for cell in cells}
        return cls({row.place: row for row in rows.values()}, {keys[cell.id]: cell for cell in cells})


MOST_RECORDS = 2000
"""Records that differ, at most, that a comparison lists."""
_BEYOND = """
SELECT p.place, c.indicator, r.is_denominator, r.record, r.happened_on, r.amount
FROM ranking_cell_rows r JOIN ranking_cells c ON c.id = r.cell_id JOIN ranking_rows p ON p.id = c.row_id
WHERE p.ranking_id = $1
EXCEPT ALL
SELECT p.place, c.indicator, r.is_denominator, r.record, r.happened_on, r.amount
FROM ranking_cell_rows r JOIN ranking_cells c ON c.id = r.cell_id JOIN ranking_rows p ON p.id = c.row_id
WHERE p.ranking_id = $2
ORDER BY happened_on, record LIMIT $3
"""


async def _beyond(ranking: Ranking, other: Ranking) -> dict[tuple[str, str], list[RankingCellRow]]:
    """Return the records of a version that another does not have, or not so often, by place and indicator."""
    beyond: dict[tuple[str, str], list[RankingCellRow]] = {}
    for row in await connection().execute_query_dict(_BEYOND, [ranking.id, other.id, MOST_RECORDS]):
        key = (row.pop("place"), row.pop("indicator"))
        beyond.setdefault(key, []).append(RankingCellRow(**row))
    return beyond


@dataclass(frozen=True)
class _Differs:
    """Records that only one version has, by place and indicator, and the parts that are withheld."""

    added: Mapping[tuple[str, str], Sequence[RankingCellRow]]
    removed: Mapping[tuple[str, str], Sequence[RankingCellRow]]
    withheld: Collection[UUID]


def _place_change(place: str, name: str, old: _Frozen, new: _Frozen, differs: _Differs) -> PlaceChange | None:
    earlier, later = old.rows.get(place), new.rows.get(place)
    codes = dict.fromkeys(code for key, code in (*old.cells, *new.cells) if key == place)
    cells = [part for code in codes if (part := _cell_change((place, code), old, new, differs)) is not None]
    change = PlaceChange(
        name,
        place,
        Both(earlier.score if earlier else None, later.score if later else None),
        Both(earlier.rank if earlier else None, later.rank if later else None),
        Both(earlier.deduction if earlier else 0, later.deduction if later else 0),
        cells,
    )
    is_same = not (
        change.score.differs
        or change.rank.differs
        or change.deduction.differs
        or cells
        or (earlier is None) != (later is None)
    )
    return None if is_same else change


def _cell_change(key: tuple[str, str], old: _Frozen, new: _Frozen, differs: _Differs) -> CellChange | None:
    earlier, later = old.cells.get(key), new.cells.get(key)
    numerator = Both(earlier.numerator if earlier else None, later.numerator if later else None)
    denominator = Both(earlier.denominator if earlier else None, later.denominator if later else None)
    points = Both(earlier.points if earlier else None, later.points if later else None)
    added, removed = differs.added.get(key, ()), differs.removed.get(key, ())
    if not (numerator.differs or denominator.differs or points.differs or added or removed):
        return None
    is_withheld = any(cell is not None and cell.id in differs.withheld for cell in (earlier, later))
    return CellChange(INDICATORS[key[1]], numerator, denominator, points, added, removed, is_withheld)
