"""A ranking is frozen with all of its rows by one, checked by another, told, and final after some days."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record, text_sha256
from market.codes.holidays import Calendar
from market.codes.numbers import next_number
from market.codes.regions import GUANGXI
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.notices import notice_acts
from market.notices.models import DayKind
from market.notices.periods import period_end
from market.rankings.computing import Cell, Line, compute, number_of, period_of
from market.rankings.models import Ranking, RankingCell, RankingCellRow, RankingRow
from market.rankings.objections import conclude_if_due, require_decided
from market.rankings.schemes import scheme_on
from market.rankings.states import (
    STANDING,
    PeriodKind,
    PlaceKind,
    RankingAct,
    RankingAction,
    RankingStatus,
    RankingVerb,
    RowStatus,
)
from market.rankings.year_notices import publish, tell_places
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.figures import Row, list_rows
from market.records.moments import set_moment
from market.records.transitions import begin, transition

KIND = Ranking.record_kind
CONCLUDE = "rankings.conclude"
OBJECTION_DAYS = 3
"""Working days in which places may object before a ranking is final. Settled here (A)."""


@atomic()
async def freeze_ranking(
    kind: PlaceKind, period_kind: PeriodKind, begins_on: date, note: str, analysis: str, *, by: By
) -> Ranking:
    """Freeze a period that is over as its records are now; of one that was told, as a correction.

    Raises:
        Invalid: at `begins_on`: no such period, it is not over, or no scheme was in force at its beginning;
            at `note`, which a correction must have.
        Conflict: a version of the period waits for its check.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    today = local_date(by.now)
    period = period_of(period_kind, begins_on) if begins_on < today else None
    if period is None or period.ends_on >= today:
        raise Invalid(_("期间应是已经结束的整月、整季或整年，从第一天算起。"), field="begins_on")
    scheme = await scheme_on(kind, period.begins_on)
    if scheme is None:
        raise Invalid(_("期间开始时还没有生效的排序方案；方案应在期前定好。"), field="begins_on")
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", [f"{kind}:{period_kind}:{begins_on}"]
    )
    earlier = await Ranking.filter(kind=kind, period_kind=period_kind, begins_on=begins_on).order_by(
        "-version"
    )
    if any(ranking.status is RankingStatus.CHECKING for ranking in earlier):
        raise Conflict(_("这一期已有一版待核定。"))
    if any(ranking.status in STANDING for ranking in earlier) and len(note) < 4:
        raise Invalid(_("这一期已经公布，更正时请写明原因。"), field="note")
    computed = await compute(kind, period_kind, period, scheme)
    rows, cells, records = await _frozen(computed.lines, kind)
    ranking = await Ranking.create(
        id=uuid4(),
        number=await next_number(KIND, by.now),
        kind=kind,
        period_kind=period_kind,
        begins_on=period.begins_on,
        ends_on=period.ends_on,
        version=len(earlier) + 1,
        scheme_id=scheme.id,
        note=note,
        analysis=analysis,
        rows_hash=digest(rows, cells, records),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
        updated_at=by.now,
    )
    await begin(ranking, by=by)
    for row in rows:
        row.ranking_id = ranking.id
    await RankingRow.bulk_create(rows)
    await RankingCell.bulk_create(cells)
    await RankingCellRow.bulk_create(records, batch_size=2000)
    await record(KIND, ranking.id, RankingVerb.FREEZE, by=by, number=ranking.number, hash=ranking.rows_hash)
    await notify_staff(
        StaffRole.APPROVER,
        _("%(number)s 等您核定。", number=ranking.number),
        now=by.now,
        address=f"/rankings/{ranking.number}",
    )
    return ranking


async def _frozen(
    lines: Sequence[Line], kind: PlaceKind
) -> tuple[list[RankingRow], list[RankingCell], list[RankingCellRow]]:
    """Return the rows of a ranking with their parts and the records behind these.

    Raises:
        Conflict: records came or went between the counting and this.
    """
    behind = await _records_by_place(lines, kind)
    rows, cells, records = [], [], []
    for line in lines:
        row = RankingRow(
            id=uuid4(),
            place=line.place,
            name=line.name,
            level=line.group,
            status=RowStatus.UNREPORTED if line.score is None else RowStatus.RANKED,
            score=line.score,
            rank=line.rank,
            is_shared=line.is_shared,
            deduction=sum(deduction.tenths for deduction in line.deductions),
            deductions=[deduction.to_json() for deduction in line.deductions],
            previous_score=line.previous_score,
            previous_rank=line.previous_rank,
            is_significant=line.is_significant,
        )
        rows.append(row)
        for cell in line.cells:
            stored = RankingCell(
                id=uuid4(),
                row_id=row.id,
                indicator=cell.part.code,
                weight=cell.part.weight,
                numerator=cell.amount,
                denominator=number_of(cell.denominator) if cell.denominator else None,
                points=int(cell.points * 1000),
            )
            cells.append(stored)
            records += _records(stored, cell, line.place, behind)
    return rows, cells, records


MOST_RECORDS = 10**7


async def _records_by_place(lines: Sequence[Line], kind: PlaceKind) -> dict[str, dict[str, list[Row]]]:
    """Return the records of each figure by place, with one statement for each figure."""
    values = {
        value.figure.key: value
        for line in lines
        for cell in line.cells
        for value in (cell.numerator, cell.denominator)
        if value is not None
    }
    behind: dict[str, dict[str, list[Row]]] = {}
    for key, value in values.items():
        by_place = behind.setdefault(key, {})
        for row in await list_rows(value.figure, value.period, limit=MOST_RECORDS):
            by_place.setdefault(row.values[kind.value], []).append(row)
    return behind


def _records(
    stored: RankingCell, cell: Cell, place: str, behind: Mapping[str, Mapping[str, Sequence[Row]]]
) -> list[RankingCellRow]:
    if cell.judged is not None:
        return [
            RankingCellRow(
                cell_id=stored.id,
                is_denominator=False,
                record=f"{cell.judged.round} {expert}",
                happened_on=cell.judged.concluded_on,
                amount=hundredths,
            )
            for expert, hundredths in cell.judged.scores
        ]
    records = []
    for is_denominator, value in ((False, cell.numerator), (True, cell.denominator)):
        if value is None:
            continue
        rows = behind[value.figure.key].get(place, ())
        if (len(rows), sum(row.money.amount for row in rows)) != (value.count, value.money.amount):
            raise Conflict(_("记录刚刚有变化，请再排一次。"))
        records += [
            RankingCellRow(
                cell_id=stored.id,
                is_denominator=is_denominator,
                record=str(row.values["record"]),
                happened_on=row.values["day"],
                amount=row.money.amount,
            )
            for row in rows
        ]
    return records


def digest(
    rows: Sequence[RankingRow], cells: Sequence[RankingCell], records: Sequence[RankingCellRow]
) -> str:
    """Return the hash over all that was frozen with a ranking."""
    places = {row.id: row.place for row in rows}
    keys = {cell.id: (places[cell.row_id], cell.indicator) for cell in cells}
    lines = [f"{row.place}|{row.score}|{row.rank}|{row.previous_rank}" for row in rows]
    lines += [
        f"{row.place}|{row.deduction}|{json.dumps(row.deductions, ensure_ascii=False, sort_keys=True)}"
        for row in rows
        if row.deductions
    ]
    lines += [
        f"{'|'.join(keys[cell.id])}|{cell.weight}|{cell.numerator}|{cell.denominator}|{cell.points}"
        for cell in cells
    ]
    lines += [
        f"{'|'.join(keys[row.cell_id])}|{row.is_denominator}|{row.record}|{row.happened_on}|{row.amount}"
        for row in records
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


@atomic()
async def decide_ranking(
    number: str, verdict: Verdict, *, reason: str = "", calendar: Calendar, by: By
) -> Ranking:
    """Check a ranking and tell the places, or return it, for the approver; a correction replaces the last.

    Raises:
        NotFound: there is none.
        SamePerson: the person froze it.
        Conflict: it was decided before, a quarter has no analysis, or an objection to the version before
            is open.
        Invalid: at `reason`, which a return must have.
    """
    by.actor.require(RankingAct.DECIDE_RANKINGS)
    ranking = await _lock(number)
    if ranking.status is not RankingStatus.CHECKING:
        raise Conflict(str(ranking.workflow.refusal))
    await decide(ranking, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        return await transition(ranking, RankingAction.RETURN, by=by, note=reason, number=number)
    if ranking.period_kind is PeriodKind.QUARTER and not ranking.analysis:
        raise Conflict(_("季分析还没有写分析，请编制人写好后再核定。"))
    await _replace_standing(ranking, by=by)
    if ranking.period_kind is PeriodKind.YEAR:
        return await publish(ranking, calendar=calendar, by=by)
    last = period_end(local_date(by.now), OBJECTION_DAYS, DayKind.WORKING, region=GUANGXI, calendar=calendar)
    until = end_of_day(last) if last else None
    await transition(
        ranking,
        RankingAction.TELL,
        by=by,
        changes={"told_at": by.now, "object_until": until},
        number=number,
    )
    await set_moment(KIND, ranking.id, CONCLUDE, until)
    await tell_places(
        ranking, _("%(number)s 已核定并告知，3 个工作日内可以提出异议。", number=ranking.number), by.now
    )
    return ranking


async def _replace_standing(ranking: Ranking, *, by: By) -> None:
    """Take the version of a ranking's period that was in force out of force.

    Raises:
        Conflict: an objection to it is undecided.
    """
    for replaced in await Ranking.filter(
        kind=ranking.kind,
        period_kind=ranking.period_kind,
        begins_on=ranking.begins_on,
        status__in=list(STANDING),
    ).select_for_update():
        await require_decided(replaced)
        await transition(replaced, RankingAction.REPLACE, by=by, replaced_by=ranking.number)
        await set_moment(KIND, replaced.id, CONCLUDE, None)
        await notice_acts.withdraw(KIND, replaced.id, by=by)


@atomic()
async def write_analysis(number: str, text: str, *, by: By) -> Ranking:
    """Write the analysis of a ranking that waits for its check, for the operator.

    Raises:
        NotFound: there is none.
        Conflict: it was checked already.
        Invalid: at `text`, which is empty.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    ranking = await _lock(number)
    if ranking.status is not RankingStatus.CHECKING:
        raise Conflict(_("核定以后分析不再改；要改请更正。"))
    if not text:
        raise Invalid(_("请写分析。"), field="text")
    ranking.analysis, ranking.updated_at = text, by.now
    await ranking.save(update_fields=["analysis", "updated_at"])
    await record(KIND, ranking.id, RankingVerb.ANALYSE, by=by, number=number, text=text_sha256(text))
    return ranking


@atomic()
async def conclude_due(ranking_id: UUID, *, now: datetime) -> bool:
    """Make a ranking final when the days to object are over and nothing is open. Idempotent."""
    ranking = await Ranking.filter(id=ranking_id).select_for_update().first()
    return ranking is not None and await conclude_if_due(ranking, by=By.job(now))


async def _lock(number: str) -> Ranking:
    ranking = await Ranking.filter(number=number).select_for_update().first()
    if ranking is None:
        raise NotFound(_("没有这份排序。"))
    return ranking
