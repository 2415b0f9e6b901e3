"""Where a place stands for its own office: its latest ranks, until when it may object, its warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from market.rankings.models import Ranking, RankingObjection, RankingRow, RankingWarning
from market.rankings.objections import may_object_at
from market.rankings.places import Place
from market.rankings.states import OPEN_WARNINGS, STANDING, PeriodKind, WarningStatus

READABLE = (*OPEN_WARNINGS, WarningStatus.LIFTED)


@dataclass(frozen=True)
class Standing:
    """One row of a ranking in force, for the office of its place."""

    ranking: Ranking
    row: RankingRow
    of: int
    """How many are ranked in its group."""
    may_object: bool


@dataclass(frozen=True)
class OwnStanding:
    """All that an office reads of one of its places."""

    latest: Sequence[Standing]
    """The latest month, quarter and year in force."""
    warnings: Sequence[RankingWarning]
    objections: Sequence[RankingObjection]


async def standing_of(place: Place, now: datetime) -> OwnStanding:
    """Return where a place stands now."""
    latest = []
    for period_kind in PeriodKind:
        ranking = (
            await Ranking.filter(kind=place.kind, period_kind=period_kind, status__in=list(STANDING))
            .order_by("-begins_on")
            .first()
        )
        row = await RankingRow.get_or_none(ranking_id=ranking.id, place=place.key) if ranking else None
        if ranking is None or row is None:
            continue
        ranked = RankingRow.filter(ranking_id=ranking.id, level=row.level, rank__isnull=False)
        latest.append(Standing(ranking, row, await ranked.count(), may_object_at(ranking, now)))
    warnings = RankingWarning.filter(place=place.key, ranking__kind=place.kind, status__in=list(READABLE))
    objections = RankingObjection.filter(place=place.key, ranking__kind=place.kind)
    return OwnStanding(
        latest,
        await warnings.order_by("-proposed_at").limit(20),
        await objections.select_related("ranking").order_by("-filed_at").limit(20),
    )
