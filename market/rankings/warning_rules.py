"""Which places the rules of a scheme call a warning for, on which grounds, and whether one may be lifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from market.listings.rules import months_later
from market.rankings.computing import MONTHS
from market.rankings.models import Ranking, RankingRow, RankingWarning
from market.rankings.schemes import Rule, read_rule, rules_of
from market.rankings.scoring import last_ones
from market.rankings.states import OPEN_WARNINGS, STANDING, PeriodKind, RowStatus, WarningKind


@dataclass(frozen=True)
class DueWarning:
    """What a rule calls for, with the rankings that it looked at."""

    kind: WarningKind
    rule: Rule
    place: str
    name: str
    grounds: Sequence[dict[str, Any]]
    """Rows of number, period's first day, score in tenths or none, rank or none."""
    is_in_doubt: bool = False
    """It is among the last ones by a tie at the border only: people decide."""


async def due_warnings(ranking: Ranking) -> list[DueWarning]:
    """Return what the rules of a ranking in force, its scheme loaded, call for and nobody proposed yet."""
    if ranking.status not in STANDING:
        return []
    existing = await RankingWarning.filter(
        Q(ranking_id=ranking.id)
        | Q(
            status__in=list(OPEN_WARNINGS),
            ranking__kind=ranking.kind,
            ranking__period_kind=ranking.period_kind,
        )
    )
    known = {(warning.kind, warning.place) for warning in existing}
    due = []
    for rule in rules_of(ranking.scheme):
        if rule.period not in (None, ranking.period_kind):
            continue
        for warning in await _called_for(ranking, rule):
            if (warning.kind, warning.place) not in known:
                known.add((warning.kind, warning.place))
                due.append(warning)
    return due


async def _called_for(ranking: Ranking, rule: Rule) -> list[DueWarning]:
    rankings = [ranking] if rule.is_about_reports else await _in_a_row(ranking, rule.times)
    if len(rankings) < (1 if rule.is_about_reports else rule.times):
        return []
    stands = [await _stands(period, rule) for period in rankings]
    due = []
    for place, (row, _is_certain) in sorted(stands[-1].items()):
        own = [stand.get(place) for stand in stands]
        if any(each is None for each in own):
            continue
        met = [each for each in own if each is not None]
        grounds = [_ground(period, each[0]) for period, each in zip(rankings, met, strict=True)]
        in_doubt = not all(is_certain for _row, is_certain in met)
        due.append(DueWarning(rule.kind, rule, place, row.name, grounds, in_doubt))
    return due


async def _in_a_row(ranking: Ranking, times: int) -> list[Ranking]:
    """Return a ranking with those in force of the periods just before it, the oldest first; none missing."""
    step = MONTHS[PeriodKind(ranking.period_kind)]
    days = [months_later(ranking.begins_on, -step * back) for back in range(times)]
    rankings = Ranking.filter(
        kind=ranking.kind, period_kind=ranking.period_kind, begins_on__in=days, status__in=list(STANDING)
    )
    return await rankings.order_by("begins_on")


async def _stands(ranking: Ranking, rule: Rule) -> dict[str, tuple[RankingRow, bool]]:
    """Return the places that a period speaks against by a rule, and whether it does so beyond doubt."""
    return places_against(await RankingRow.filter(ranking_id=ranking.id), rule)


def places_against(rows: Sequence[RankingRow], rule: Rule) -> dict[str, tuple[RankingRow, bool]]:
    """Return the places that the rows of one period speak against by a rule, with whether beyond doubt.

    The last ones are counted within each group; a group that has no more places than that has none.
    """
    if rule.is_about_reports:
        return {row.place: (row, True) for row in rows if row.status is RowStatus.UNREPORTED}
    ranked = {row.place: row for row in rows if row.score is not None}
    if rule.below is not None:
        return {
            place: (row, True)
            for place, row in ranked.items()
            if row.score is not None and row.score < rule.below
        }
    against: dict[str, tuple[RankingRow, bool]] = {}
    for level in {row.level for row in ranked.values()}:
        scores = {place: row.score or 0 for place, row in ranked.items() if row.level == level}
        if len(scores) <= (rule.last or 0):
            continue
        certain, at_border = last_ones(scores, rule.last or 0)
        against |= {place: (ranked[place], True) for place in certain}
        against |= {place: (ranked[place], False) for place in at_border}
    return against


def _ground(ranking: Ranking, row: RankingRow) -> dict[str, Any]:
    return {
        "number": ranking.number,
        "period": ranking.begins_on.isoformat(),
        "score": row.score,
        "rank": row.rank,
    }


@dataclass(frozen=True)
class Lifting:
    """What became of a warned place since: the rankings after it, and whether its rule is still met."""

    later: Sequence[tuple[Ranking, RankingRow, bool]]
    """Each with the place's row, and whether the rule does not speak against the place any more."""

    @property
    def is_met(self) -> bool:
        """Return whether the latest ranking after the warning does not speak against the place."""
        return bool(self.later) and self.later[-1][2]


async def lifting_of(warning: RankingWarning) -> Lifting:
    """Return how a place stands since: in later periods, and in a correction of the one it was warned by."""
    ranking = await Ranking.get(id=warning.ranking_id)
    rule = read_rule(warning.rule) if warning.rule else Rule(WarningKind(warning.kind))
    later = await Ranking.filter(
        kind=ranking.kind,
        period_kind=ranking.period_kind,
        begins_on__gte=ranking.begins_on,
        status__in=list(STANDING),
    ).order_by("begins_on")
    later = [each for each in later if each.id != ranking.id]
    by_ranking: dict[UUID, list[RankingRow]] = {}
    for row in await RankingRow.filter(ranking_id__in=[each.id for each in later]):
        by_ranking.setdefault(row.ranking_id, []).append(row)
    return Lifting([stand for each in later if (stand := _since(each, by_ranking, rule, warning.place))])


def _since(
    ranking: Ranking, rows: Mapping[UUID, Sequence[RankingRow]], rule: Rule, place: str
) -> tuple[Ranking, RankingRow, bool] | None:
    of_ranking = rows.get(ranking.id, ())
    row = next((row for row in of_ranking if row.place == place), None)
    if row is None:
        return None
    is_over = place not in places_against(of_ranking, rule) and row.status is RowStatus.RANKED
    return ranking, row, is_over
