"""An expert is in the pool when two persons have decided so, and out of it when two have barred them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.actors import Actor, load_actor
from market.accounts.models import Message, StaffRole, User
from market.accounts.permissions import NotYours
from market.accounts.personal_data import _erase, export_data
from market.audit.models import AuditEvent
from market.experts import own_entry, ties, units
from market.experts.admissions import decide_ruling, propose_ruling
from market.experts.applications import ExpertDetails, apply_as_expert, may_apply
from market.experts.checks import two_persons_decided, verified_facts_are_logged, weights_are_whole
from market.experts.models import Expert, ExpertDecision, ExpertTie, ExpertUnit
from market.experts.pool import pool_experts
from market.experts.queries import may_open_resume
from market.experts.states import ExpertKind, ExpertRuling, ExpertStatus, ExpertTieKind, TitleRank
from market.experts.units import Period
from market.files.attachments import StoredBlob
from market.files.models import StoredFile
from market.files.uploads import check_content
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.workflow import ActionNotAllowed
from market.records.by import By
from market.records.checks import statuses_follow_their_history
from market.records.decisions import AlreadyDecided, SamePerson, Verdict
from tests.databases import past_guards, run_as_owner
from tests.factories import NOW, make_member, make_membership, make_organisation, make_staff, make_user
from tests.stage_cache import cached_stage

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
DETAILS = ExpertDetails(
    kind=ExpertKind.FINANCIAL,
    title_rank=TitleRank.ASSOCIATE,
    title="高级会计师",
    fields={"materials": 60, "energy": 40},
    region="450100",
    languages="",
    phone="13900000001",
    capacity=6,
)
PERIODS = (
    Period("南宁正衡会计师事务所", date(2019, 9, 1)),
    Period("桂北税务师事务所", date(2015, 3, 1), date(2019, 8, 31)),
)
LATER = NOW + timedelta(days=3)


def blob() -> StoredBlob:
    return StoredBlob(check_content("简历.pdf", PDF), "0" * 64)


@cached_stage
async def make_office() -> tuple[Actor, Actor]:
    return await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)


@cached_stage
async def apply(person: Actor) -> Expert:
    return await apply_as_expert(DETAILS, PERIODS, blob(), by=By(person, NOW))


async def make_applicant() -> tuple[Actor, Expert]:
    person = await make_person()
    return person, await apply(person)


@cached_stage
async def make_person() -> Actor:
    return await load_actor((await make_user(email="tao@zhengheng.test", name="陶冉冉")).id)


async def rule(
    expert: Expert, ruling: ExpertRuling, *, until: date | None = None, verdict: Verdict = Verdict.CONFIRMED
) -> Expert:
    """Have the operator propose something about an expert and the approver decide."""
    operator, approver = await make_office()
    now = LATER + timedelta(minutes=await ExpertDecision.all().count())
    decision = await propose_ruling(
        expert.number,
        ruling,
        text="查过证书，电话核对了任职。",
        until=until,
        application_at=(await Expert.get(id=expert.id)).applied_at,
        by=By(operator, now),
    )
    return await decide_ruling(decision.id, verdict, reason="请再核对", by=By(approver, now))


async def test_who_applies_is_verified_by_one_confirmed_by_another_and_then_drawn() -> None:
    person, expert = await make_applicant()
    operator, approver = await make_office()
    assert (expert.status, expert.number) == (ExpertStatus.APPLIED, "ZF-2026-000001")
    assert await pool_experts(on=NOW.date()) == []

    decision = await propose_ruling(
        expert.number,
        ExpertRuling.ADMIT,
        text="查过证书。",
        application_at=expert.applied_at,
        by=By(operator, NOW),
    )
    with pytest.raises(Conflict, match="正待批准人决定"):
        await rule(expert, ExpertRuling.REFUSE)
    with pytest.raises(Conflict, match="现在不能修改"):
        await apply_as_expert(DETAILS, PERIODS, None, by=By(person, NOW))
    with pytest.raises(NotYours):
        await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(operator, NOW))
    admitted = await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(approver, LATER))
    with pytest.raises(AlreadyDecided):
        await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(approver, LATER))

    (entry,) = await pool_experts(on=NOW.date())
    assert (entry.name, entry.unit, entry.fields) == ("陶冉冉", "南宁正衡会计师事务所", DETAILS.fields)
    assert (admitted.status, admitted.admitted_at) == (ExpertStatus.IN_POOL, LATER)
    assert await Message.filter(user_id=person.user_id, text__contains="已入专家库").count() == 1
    events = await AuditEvent.filter(subject_id=expert.id).order_by("id")
    assert [event.action for event in events] == ["create", "propose_ruling", "admit"]


async def test_nobody_decides_on_what_they_proposed_on_themselves_or_on_people_of_a_unit_of_theirs() -> None:
    unit = await make_organisation(name="南宁正衡会计师事务所")
    _person, expert = await make_applicant()
    await ExpertUnit.filter(expert_id=expert.id, ended_on=None).delete()
    await units.add_periods(expert, [Period(unit.name, date(2020, 1, 1))])
    operator, approver = await make_office()
    await make_membership(
        approver.user_id, unit, start=NOW - timedelta(days=400), end=NOW - timedelta(days=9)
    )
    both = replace(approver, user_id=operator.user_id)
    decision = await propose_ruling(
        expert.number,
        ExpertRuling.ADMIT,
        text="查过证书。",
        application_at=expert.applied_at,
        by=By(operator, NOW),
    )

    with pytest.raises(SamePerson):
        await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(both, NOW))
    with pytest.raises(Forbidden, match="应当回避"):
        await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(approver, NOW))
    with pytest.raises(Forbidden, match="自己"):
        await decide_ruling(
            decision.id, Verdict.CONFIRMED, by=By(replace(approver, user_id=expert.user_id), NOW)
        )
    with pytest.raises(IntegrityError):
        await run_as_owner(
            "UPDATE expert_decisions SET decided_by_id = proposed_by_id, decided_at = now(), "
            "verdict = 'confirmed'"
        )


async def test_a_refused_application_says_why_and_a_returned_proposal_leaves_it_waiting() -> None:
    person, expert = await make_applicant()

    assert (await rule(expert, ExpertRuling.ADMIT, verdict=Verdict.REJECTED)).status is ExpertStatus.APPLIED
    assert (await rule(expert, ExpertRuling.REFUSE)).status is ExpertStatus.REFUSED
    assert await Message.filter(user_id=person.user_id, text__contains="没有通过：查过证书").count() == 1
    again = await apply_as_expert(DETAILS, PERIODS, None, by=By(person, LATER))

    assert (again.id, again.status) == (expert.id, ExpertStatus.APPLIED)
    assert await ExpertUnit.filter(expert_id=expert.id).count() == 2


async def test_an_application_that_changed_meanwhile_is_not_decided_unseen() -> None:
    person, expert = await make_applicant()
    operator, _approver = await make_office()
    await apply_as_expert(replace(DETAILS, title="正高级会计师"), PERIODS, None, by=By(person, LATER))

    with pytest.raises(Conflict, match="刚被修改过"):
        await propose_ruling(
            expert.number, ExpertRuling.ADMIT, text="查过。", application_at=NOW, by=By(operator, LATER)
        )


AGAINST_THE_RULES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"fields": {}}, "fields_of_work"),
    ({"fields": {"materials": 99}}, "fields_of_work"),
    ({"fields": {"materials": 101, "energy": -1}}, "fields_of_work"),
    ({"fields": {"alchemy": 100}}, "fields_of_work"),
    (
        {
            "fields": dict.fromkeys(("materials", "energy", "urban", "nuclear", "transport"), 16)
            | {"aerospace": 20}
        },
        "fields_of_work",
    ),
    ({"region": "990000"}, "region"),
    ({"phone": "无"}, "phone"),
    ({"capacity": 0}, "capacity"),
    ({"capacity": 61}, "capacity"),
)


async def test_what_an_applicant_tells_keeps_the_rules() -> None:
    person = await make_person()

    for change, field in AGAINST_THE_RULES:
        with pytest.raises(Invalid) as refused:
            await apply_as_expert(replace(DETAILS, **change), PERIODS, blob(), by=By(person, NOW))
        assert refused.value.field == field, change


@pytest.mark.parametrize(
    "periods",
    [
        (),
        (Period("甲", date(2026, 3, 3)),),
        (Period("甲", date(2020, 1, 1), date(2026, 3, 3)),),
        (Period("甲", date(2020, 1, 1), date(2019, 1, 1)),),
        (Period("甲", date(2020, 1, 1)), Period("乙", date(2021, 1, 1))),
    ],
)
async def test_units_are_told_with_possible_dates_and_at_most_one_lasts(periods: tuple[Period, ...]) -> None:
    person = await make_person()

    with pytest.raises(Invalid) as refused:
        await apply_as_expert(DETAILS, periods, blob(), by=By(person, NOW))
    assert refused.value.field == "units"
    with pytest.raises(Invalid, match="简历"):
        await apply_as_expert(DETAILS, PERIODS, None, by=By(person, NOW))


async def test_who_decides_for_the_department_is_no_expert_and_falls_out_of_draws() -> None:
    _person, expert = await make_applicant()
    await rule(expert, ExpertRuling.ADMIT)

    for role in (StaffRole.OFFICER, StaffRole.OPERATOR):
        with pytest.raises(Conflict, match="不能入专家库"):
            await apply_as_expert(DETAILS, PERIODS, blob(), by=By(await make_staff(role), NOW))
    with pytest.raises(NotYours):
        await apply_as_expert(DETAILS, PERIODS, blob(), by=By(await make_staff(StaffRole.AUDITOR), NOW))
    assert len(await pool_experts(on=NOW.date())) == 1
    await run_as_owner("UPDATE users SET staff_role = 'officer' WHERE id = $1", expert.user_id)
    assert await pool_experts(on=NOW.date()) == []


async def test_a_bar_keeps_a_person_out_until_its_last_day_and_two_persons_lift_it() -> None:
    person, expert = await make_applicant()
    await rule(expert, ExpertRuling.ADMIT)
    until = LATER.date() + timedelta(days=365)
    with pytest.raises(Invalid) as refused:
        await rule(expert, ExpertRuling.BAR, until=LATER.date())

    barred = await rule(expert, ExpertRuling.BAR, until=until)

    assert refused.value.field == "until"
    assert (barred.status, barred.barred_until) == (ExpertStatus.BARRED, until)
    assert await two_persons_decided() == []
    with pytest.raises(Conflict, match="期满后可以重新申请"):
        await apply_as_expert(DETAILS, (), None, by=By(person, LATER + timedelta(days=365)))
    after = LATER + timedelta(days=366)
    assert may_apply(barred, after)
    lifted = await rule(expert, ExpertRuling.LIFT)
    assert (lifted.status, lifted.barred_until) == (ExpertStatus.LEFT, None)
    assert (await apply_as_expert(DETAILS, (), None, by=By(person, after))).status is ExpertStatus.APPLIED


async def test_a_bar_without_end_is_for_ever() -> None:
    person, expert = await make_applicant()
    await rule(expert, ExpertRuling.BAR)

    with pytest.raises(Conflict, match="没有期限"):
        await apply_as_expert(DETAILS, PERIODS, None, by=By(person, NOW + timedelta(days=9999)))


async def test_experts_pause_resume_and_leave_and_change_what_nobody_verifies() -> None:
    person, expert = await make_applicant()
    by = By(person, LATER)
    with pytest.raises(ActionNotAllowed):
        await own_entry.pause(by=by)
    await rule(expert, ExpertRuling.ADMIT)

    await own_entry.change_arrangements(phone="0771-5550199", languages="英语", capacity=3, by=by)
    assert (await pool_experts(on=NOW.date()))[0].capacity == 3
    assert (await own_entry.pause(by=by)).status is ExpertStatus.PAUSED
    assert await pool_experts(on=NOW.date()) == []
    assert (await own_entry.resume(by=by)).status is ExpertStatus.IN_POOL
    assert (await own_entry.leave(by=by)).status is ExpertStatus.LEFT
    with pytest.raises(NotFound):
        await own_entry.leave(by=By(await make_member(), NOW))


async def test_a_unit_is_ended_once_before_another_begins() -> None:
    person, expert = await make_applicant()
    by, other = By(person, LATER), Period("桂西大学", date(2026, 3, 1))
    current = await ExpertUnit.get(expert_id=expert.id, ended_on=None)
    with pytest.raises(Invalid, match="先登记"):
        await units.add_unit(other, by=by)
    with pytest.raises(Invalid):
        await units.end_unit(current.id, date(2018, 1, 1), by=by)

    await units.end_unit(current.id, date(2026, 2, 27), by=by)
    await units.add_unit(other, by=by)

    with pytest.raises(Conflict, match="不能再改"):
        await units.end_unit(current.id, date(2026, 2, 28), by=by)
    with pytest.raises(NotFound):
        await units.end_unit(current.id, date(2026, 2, 28), by=By(await make_member(), NOW))


async def test_a_tie_counts_for_three_years_after_its_end_and_what_others_brought_up_stays() -> None:
    person, expert = await make_applicant()
    operator, _approver = await make_office()
    by = By(person, LATER)
    tie = await ties.declare_tie("桂西大学", ExpertTieKind.CO_AUTHOR, is_person=False, note="", by=by)
    with pytest.raises(Invalid, match="已经登记"):
        await ties.declare_tie("桂西大学", ExpertTieKind.CO_AUTHOR, is_person=False, note="", by=by)
    with pytest.raises(Invalid):
        await ties.object_tie(
            expert.number, "甲公司", ExpertTieKind.DISPUTE, is_person=False, note="", by=By(operator, LATER)
        )
    objected = await ties.object_tie(
        expert.number, "甲公司", ExpertTieKind.DISPUTE, is_person=False, note="来函", by=By(operator, LATER)
    )

    ended = await ties.end_tie(tie.id, date(2026, 2, 28), by=by)

    assert ended.valid_until == date(2029, 3, 5)
    with pytest.raises(Conflict):
        await ties.end_tie(tie.id, date(2026, 2, 27), by=by)
    with pytest.raises(NotFound):
        await ties.end_tie(objected.id, date(2026, 2, 28), by=by)


async def test_an_admitted_expert_who_is_erased_leaves_what_panels_rest_on() -> None:
    person, expert = await make_applicant()
    await rule(expert, ExpertRuling.ADMIT)
    await ties.declare_tie(
        "桂西大学", ExpertTieKind.CO_AUTHOR, is_person=False, note="", by=By(person, LATER)
    )
    file = await StoredFile.get(subject_id=expert.id)
    told = (await export_data(person))["expert"]
    assert await may_open_resume(person, file)
    assert not await may_open_resume(await make_member(), file)

    await _erase(await User.get(id=person.user_id), by=By(person, LATER))

    left = await Expert.get(id=expert.id)
    assert (told["number"], told["resume"], len(told["units"]), len(told["decisions"])) == (
        expert.number,
        f"{expert.number}.pdf",
        2,
        1,
    )
    assert (left.status, left.title, left.phone, left.pledge, left.resume_id) == (
        ExpertStatus.LEFT,
        "",
        "",
        "",
        None,
    )
    assert left.kind is ExpertKind.FINANCIAL
    assert await ExpertUnit.filter(expert_id=expert.id).count() == 2
    assert await ExpertTie.filter(expert_id=expert.id).count() == 1
    assert not await may_open_resume((await make_office())[0], file)
    assert await statuses_follow_their_history() == []


async def test_of_who_was_never_admitted_nothing_of_their_past_is_left() -> None:
    person, expert = await make_applicant()

    await _erase(await User.get(id=person.user_id), by=By(person, LATER))

    assert (await Expert.get(id=expert.id)).status is ExpertStatus.LEFT
    assert not await ExpertUnit.exists()


KEPT = (
    "UPDATE experts SET kind = 'legal'",
    """UPDATE experts SET fields_of_work = '{"energy": 100}'""",
    "UPDATE experts SET user_id = id",
    "DELETE FROM experts",
    "UPDATE expert_units SET name = '别的单位'",
    "UPDATE expert_units SET ended_on = '2026-01-01' WHERE ended_on IS NOT NULL",
    "DELETE FROM expert_units",
    "UPDATE expert_decisions SET text = '什么也没查'",
    "DELETE FROM expert_decisions",
)


async def test_the_database_keeps_what_draws_rest_on() -> None:
    _person, expert = await make_applicant()
    await rule(expert, ExpertRuling.ADMIT)

    for statement in KEPT:
        with pytest.raises(IntegrityError):
            await run_as_owner(statement)


async def test_what_was_changed_past_the_database_is_found() -> None:
    _person, expert = await make_applicant()
    await rule(expert, ExpertRuling.ADMIT)
    checks = (two_persons_decided, verified_facts_are_logged, weights_are_whole)
    assert [await check() for check in checks] == [[], [], []]

    await past_guards("""UPDATE experts SET fields_of_work = '{"energy": 90}'""")
    await past_guards("UPDATE expert_decisions SET ruling = 'refuse'")

    assert [len(await check()) for check in checks] == [1, 1, 1]
    assert expert.number in (await weights_are_whole())[0]
    await past_guards("UPDATE experts SET status = 'barred'")
    await past_guards("UPDATE expert_decisions SET ruling = 'bar', until = '2030-01-01'")
    assert len(await two_persons_decided()) == 1
    assert await ExpertDecision.all().count() == 1
