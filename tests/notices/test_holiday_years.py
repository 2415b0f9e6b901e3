"""A year of holidays entered by one person, confirmed by another, and what it does to open notices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, OrganisationKind, StaffRole
from market.audit.models import AuditEvent
from market.codes.holidays import NATIONAL, Calendar, HolidayYear, Standing
from market.codes.regions import GUANGXI
from market.kit.clock import end_of_day, local_date
from market.kit.database import connection
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.notices import notice_acts, objections
from market.notices.holiday_years import (
    confirm_year,
    count_undecided,
    get_version,
    list_versions,
    load_calendar,
    missing_years,
    propose_year,
    reject_year,
    require_plausible,
)
from market.notices.models import DayKind, HolidayYearVersion, Notice, NoticeExtension, NoticeKind
from market.notices.states import NoticeStatus
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.factories import make_member, make_organisation, make_staff
from tests.moments import end_notices
from tests.notices.test_notice_acts import make_notice, make_publisher

AUTUMN = datetime.fromisoformat("2026-11-28T10:00+08:00")
NEW_YEAR = [date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3)]
NEXT_YEAR = HolidayYear(
    2027,
    NATIONAL,
    frozenset(
        [
            *NEW_YEAR,
            *(date(2027, 2, day) for day in range(5, 12)),
            *(date(2027, 5, day) for day in range(1, 6)),
            *(date(2027, 10, day) for day in range(1, 8)),
        ]
    ),
    frozenset({date(2027, 2, 20)}),
    "国务院办公厅关于2027年部分节假日安排的通知",
)


async def enter(year: HolidayYear, now: datetime = AUTUMN) -> list[Notice]:
    """Enter and confirm a year; return the notices whose end moved."""
    version = await propose_year(year, by=By(await make_staff(StaffRole.OPERATOR), now))
    approver = By(await make_staff(StaffRole.APPROVER), now)
    return await confirm_year(version.id, accepts_provisional=False, by=approver)


def guangxi(year: int, rest: Iterable[date]) -> HolidayYear:
    return HolidayYear(year, GUANGXI, frozenset(rest), frozenset(), "自治区的通知")


async def make_reward_notice(now: datetime, publisher: Actor | None = None, days: int = 15) -> Notice:
    return await notice_acts.publish(
        NoticeKind.REWARD,
        subject_kind="reward",
        subject_id=uuid4(),
        title="现金奖励公示",
        body=[["净收入", "￥1.00"]],
        days=days,
        day_kind=DayKind.WORKING,
        calendar=await load_calendar(accepts_provisional=False),
        by=By(publisher or await make_publisher(), now),
    )


def texts(rows: list[Message]) -> list[str]:
    return [row.text for row in rows]


async def test_the_days_that_two_persons_entered_for_guangxi_are_counted() -> None:
    """Case n1: 15 working days from 10 April and 15 calendar days from 2 April, with 三月三 entered."""
    now = datetime.fromisoformat("2026-04-01T09:00+08:00")
    await enter(guangxi(2026, [date(2026, 4, 17), date(2026, 4, 20)]), now)
    calendar = await load_calendar(accepts_provisional=False)
    ends = {}

    for day, kind in ((10, DayKind.WORKING), (2, DayKind.CALENDAR)):
        notice = await make_notice(
            calendar=calendar,
            day_kind=kind,
            by=By(await make_publisher(), now.replace(day=day)),
        )
        ends[kind] = notice.ends_at

    assert calendar.years[2026, GUANGXI].standing is Standing.CONFIRMED
    assert ends == {
        DayKind.WORKING: end_of_day(date(2026, 5, 8)),
        DayKind.CALENDAR: end_of_day(date(2026, 4, 21)),
    }


async def test_other_days_entered_for_guangxi_give_another_end_and_only_there() -> None:
    now = datetime.fromisoformat("2026-04-01T09:00+08:00")
    await enter(guangxi(2026, [date(2026, 4, 17)]), now)
    calendar = await load_calendar(accepts_provisional=False)
    elsewhere = await make_organisation(kind=OrganisationKind.UNIVERSITY, region="440100")
    agent = await make_member(elsewhere, MemberRole.AGENT)

    here = await make_notice(
        calendar=calendar, day_kind=DayKind.WORKING, by=By(await make_publisher(), now.replace(day=10))
    )
    there = await make_notice(calendar=calendar, day_kind=DayKind.WORKING, by=By(agent, now.replace(day=10)))

    assert (here.region, here.ends_at) == (GUANGXI, end_of_day(date(2026, 5, 7)))
    assert (there.region, there.ends_at) == ("440000", end_of_day(date(2026, 5, 6)))


async def test_a_notice_without_an_end_gets_it_when_the_year_is_confirmed() -> None:
    publisher = await make_publisher()
    notice = await make_reward_notice(datetime.fromisoformat("2026-12-11T10:00+08:00"), publisher)
    assert notice.ends_at is None

    moved = await enter(NEXT_YEAR, datetime.fromisoformat("2026-12-12T10:00+08:00"))

    assert [each.id for each in moved] == [notice.id]
    known = await Notice.get(id=notice.id)
    assert known.ends_at == end_of_day(date(2027, 1, 4))
    told = await Message.filter(user_id=publisher.user_id)
    assert texts(told) == [f"公示 {notice.number} 的截止日按放假安排重新计算：2027-01-04 24:00 止。"]
    assert told[0].address == f"/notices/{notice.number}"
    extension = await NoticeExtension.get(notice_id=notice.id)
    assert (extension.days, extension.ended_at, extension.ends_at) == (15, None, known.ends_at)
    assert extension.extended_by_id is None
    assert "国务院办公厅关于2027年部分节假日安排的通知" in extension.reason
    acts = await AuditEvent.filter(subject_kind="notice", subject_id=notice.id).order_by("sequence")
    assert [act.action for act in acts] == ["publish", "move_end"]


async def test_a_notice_before_guangxis_feast_waits_for_the_provinces_document() -> None:
    await enter(NEXT_YEAR)
    spring = datetime.fromisoformat("2027-03-01T10:00+08:00")
    short = await make_reward_notice(spring, days=6)
    long = await make_reward_notice(spring, days=15)
    assert (short.ends_at, long.ends_at) == (end_of_day(date(2027, 3, 9)), None)

    await enter(guangxi(2027, [date(2027, 4, 8), date(2027, 4, 9)]), spring)

    assert (await Notice.get(id=long.id)).ends_at == end_of_day(date(2027, 3, 22))


async def test_an_end_moves_later_but_never_earlier() -> None:
    now = datetime.fromisoformat("2026-04-01T09:00+08:00")
    later = await make_notice(day_kind=DayKind.WORKING, by=By(await make_publisher(), now))
    before = later.ends_at
    await enter(guangxi(2026, [date(2026, 4, day) for day in (14, 17, 20)]), now)
    longer = (await Notice.get(id=later.id)).ends_at

    moved = await enter(guangxi(2026, [date(2026, 4, 30)]), now + timedelta(hours=1))

    assert before == end_of_day(date(2026, 4, 27))
    assert longer == end_of_day(date(2026, 4, 28))
    assert moved == []
    assert (await Notice.get(id=later.id)).ends_at == longer


async def test_who_objected_and_the_authority_are_told_of_a_new_end() -> None:
    now = datetime.fromisoformat("2026-12-11T10:00+08:00")
    rechecker, officer = await make_staff(StaffRole.RECHECKER), await make_staff(StaffRole.OFFICER)
    objector = await make_member()
    notice = await make_reward_notice(now, rechecker)
    await objections.object_to(notice.number, reason="金额有误", by=By(objector, now))

    await enter(NEXT_YEAR, now)

    for person in (officer, objector):
        told = texts(await Message.filter(user_id=person.user_id))
        assert sum("重新计算" in text for text in told) == 1
    assert (await Notice.get(id=notice.id)).status is NoticeStatus.OBJECTED


async def test_a_period_that_is_over_is_not_opened_again() -> None:
    now = datetime.fromisoformat("2026-04-01T09:00+08:00")
    notice = await make_notice(by=By(await make_publisher(), now), days=7)
    over = notice.ends_at
    assert over is not None
    days = [over.date() + timedelta(days=n) for n in range(-1, 3)]

    moved = await enter(guangxi(2026, days), over)

    assert moved == []
    assert (await Notice.get(id=notice.id)).ends_at == over


async def test_a_notice_counted_by_an_older_calendar_does_not_clear_too_early() -> None:
    """A year may be confirmed between the loading of a calendar and the publication by it."""
    now = datetime.fromisoformat("2026-04-01T09:00+08:00")
    old = await load_calendar(accepts_provisional=False)
    await enter(guangxi(2026, [date(2026, 4, 14)]), now)
    notice = await make_notice(
        calendar=old, day_kind=DayKind.WORKING, days=9, by=By(await make_publisher(), now)
    )
    ended, calendar = notice.ends_at, await load_calendar(accepts_provisional=False)
    assert ended == end_of_day(date(2026, 4, 15))

    assert await end_notices(ended, calendar) == 0
    known = await Notice.get(id=notice.id)
    assert (known.status, known.ends_at) == (NoticeStatus.OPEN, end_of_day(date(2026, 4, 16)))
    assert await end_notices(end_of_day(date(2026, 4, 16)), calendar) == 1


async def test_an_end_that_could_not_be_told_is_settled_when_a_release_brings_the_year() -> None:
    end = (await make_notice(day_kind=DayKind.WORKING)).ends_at
    notice = await make_notice(day_kind=DayKind.WORKING, calendar=Calendar({}))
    assert notice.ends_at is None
    tomorrow = end_of_day(local_date(notice.published_at))

    await end_notices(tomorrow, Calendar({}))
    assert (await Notice.get(id=notice.id)).ends_at is None
    await end_notices(tomorrow + timedelta(days=1))
    await end_notices(tomorrow + timedelta(days=1))

    assert (await Notice.get(id=notice.id)).ends_at == end
    assert await NoticeExtension.filter(notice_id=notice.id).count() == 1


async def test_the_version_confirmed_last_is_in_force_and_the_others_stay() -> None:
    await enter(guangxi(2026, [date(2026, 4, 16)]), AUTUMN)
    await enter(guangxi(2026, [date(2026, 4, 17)]), AUTUMN + timedelta(hours=1))
    operator = By(await make_staff(StaffRole.OPERATOR), AUTUMN + timedelta(hours=2))
    waiting = await propose_year(guangxi(2026, [date(2026, 4, 18)]), by=operator)

    calendar = await load_calendar(accepts_provisional=False)

    assert calendar.years[2026, GUANGXI].rest_days == {date(2026, 4, 17)}
    assert (await list_versions())[0].id == waiting.id
    assert await HolidayYearVersion.all().count() == 3
    assert await count_undecided() == 1


@pytest.mark.owner
async def test_who_entered_a_year_does_not_confirm_it() -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    version = await propose_year(NEXT_YEAR, by=By(operator, AUTUMN))
    with pytest.raises(Forbidden):
        await confirm_year(version.id, accepts_provisional=False, by=By(operator, AUTUMN))
    approver = await make_staff(StaffRole.APPROVER)
    await connection().execute_query("ALTER TABLE holiday_years DISABLE TRIGGER holiday_years_guard", [])
    await HolidayYearVersion.filter(id=version.id).update(proposed_by_id=approver.user_id)

    for act in (
        confirm_year(version.id, accepts_provisional=False, by=By(approver, AUTUMN)),
        reject_year(version.id, "不对", by=By(approver, AUTUMN)),
    ):
        with pytest.raises(SamePerson):
            await act

    assert (await get_version(version.id)).verdict is None


async def test_a_rejected_year_goes_back_with_its_reason_and_is_entered_anew() -> None:
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    version = await propose_year(NEXT_YEAR, by=By(operator, AUTUMN))
    with pytest.raises(Conflict, match="已有一份待确认"):
        await propose_year(NEXT_YEAR, by=By(operator, AUTUMN))
    with pytest.raises(Invalid):
        await reject_year(version.id, "", by=By(approver, AUTUMN))

    await reject_year(version.id, "除夕应放假", by=By(approver, AUTUMN))

    told = texts(await Message.filter(user_id=operator.user_id))
    assert any("除夕应放假" in text for text in told)
    with pytest.raises(Conflict, match="已经处理过"):
        await confirm_year(version.id, accepts_provisional=False, by=By(approver, AUTUMN))
    again = await propose_year(NEXT_YEAR, by=By(operator, AUTUMN))
    calendar = await load_calendar(accepts_provisional=False)
    assert calendar.years[2027, NATIONAL].standing is Standing.PROVISIONAL
    acts = await AuditEvent.filter(subject_kind="holiday_year").order_by("happened_at", "id")
    assert sorted((act.subject_id == again.id, act.action) for act in acts) == [
        (False, "propose"),
        (False, "reject"),
        (True, "propose"),
    ]


async def test_only_operator_and_approver_enter_and_confirm() -> None:
    version = await propose_year(NEXT_YEAR, by=By(await make_staff(StaffRole.OPERATOR), AUTUMN))

    for role in StaffRole:
        person = await make_staff(role)
        if role is not StaffRole.OPERATOR:
            with pytest.raises(Forbidden):
                await propose_year(guangxi(2027, NEW_YEAR), by=By(person, AUTUMN))
        if role is not StaffRole.APPROVER:
            with pytest.raises(Forbidden):
                await confirm_year(version.id, accepts_provisional=False, by=By(person, AUTUMN))
            with pytest.raises(Forbidden):
                await reject_year(version.id, "不对", by=By(person, AUTUMN))


async def test_a_year_that_is_not_there_is_not_found() -> None:
    approver = By(await make_staff(StaffRole.APPROVER), AUTUMN)

    with pytest.raises(NotFound):
        await get_version(uuid4())
    with pytest.raises(NotFound):
        await confirm_year(uuid4(), accepts_provisional=False, by=approver)


@pytest.mark.parametrize(
    ("field", "year"),
    [
        ("year", HolidayYear(2024, NATIONAL, frozenset(NEW_YEAR), frozenset(), "通知")),
        ("year", HolidayYear(2029, NATIONAL, frozenset(NEW_YEAR), frozenset(), "通知")),
        ("region", HolidayYear(2027, "450100", frozenset(NEW_YEAR), frozenset(), "通知")),
        ("rest_days", HolidayYear(2027, GUANGXI, frozenset(), frozenset(), "通知")),
        ("rest_days", HolidayYear(2027, GUANGXI, frozenset({date(2028, 1, 1)}), frozenset(), "通知")),
        ("rest_days", HolidayYear(2027, GUANGXI, frozenset({date(2026, 11, 30)}), frozenset(), "通知")),
        ("rest_days", HolidayYear(2027, NATIONAL, frozenset(NEW_YEAR), frozenset(), "通知")),
        ("make_up_days", HolidayYear(2027, GUANGXI, frozenset(NEW_YEAR), frozenset(NEW_YEAR), "通知")),
        (
            "make_up_days",
            HolidayYear(2027, GUANGXI, frozenset(NEW_YEAR), frozenset({date(2027, 4, 9)}), "通知"),
        ),
    ],
)
def test_days_that_no_document_can_have_ordered_are_refused(field: str, year: HolidayYear) -> None:
    with pytest.raises(Invalid) as refused:
        require_plausible(year, date(2026, 11, 28))

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 9, 30), []),
        (date(2026, 10, 1), [(2027, NATIONAL)]),
        (date(2026, 12, 31), [(2027, NATIONAL)]),
        (date(2027, 1, 1), [(2027, NATIONAL), (2027, GUANGXI)]),
        (date(2027, 5, 6), [(2027, NATIONAL)]),
    ],
)
async def test_a_year_is_missed_from_october_and_a_provinces_feast_from_january(
    today: date, missing: list[tuple[int, str]]
) -> None:
    assert await missing_years(today) == missing


async def test_a_confirmed_year_is_missed_no_more() -> None:
    await enter(NEXT_YEAR)

    assert await missing_years(date(2026, 12, 1)) == []
    assert await missing_years(date(2027, 2, 1)) == [(2027, GUANGXI)]


@pytest.mark.owner
async def test_the_database_keeps_decided_years_as_they_are() -> None:
    await enter(NEXT_YEAR)
    version = await HolidayYearVersion.get(verdict=Verdict.CONFIRMED)
    attempts = [
        "UPDATE holiday_years SET reason = 'x'",
        "UPDATE holiday_years SET verdict = NULL, decided_at = NULL, decided_by_id = NULL",
        "DELETE FROM holiday_years",
    ]

    for statement in attempts:
        await refused(statement)

    assert (await get_version(version.id)).reason == ""


async def test_the_database_refuses_one_person_alone_and_half_a_decision() -> None:
    version = await propose_year(NEXT_YEAR, by=By(await make_staff(StaffRole.OPERATOR), AUTUMN))
    await make_staff(StaffRole.APPROVER)
    attempts = [
        "UPDATE holiday_years SET rest_days = '[]'",
        "UPDATE holiday_years SET verdict = 'confirmed'",
        "UPDATE holiday_years SET verdict = 'confirmed', decided_at = now(), decided_by_id = proposed_by_id",
        "UPDATE holiday_years SET verdict = 'rejected', decided_at = now(), "
        "decided_by_id = (SELECT id FROM users WHERE staff_role = 'approver' LIMIT 1)",
    ]

    for statement in attempts:
        await refused(statement)

    assert (await get_version(version.id)).verdict is None


async def refused(statement: str) -> None:
    client = connection()
    await client.execute_query("SAVEPOINT attempt", [])
    with pytest.raises((IntegrityError, OperationalError)):
        await client.execute_query(statement, [])
    await client.execute_query("ROLLBACK TO SAVEPOINT attempt", [])
