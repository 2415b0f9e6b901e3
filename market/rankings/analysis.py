"""What a period's analysis rests on: indicators beside the period before, who moved, how scores arise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from market.kit.charts import nice_top
from market.kit.database import connection
from market.kit.growth import SMALL_BASE, Growth, growth, matched
from market.kit.i18n import gettext as _
from market.rankings.computing import before, period_of, standing_ranking
from market.rankings.models import Ranking, RankingCell, RankingRow
from market.rankings.queries import Contribution, contributions, points_words
from market.rankings.schemes import Part, parts_of


@dataclass(frozen=True)
class FigureLine:
    """A figure over all places in this period and in the one before; a count, or a sum in fen."""

    label: str
    is_money: bool
    now: int
    before: int | None
    """None: the period before is not ranked, or had no such indicator."""
    growth: Growth
    matched: tuple[int, int] | None
    """Both sums over those places alone that both periods have (可比)."""

    def width(self, value: int) -> float:
        """Return how much of its line a bar takes, in percent; both bars on one scale."""
        top = nice_top(max(self.now, self.before or 0, 1))
        return round(max(value, 0) * 100 / top, 1)


@dataclass(frozen=True)
class PlaceLine:
    """A place with its row and what contributes to its score."""

    row: RankingRow
    parts: Mapping[str, Contribution]
    """By the code of the indicator."""


@dataclass(frozen=True)
class Analysis:
    """All that the page of an analysis shows beside its text."""

    figures: Sequence[FigureLine]
    places: Mapping[str, Sequence[PlaceLine]]
    """By group, in the order of ranks."""
    parts: Sequence[Part]
    previous: Ranking | None
    facts: Sequence[str]
    """Sentences that follow from the figures alone."""


async def analysis_of(ranking: Ranking, withheld: Collection[UUID] = ()) -> Analysis:
    """Return what the analysis of a ranking, its scheme loaded, rests on."""
    period = period_of(ranking.period_kind, ranking.begins_on)
    earlier = before(ranking.period_kind, period) if period else None
    previous = (
        await standing_ranking(ranking.kind, ranking.period_kind, earlier.begins_on) if earlier else None
    )
    rows = await RankingRow.filter(ranking_id=ranking.id).order_by("level", "rank", "name")
    cells = await _cells_by_row(ranking)
    parts = parts_of(ranking.scheme)
    used = [
        part for part in parts if any(cell.indicator == part.code for of in cells.values() for cell in of)
    ]
    places: dict[str, list[PlaceLine]] = {}
    for row in rows:
        items = contributions(used, cells.get(row.id, ()), withheld)
        places.setdefault(row.level, []).append(PlaceLine(row, {item.part.code: item for item in items}))
    now = _sums(rows, cells)
    past, items_before = {}, {}
    if previous is not None:
        earlier_rows = await RankingRow.filter(ranking_id=previous.id)
        past = _sums(earlier_rows, await _cells_by_row(previous))
        items_before = await _items(previous)
    lines = {
        part.indicator.numerator: _figure_line(
            part, now.get(part.code, {}), past.get(part.code), items_before.get(part.code, 0)
        )
        for part in reversed(used)
        if not part.indicator.is_judged
    }
    return Analysis(list(reversed(lines.values())), places, used, previous, _facts(rows))


async def _cells_by_row(ranking: Ranking) -> dict[UUID, list[RankingCell]]:
    cells: dict[UUID, list[RankingCell]] = {}
    for cell in await RankingCell.filter(row__ranking_id=ranking.id):
        cells.setdefault(cell.row_id, []).append(cell)
    return cells


def _sums(
    rows: Sequence[RankingRow], cells: Mapping[UUID, Sequence[RankingCell]]
) -> dict[str, dict[str, int]]:
    """Return the numerators by indicator and place."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        for cell in cells.get(row.id, ()):
            sums.setdefault(cell.indicator, {})[row.place] = cell.numerator
    return sums


_ITEMS = """
SELECT c.indicator, sum((SELECT count(*) FROM (
    SELECT 1 FROM ranking_cell_rows r WHERE r.cell_id = c.id AND NOT r.is_denominator LIMIT $2) AS few
)) AS items
FROM ranking_cells c JOIN ranking_rows p ON p.id = c.row_id WHERE p.ranking_id = $1 GROUP BY c.indicator
"""


async def _items(ranking: Ranking) -> dict[str, int]:
    """Return how many records each indicator is made of, counted only as far as growth asks."""
    rows = await connection().execute_query_dict(_ITEMS, [ranking.id, SMALL_BASE])
    return {row["indicator"]: int(row["items"]) for row in rows}


def _figure_line(
    part: Part, now: Mapping[str, int], past: Mapping[str, int] | None, items: int
) -> FigureLine:
    total, earlier = sum(now.values()), None if past is None else sum(past.values())
    is_count = part.indicator.figure_counts(is_denominator=False)
    return FigureLine(
        str(part.indicator.figure_label(is_denominator=False)),
        not is_count,
        total,
        earlier,
        growth(total, earlier, items=None if is_count else items),
        None if past is None else matched(now, past),
    )


def _facts(rows: Sequence[RankingRow]) -> list[str]:
    """Return who leads, who moved most and how many changed by more than chance."""
    facts = []
    for level in dict.fromkeys(row.level for row in rows):
        own = [row for row in rows if row.level == level and row.rank is not None]
        first = [row for row in own if row.rank == 1]
        if first:
            names = "、".join(row.name for row in first)
            facts.append(_("%(names)s第 1，%(score)s 分。", names=names, score=points_words(first[0].score)))
    moved = {
        row.place: (row.previous_rank - row.rank, row)
        for row in rows
        if row.rank is not None and row.previous_rank is not None
    }
    for sign, words in (
        (1, _("上升最多：%(names)s（%(n)s 位）。")),
        (-1, _("下降最多：%(names)s（%(n)s 位）。")),
    ):
        most = max((sign * by for by, _row in moved.values()), default=0)
        if most > 0:
            names = "、".join(row.name for by, row in moved.values() if sign * by == most)
            facts.append(words % {"names": names, "n": most})
    significant = sum(row.is_significant is True for row in rows)
    known = sum(row.is_significant is not None for row in rows)
    if known:
        facts.append(_("%(all)s 个地方中 %(n)s 个的项数变化显著。", all=known, n=significant))
    unranked = [row.name for row in rows if row.rank is None]
    if unranked:
        facts.append(_("未报、不排名：%(names)s。", names="、".join(unranked)))
    return facts
