"""A ranking is frozen with all of its rows by one, checked by another, told, and final after some days."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.messages import OrganisationNotice, notify_organisations, notify_staff
from market.accounts.models import MemberRole, StaffRole
from market.audit.log import record
from market.codes.holidays import Calendar
from market.codes.numbers import next_number
from market.codes.regions import GUANGXI
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.notices.models import DayKind
from market.notices.periods import period_end
from market.rankings.computing import STANDING, Cell, Line, compute, period_of
from market.rankings.models import Park, Ranking, RankingCell, RankingCellRow, RankingRow
from market.rankings.schemes import scheme_on
from market.rankings.states import (
    PeriodKind,
    PlaceKind,
    RankingAct,
    RankingAction,
    RankingStatus,
    RankingVerb,
    RowStatus,
)
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.figures import FigureValue, Measure, stream_rows
from market.records.moments import set_moment
from market.records.transitions import begin, transition
from market.surveys.models import RecommendingUnit

KIND = Ranking.record_kind
CONCLUDE = "rankings.conclude"
OBJECTION_DAYS = 3
"""Working days in which places may object before a ranking is final. Settled here (A)."""
WRITERS = {MemberRole.ADMIN, MemberRole.AGENT}


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
    period = period_of(period_kind, begins_on)
    if period is None or period.ends_on >= local_date(by.now):
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
    rows, cells, records = await _frozen(computed.lines)
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
    lines: Sequence[Line],
) -> tuple[list[RankingRow], list[RankingCell], list[RankingCellRow]]:
    """Return the rows of a ranking with their parts and the records behind these."""
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
                numerator=_number(cell.numerator),
                denominator=_number(cell.denominator) if cell.denominator else None,
                points=int(cell.points * 1000),
            )
            cells.append(stored)
            records += await _records(stored, cell)
    return rows, cells, records


async def _records(stored: RankingCell, cell: Cell) -> list[RankingCellRow]:
    records = []
    for is_denominator, value in ((False, cell.numerator), (True, cell.denominator)):
        if value is None or not value.count:
            continue
        async for portion in stream_rows(value.figure, value.period, value.scope):
            records += [
                RankingCellRow(
                    cell_id=stored.id,
                    is_denominator=is_denominator,
                    record=str(row.values["record"]),
                    happened_on=row.values["day"],
                    amount=row.money.amount,
                )
                for row in portion
            ]
    return records


def _number(value: FigureValue) -> int:
    return value.count if value.figure.measure is Measure.COUNT else value.money.amount


def digest(
    rows: Sequence[RankingRow], cells: Sequence[RankingCell], records: Sequence[RankingCellRow]
) -> str:
    """Return the hash over all that was frozen with a ranking."""
    places = {row.id: row.place for row in rows}
    keys = {cell.id: (places[cell.row_id], cell.indicator) for cell in cells}
    lines = [f"{row.place}|{row.score}|{row.rank}|{row.previous_rank}" for row in rows]
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
        Conflict: it was decided before.
        Invalid: at `reason`, which a return must have.
    """
    by.actor.require(RankingAct.DECIDE_RANKINGS)
    ranking = await _lock(number)
    if ranking.status is not RankingStatus.CHECKING:
        raise Conflict(str(ranking.workflow.refusal))
    await decide(ranking, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        return await transition(ranking, RankingAction.RETURN, by=by, note=reason, number=number)
    for replaced in await Ranking.filter(
        kind=ranking.kind,
        period_kind=ranking.period_kind,
        begins_on=ranking.begins_on,
        status__in=list(STANDING),
    ).select_for_update():
        await transition(replaced, RankingAction.REPLACE, by=by, replaced_by=number)
        await set_moment(KIND, replaced.id, CONCLUDE, None)
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
    await _tell(ranking, by.now)
    return ranking


async def _tell(ranking: Ranking, now: datetime) -> None:
    """Tell the offices of parks, or the units of cities, where they stand."""
    offices = await offices_of(ranking.kind)
    rows = await RankingRow.filter(ranking_id=ranking.id)
    words = _("%(number)s 已核定并告知，3 个工作日内可以提出异议。", number=ranking.number)
    notices = [
        OrganisationNotice(office, words, f"/rankings/{ranking.number}/{row.place}")
        for row in rows
        if (office := offices.get(row.place)) is not None
    ]
    await notify_organisations(notices, roles=WRITERS, now=now)


async def offices_of(kind: PlaceKind) -> dict[str, UUID | None]:
    """Return the organisations that speak for places: offices of parks, recommending units of cities."""
    if kind is PlaceKind.PARK:
        return {park.code: park.office_id for park in await Park.all()}
    units = await RecommendingUnit.filter(ended_at__isnull=True).order_by("-named_at")
    return {unit.region[:4]: unit.organisation_id for unit in units}


@atomic()
async def conclude_due(ranking_id: UUID, *, now: datetime) -> bool:
    """Make a ranking final when the days to object are over. Idempotent."""
    ranking = await Ranking.filter(id=ranking_id).select_for_update().first()
    if ranking is None or ranking.status is not RankingStatus.TOLD:
        return False
    await transition(ranking, RankingAction.CONCLUDE, by=By.job(now), number=ranking.number)
    return True


async def _lock(number: str) -> Ranking:
    ranking = await Ranking.filter(number=number).select_for_update().first()
    if ranking is None:
        raise NotFound(_("没有这份排序。"))
    return ranking
