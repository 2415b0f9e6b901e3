"""Invariants of rankings: frozen figures equal their records, scores their parts, ranks their scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from market.kit.findings import find_rows
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.rankings.computing import cell_value
from market.rankings.freezing import digest
from market.rankings.indicators import BY_KEY, INDICATORS
from market.rankings.models import Ranking, RankingCell, RankingCellRow, RankingRow, RankingScheme
from market.rankings.schemes import content_hash, parts_of
from market.rankings.scoring import competition_ranks, points, tenths, weighted
from market.records.figures import Measure


async def rankings_are_unchanged() -> list[str]:
    """A ranking has the hash of what was frozen with it."""
    broken = []
    for ranking in await Ranking.all():
        rows = await RankingRow.filter(ranking_id=ranking.id)
        cells = await RankingCell.filter(row__ranking_id=ranking.id)
        records = await RankingCellRow.filter(cell__row__ranking_id=ranking.id)
        if digest(rows, cells, records) != ranking.rows_hash:
            broken.append(_("排序 %(number)s 与封存时的校验值不符", number=ranking.number))
    return broken


async def figures_equal_their_records() -> list[str]:
    """Each part of a frozen indicator is the number, or the sum, of its records."""
    counts: Counter[tuple[str, bool]] = Counter()
    sums: Counter[tuple[str, bool]] = Counter()
    for row in await RankingCellRow.all():
        counts[str(row.cell_id), row.is_denominator] += 1
        sums[str(row.cell_id), row.is_denominator] += row.amount
    broken = []
    for cell in await RankingCell.all().select_related("row__ranking"):
        indicator = INDICATORS[cell.indicator]
        if indicator.is_judged:
            continue
        for is_denominator, key, value in (
            (False, indicator.numerator, cell.numerator),
            (True, indicator.denominator, cell.denominator),
        ):
            if not key:
                continue
            taken = counts if BY_KEY[key].measure is Measure.COUNT else sums
            if taken[str(cell.id), is_denominator] != value:
                broken.append(
                    _(
                        "排序 %(number)s 的%(place)s：指标与明细不符",
                        number=cell.row.ranking.number,
                        place=cell.row.name,
                    )
                )
    return broken


async def ranks_follow_scores() -> list[str]:
    """Equal published scores have equal ranks, within each group."""
    groups: dict[tuple[str, str], dict[str, RankingRow]] = {}
    for row in await RankingRow.filter(score__isnull=False).select_related("ranking"):
        groups.setdefault((row.ranking.number, row.level), {})[row.place] = row
    broken = []
    for (number, _level), rows in groups.items():
        ranks = competition_ranks({place: row.score or 0 for place, row in rows.items()})
        if any(
            (row.rank, row.is_shared) != (ranks[place].place, ranks[place].is_shared)
            for place, row in rows.items()
        ):
            broken.append(_("排序 %(number)s 的名次与公布的得分不符", number=number))
    return broken


async def scores_follow_their_parts() -> list[str]:
    """A published score is the mean of its parts by weight, less what is taken off, as the scheme says."""
    broken = []
    cells: dict[UUID, list[RankingCell]] = {}
    for cell in await RankingCell.all():
        cells.setdefault(cell.row_id, []).append(cell)
    for row in await RankingRow.filter(score__isnull=False).select_related("ranking__scheme"):
        parts = {part.code: part for part in parts_of(row.ranking.scheme)}
        weights = [
            (cell.weight, points(cell_value(cell, part), part.bounds_of(row.ranking.period_kind)))
            for cell in cells.get(row.id, ())
            if (part := parts.get(cell.indicator)) is not None
        ]
        taken = sum(deduction["tenths"] for deduction in row.deductions)
        if (
            not weights
            or taken != row.deduction
            or row.score != max(tenths(weighted(weights)) - row.deduction, 0)
        ):
            broken.append(
                _("排序 %(number)s 的%(place)s：得分与各项不符", number=row.ranking.number, place=row.name)
            )
    return broken


async def deductions_rest_on_decisions() -> list[str]:
    """What was taken off in a ranking is a confirmed deduction, or a month that was not reported."""
    return await find_rows(
        "SELECT DISTINCT k.number, r.name FROM ranking_rows r JOIN rankings k ON k.id = r.ranking_id "
        "CROSS JOIN LATERAL jsonb_array_elements(r.deductions) AS d "
        "WHERE d ->> 'decision' <> '' AND NOT EXISTS (SELECT 1 FROM ranking_deductions x "
        "WHERE x.verdict = 'confirmed' AND x.kind = k.kind AND x.place = r.place "
        "AND x.decision = d ->> 'decision' AND x.tenths = (d ->> 'tenths')::int "
        "AND x.happened_on BETWEEN k.begins_on AND k.ends_on)",
        lazy("排序 %(number)s 的%(name)s：扣分没有决定"),
    )


async def nothing_open_is_final() -> list[str]:
    """A ranking is final, and a warning given, only where no objection to it is undecided or upheld."""
    return await find_rows(
        "SELECT DISTINCT k.number FROM ranking_objections o JOIN rankings k ON k.id = o.ranking_id "
        "WHERE k.status = 'final' AND o.status IN ('filed', 'answered', 'upheld')",
        lazy("排序 %(number)s 还有异议就成了最终数"),
    )


async def warnings_have_letters() -> list[str]:
    """Each warning that was given has its letter, each that was lifted that of its lifting."""
    return await find_rows(
        "SELECT w.number FROM ranking_warnings w WHERE (w.plan_until IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM issued_documents d WHERE d.subject_kind = 'ranking_warning' "
        "AND d.subject_id = w.id AND d.kind = 'warning')) OR (w.status = 'lifted' "
        "AND w.plan_until IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM issued_documents d WHERE d.subject_kind = 'ranking_warning' "
        "AND d.subject_id = w.id AND d.kind = 'lifting'))",
        lazy("警告 %(number)s 没有文书"),
    )


async def schemes_are_unchanged() -> list[str]:
    """A version of a scheme says what its hash stands for."""
    return [
        _("排序方案第 %(version)s 版与校验值不符", version=scheme.version)
        for scheme in await RankingScheme.all()
        if content_hash(
            scheme.kind,
            scheme.valid_from,
            scheme.content,
            scheme.text,
            scheme.basis,
            scheme.rules,
            scheme.deductions,
        )
        != scheme.content_hash
    ]


async def warnings_rest_on_scores() -> list[str]:
    """The grounds of a warning are scores as they were frozen; who asked to lift it did not lift it."""
    return await find_rows(
        "SELECT DISTINCT w.number FROM ranking_warnings w "
        "CROSS JOIN LATERAL jsonb_array_elements(w.grounds) AS g "
        "LEFT JOIN rankings k ON k.number = g ->> 'number' "
        "LEFT JOIN ranking_rows r ON r.ranking_id = k.id AND r.place = w.place "
        "WHERE r.id IS NULL OR r.score IS DISTINCT FROM (g ->> 'score')::int "
        "OR (w.status = 'lifted' AND w.lifted_by_id IS NOT DISTINCT FROM w.lift_asked_by_id)",
        lazy("警告 %(number)s 的依据与排序不符，或由一人解除"),
    )


async def nobody_is_in_two_parks() -> list[str]:
    """An organisation belongs to one park at a time."""
    return await find_rows(
        "SELECT DISTINCT o.name FROM park_members a "
        "JOIN park_members b ON b.organisation_id = a.organisation_id AND b.id > a.id "
        "AND daterange(a.since, a.until) && daterange(b.since, b.until) "
        "JOIN organisations o ON o.id = a.organisation_id",
        lazy("%(name)s 同时属于两个园区"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "rankings: rankings are unchanged": Invariant(lazy("排序：封存的排序没有变"), rankings_are_unchanged),
    "rankings: figures equal their records": Invariant(
        lazy("排序：指标等于明细"), figures_equal_their_records
    ),
    "rankings: ranks follow scores": Invariant(lazy("排序：名次与得分一致"), ranks_follow_scores),
    "rankings: scores follow their parts": Invariant(
        lazy("排序：得分等于各项之和减扣分"), scores_follow_their_parts
    ),
    "rankings: deductions rest on decisions": Invariant(
        lazy("排序：扣分都有决定"), deductions_rest_on_decisions
    ),
    "rankings: nothing open is final": Invariant(lazy("排序：有异议的不是最终数"), nothing_open_is_final),
    "rankings: warnings have letters": Invariant(lazy("排序：警告都有文书"), warnings_have_letters),
    "rankings: schemes are unchanged": Invariant(lazy("排序：方案与校验值一致"), schemes_are_unchanged),
    "rankings: warnings rest on scores": Invariant(
        lazy("排序：警告的依据与得分一致"), warnings_rest_on_scores
    ),
    "rankings: nobody is in two parks": Invariant(lazy("排序：一个单位只在一个园区"), nobody_is_in_two_parks),
}
