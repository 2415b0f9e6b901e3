"""Rankings: computed from records, frozen by one, checked by another, final after days, corrected."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from market.accounts.models import Message
from market.accounts.places import record_move
from market.contracts.contract_changes import confirm_change, propose_change
from market.contracts.models import Contract
from market.contracts.states import ChangeKind
from market.kit.errors import Conflict, Invalid, NotFound
from market.rankings import parks, schemes
from market.rankings.computing import compute, period_of
from market.rankings.freezing import CONCLUDE, decide_ranking
from market.rankings.models import Ranking, RankingRow
from market.rankings.states import ParkLevel, PeriodKind, PlaceKind, RankingStatus
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from market.records.figures import Period
from tests.databases import past_guards
from tests.factories import HOLIDAYS, NOW, make_organisation
from tests.invariants import broken
from tests.moments import run_acts
from tests.rankings.factories import LATER, MARCH, PARTS, make_hall, part


async def test_a_scheme_is_sound_and_confirmed_by_another() -> None:
    hall = await make_hall()
    by = By(hall.operator, LATER)
    for parts in (
        [],
        [part("output_count", 1, 2), part("output_count", 1, 2)],
        [part("moon", 1, 2)],
        [part("output_count", 0, 2)],
        [part("output_count", 1, 2, low=3)],
    ):
        with pytest.raises(Invalid) as refusal:
            await schemes.propose_scheme(PlaceKind.CITY, date(2027, 1, 1), parts, "方案", "假定", by=by)
        assert refusal.value.field == "parts"
    with pytest.raises(Invalid):
        await schemes.propose_scheme(PlaceKind.CITY, date(2026, 1, 1), PARTS, "方案", "假定", by=by)
    scheme = await schemes.propose_scheme(PlaceKind.CITY, date(2027, 1, 1), PARTS, "方案", "假定", by=by)
    with pytest.raises(Conflict):
        await schemes.propose_scheme(PlaceKind.CITY, date(2028, 1, 1), PARTS, "方案", "假定", by=by)
    with pytest.raises(NotFound):
        await schemes.decide_scheme(uuid4(), Verdict.CONFIRMED, by=hall.approves)
    await schemes.decide_scheme(scheme.id, Verdict.REJECTED, reason="依据不明", by=hall.approves)

    assert await broken("rankings: schemes") == {}
    await past_guards("UPDATE ranking_schemes SET text = 'x' WHERE id = $1", scheme.id)
    assert await broken("rankings: schemes")


async def test_parks_are_joined_and_left_on_days_and_moves_keep_what_was_before() -> None:
    hall = await make_hall()
    university, by = hall.parties.university, By(hall.operator, LATER)
    with pytest.raises(Invalid):
        await parks.create_park("nanning", "又一个", ParkLevel.NATIONAL, "4501", None, by=by)
    with pytest.raises(Invalid):
        await parks.create_park("moon", "月球", ParkLevel.NATIONAL, "9901", None, by=by)
    with pytest.raises(Invalid):
        await parks.create_park("sun", "太阳", ParkLevel.NATIONAL, "4501", uuid4(), by=by)
    for organisation_id, since in (
        (university.id, date(2026, 4, 1)),
        (uuid4(), date(2026, 4, 1)),
        ((await make_organisation()).id, date(2026, 5, 1)),
    ):
        with pytest.raises(Invalid):
            await parks.join_park("guilin", organisation_id, since, by=by)
    (member,) = await parks.list_members(hall.park)
    with pytest.raises(Invalid):
        await parks.leave_park(member.id, date(2025, 1, 1), by=by)
    await parks.leave_park(member.id, date(2026, 4, 1), by=by)
    with pytest.raises(NotFound):
        await parks.leave_park(member.id, date(2026, 4, 2), by=by)
    await parks.join_park("guilin", university.id, date(2026, 4, 1), by=by)
    for region, on in (
        ("450100", date(2026, 4, 2)),
        ("999999", date(2026, 4, 2)),
        ("450300", date(2026, 5, 1)),
    ):
        with pytest.raises(Invalid):
            await record_move(university.id, region, on, by=by)
    with pytest.raises(NotFound):
        await record_move(uuid4(), "450300", date(2026, 4, 2), by=by)
    await record_move(university.id, "450300", date(2026, 4, 2), by=by)
    with pytest.raises(Invalid):
        await record_move(university.id, "450400", date(2026, 4, 1), by=by)
    scheme = await schemes.scheme_on(PlaceKind.CITY, MARCH)
    assert scheme
    for kind, place in ((PlaceKind.CITY, "4501"), (PlaceKind.PARK, "nanning")):
        period = period_of(PeriodKind.MONTH, MARCH)
        assert period
        computed = await compute(kind, PeriodKind.MONTH, period, scheme)
        counts = {line.place: line.cells[0].amount for line in computed.lines}
        assert {key for key, count in counts.items() if count} == {place}
    assert await broken("rankings", "targets") == {}
    await past_guards("UPDATE park_members SET since = '2025-06-01' WHERE park_id = $1", hall.other.id)
    assert await broken("rankings: nobody")


def test_a_period_begins_with_its_first_day() -> None:
    assert period_of(PeriodKind.QUARTER, date(2026, 4, 1)) == Period(date(2026, 4, 1), date(2026, 6, 30))
    assert period_of(PeriodKind.YEAR, date(2026, 1, 1)) == Period.of_year(2026)
    assert period_of(PeriodKind.QUARTER, date(2026, 5, 1)) is None
    assert period_of(PeriodKind.MONTH, date(2026, 5, 2)) is None


async def test_a_ranking_is_frozen_with_its_records_told_and_final_after_three_working_days() -> None:
    hall = await make_hall()
    for begins_on in (date(2026, 4, 1), date(2026, 3, 2), date(2025, 12, 1)):
        with pytest.raises(Invalid) as refusal:
            await hall.frozen(begins_on=begins_on)
        assert refusal.value.field == "begins_on"
    ranking = await hall.frozen()
    with pytest.raises(Conflict):
        await hall.frozen()
    await past_guards("UPDATE rankings SET proposed_by_id = $1", hall.approver.user_id)
    with pytest.raises(SamePerson):
        await decide_ranking(ranking.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=hall.approves)
    await past_guards("UPDATE rankings SET proposed_by_id = $1", hall.operator.user_id)
    told = await decide_ranking(ranking.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=hall.approves)
    rows = {row.place: row for row in await RankingRow.filter(ranking_id=ranking.id)}

    # 1 of 2 contracts: 80; 107 of 200 万元: 81.4, twice; weights 30, 40, 30.
    assert (rows["nanning"].score, rows["nanning"].rank) == (810, 1)
    assert (rows["guilin"].score, rows["guilin"].rank, rows["guilin"].is_shared) == (600, 2, False)
    assert (rows["nanning"].is_significant, rows["nanning"].previous_rank) == (True, None)
    assert told.status is RankingStatus.TOLD
    assert told.object_until is not None
    assert await Message.filter(user_id=hall.officer.user_id).count() == 1
    assert await run_acts(told.object_until, CONCLUDE) == 1
    assert (await Ranking.get(id=ranking.id)).status is RankingStatus.FINAL
    assert await broken("rankings") == {}


async def test_a_correction_is_a_further_version_and_the_old_one_stays() -> None:
    hall = await make_hall()
    first = await hall.told()
    change = await propose_change(
        (await Contract.get(deal__seller_id=hall.parties.university.id)).number,
        ChangeKind.RESCISSION,
        "双方同意解除",
        agreed_on=date(2026, 4, 5),
        by=By(hall.parties.seller, LATER),
    )
    await confirm_change(change.id, by=By(hall.parties.buyer, LATER))
    assert (await RankingRow.get(ranking_id=first.id, place="nanning")).score == 810
    with pytest.raises(Invalid):
        await hall.frozen(period_kind=PeriodKind.YEAR, begins_on=date(9999, 1, 1))
    with pytest.raises(Invalid) as refusal:
        await hall.frozen()
    assert refusal.value.field == "note"
    returned = await hall.frozen(note="一份合同已解除")
    with pytest.raises(Invalid):
        await decide_ranking(returned.number, Verdict.REJECTED, calendar=HOLIDAYS, by=hall.approves)
    await decide_ranking(
        returned.number, Verdict.REJECTED, reason="请写合同号", calendar=HOLIDAYS, by=hall.approves
    )
    second = await hall.told(note="合同 HT-2026-000001 已解除")

    assert [row.status for row in await Ranking.all().order_by("version")] == [
        *(RankingStatus.REPLACED, RankingStatus.RETURNED, RankingStatus.TOLD)
    ]
    assert (await RankingRow.get(ranking_id=second.id, place="nanning")).score == 600
    assert (await RankingRow.get(ranking_id=first.id, place="nanning")).score == 810
    assert await broken("rankings") == {}
    await past_guards("UPDATE ranking_cells SET numerator = numerator + 1")
    assert set(await broken("rankings")) == {
        "rankings: rankings are unchanged",
        "rankings: figures equal their records",
        "rankings: scores follow their parts",
    }
    await past_guards("UPDATE ranking_rows SET rank = 9 WHERE ranking_id = $1", second.id)
    assert await broken("rankings: ranks")


async def test_the_next_month_is_told_beside_the_one_before() -> None:
    hall = await make_hall()
    await hall.told()
    may = By(hall.operator, NOW + timedelta(days=65))
    april = await hall.told(begins_on=date(2026, 4, 1), by=may)
    row = await RankingRow.get(ranking_id=april.id, place="nanning")

    assert (row.previous_score, row.previous_rank, row.score, row.rank, row.is_shared) == (
        810,
        1,
        600,
        1,
        True,
    )
    assert row.is_significant is True
