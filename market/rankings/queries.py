"""The guarded way to rankings, with what stands in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from market.accounts.actors import Actor
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.rankings.computing import cell_value
from market.rankings.indicators import INDICATORS
from market.rankings.models import Ranking, RankingCell, RankingCellRow, RankingRow
from market.rankings.places import offices_of
from market.rankings.schemes import Part, parts_of
from market.rankings.states import STANDING, PeriodKind, PlaceKind, RankingAct, RankingStatus

PUBLIC = (*STANDING, RankingStatus.REPLACED)


@dataclass(frozen=True)
class Contribution:
    """What one indicator contributes to a score: its value, points and share of the weights."""

    part: Part
    cell: RankingCell
    total: int
    """Of all weights."""
    is_withheld: bool = False
    """So few contracts make it up that it would tell their prices: it is not shown to this person."""

    @property
    def value(self) -> str:
        """Return the value with at most two decimals."""
        value = cell_value(self.cell, self.part)
        hundredths = (200 * value.numerator + value.denominator) // (2 * value.denominator)
        whole, rest = divmod(hundredths, 100)
        return f"{whole:,}.{rest:02}" if rest else f"{whole:,}"

    @property
    def points(self) -> str:
        return points_words(self.cell.points // 100)

    @property
    def contributes(self) -> str:
        """Return weight times points over all weights, in points of the score with two decimals."""
        hundredths = self.hundredths
        return f"{hundredths // 100}.{hundredths % 100:02}"

    @property
    def hundredths(self) -> int:
        return (2 * self.cell.points * self.cell.weight + 10 * self.total) // (20 * self.total)


def points_words(tenths: int | None) -> str:
    """Return tenths of a point as they are published: 92.3; None is a dash."""
    return "—" if tenths is None else f"{tenths // 10}.{tenths % 10}"


async def get_ranking_for(actor: Actor | None, number: str) -> Ranking:
    """Return a ranking that was told, for everybody; others for the department.

    Raises:
        NotFound: there is none that the person may see.
    """
    ranking = (
        await Ranking.filter(number=number).select_related("scheme", "proposed_by", "decided_by").first()
    )
    reads_all = actor is not None and actor.may(RankingAct.READ_RANKINGS)
    if ranking is None or (ranking.status not in PUBLIC and not reads_all):
        raise NotFound(_("没有这份排序，或者还没有公布。"))
    return ranking


async def rows_of(ranking: Ranking) -> dict[str, list[RankingRow]]:
    """Return the places of a ranking by their groups, the best first."""
    rows = await RankingRow.filter(ranking_id=ranking.id).order_by("level", "rank", "name")
    groups: dict[str, list[RankingRow]] = {}
    for row in rows:
        groups.setdefault(row.level, []).append(row)
    return groups


async def get_row(ranking: Ranking, place: str) -> RankingRow:
    """Return one place of a ranking.

    Raises:
        NotFound: it has none.
    """
    row = await RankingRow.get_or_none(ranking_id=ranking.id, place=place)
    if row is None:
        raise NotFound(_("这份排序里没有这个地方。"))
    return row


FEWEST_SHOWN = 3
"""Contracts that a sum which everybody reads is made of, at least (A)."""


_FEW = """
SELECT c.id, p.place FROM ranking_cells c JOIN ranking_rows p ON p.id = c.row_id
WHERE p.ranking_id = $1 AND c.indicator = ANY($2::text[]) AND (SELECT count(*) FROM (
    SELECT 1 FROM ranking_cell_rows r WHERE r.cell_id = c.id AND NOT r.is_denominator LIMIT $3) AS few
) BETWEEN 1 AND $3 - 1
"""


async def withheld_from(actor: Actor | None, ranking: Ranking) -> Collection[UUID]:
    """Return the parts of a ranking, by id, whose amounts the person does not read.

    The sum of one or two contracts tells a price that their sides may not have disclosed (README o). The
    department reads all, an office those of its own place.
    """
    if actor is not None and actor.may(RankingAct.READ_RANKINGS):
        return set()
    codes = [code for code, indicator in INDICATORS.items() if indicator.tells_prices]
    rows = await connection().execute_query_dict(_FEW, [ranking.id, codes, FEWEST_SHOWN])
    own = set()
    if actor is not None and actor.organisation_id is not None:
        offices = await offices_of(ranking.kind)
        own = {place for place, office in offices.items() if actor.acts_for(office)}
    return {row["id"] for row in rows if row["place"] not in own}


async def contributions_of(
    ranking: Ranking, row: RankingRow, withheld: Collection[UUID] = ()
) -> list[Contribution]:
    """Return what makes up a score, in the order of the scheme, whose version is loaded."""
    return contributions(parts_of(ranking.scheme), await RankingCell.filter(row_id=row.id), withheld)


def contributions(
    parts: Sequence[Part], cells: Sequence[RankingCell], withheld: Collection[UUID] = ()
) -> list[Contribution]:
    """Return what the cells of one row contribute to its score, in the order of the scheme."""
    by_code = {cell.indicator: cell for cell in cells}
    total = sum(cell.weight for cell in cells)
    return [
        Contribution(part, cell, total, cell.id in withheld)
        for part in parts
        if (cell := by_code.get(part.code)) is not None
    ]


async def count_records(cell: RankingCell, *, is_denominator: bool) -> int:
    """Return how many records are behind one part of a frozen indicator."""
    return await RankingCellRow.filter(cell_id=cell.id, is_denominator=is_denominator).count()


async def records_of(
    cell: RankingCell, *, is_denominator: bool, offset: int, limit: int
) -> list[RankingCellRow]:
    """Return a page of the records behind one part of a frozen indicator, by their days."""
    rows = RankingCellRow.filter(cell_id=cell.id, is_denominator=is_denominator)
    return await rows.order_by("happened_on", "record", "id").offset(offset).limit(limit)


async def list_versions(ranking: Ranking) -> Sequence[Ranking]:
    """Return all public versions of a ranking's period, the newest first."""
    rankings = Ranking.filter(kind=ranking.kind, period_kind=ranking.period_kind, begins_on=ranking.begins_on)
    return await rankings.filter(status__in=list(PUBLIC)).select_related("decided_by").order_by("-version")


async def list_standing(kind: PlaceKind, most: int = 24) -> list[Ranking]:
    """Return the rankings in force of a kind, the latest period first."""
    rankings = Ranking.filter(kind=kind, status__in=list(STANDING))
    return await rankings.order_by("-ends_on", "-begins_on").limit(most)


async def list_all(most: int = 100) -> list[Ranking]:
    """Return all versions for the department, what waits first."""
    rankings = await Ranking.all().select_related("proposed_by").order_by("-proposed_at").limit(most)
    return sorted(rankings, key=lambda ranking: ranking.status is not RankingStatus.CHECKING)


async def history_of(ranking: Ranking, most: int = 12) -> dict[str, list[int]]:
    """Return the scores of each place in the periods in force up to this one, the oldest first."""
    periods = Ranking.filter(
        kind=ranking.kind,
        period_kind=ranking.period_kind,
        begins_on__lte=ranking.begins_on,
        status__in=list(STANDING),
    )
    latest = await periods.order_by("-begins_on").limit(most)
    ids = [period.id for period in reversed(latest)]
    scores: dict[str, list[int]] = {}
    by_period = {key: {row.place: row.score for row in rows} for key, rows in (await _rows_by(ids)).items()}
    for key in ids:
        for place, score in by_period.get(key, {}).items():
            if score is not None:
                scores.setdefault(place, []).append(score)
    return scores


@dataclass(frozen=True)
class Rolling:
    """The mean of a place's published scores over its last months in force, in tenths of a point."""

    score: int
    months: int


def rolling_of(history: Mapping[str, Sequence[int]]) -> dict[str, Rolling]:
    """Return the rolling mean of each place: a month alone with its few counts is mostly chance."""
    return {
        place: Rolling((2 * sum(scores) + len(scores)) // (2 * len(scores)), len(scores))
        for place, scores in history.items()
        if scores
    }


async def _rows_by(ids: Sequence[object]) -> dict[object, list[RankingRow]]:
    grouped: dict[object, list[RankingRow]] = {}
    for row in await RankingRow.filter(ranking_id__in=list(ids)):
        grouped.setdefault(row.ranking_id, []).append(row)
    return grouped


def period_words(period_kind: PeriodKind, begins_on: date) -> str:
    """Return a period in words: 2026 年 10 月, 2026 年三季度, 2026 年."""
    if period_kind is PeriodKind.MONTH:
        return _("%(year)s 年 %(month)s 月", year=begins_on.year, month=begins_on.month)
    if period_kind is PeriodKind.QUARTER:
        return _("%(year)s 年第 %(quarter)s 季度", year=begins_on.year, quarter=(begins_on.month + 2) // 3)
    return _("%(year)s 年", year=begins_on.year)
