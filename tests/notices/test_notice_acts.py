from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, OrganisationKind, StaffRole
from market.audit.models import AuditEvent
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.notices import notice_acts, objections, queries
from market.notices.models import DayKind, Notice, NoticeKind
from market.notices.notice_acts import NotClear
from market.notices.recalculated_ends import END as ENDS
from market.notices.rulings import propose_ruling
from market.notices.states import NoticeStatus, ObjectionStatus
from market.records.by import By
from market.records.models import Moment
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_staff
from tests.moments import end_notices
from tests.notices.rulings import rule_on

BODY = [["成果名称", "高导电铝合金导线"], ["拟交易价格", "￥1,150,000.00"]]
END = NOW + timedelta(days=16)


async def make_publisher() -> Actor:
    return await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY), MemberRole.AGENT)


async def make_notice(
    publisher: Actor | None = None,
    subject_id: UUID | None = None,
    entries: Any = (),
    now: datetime = NOW,
    **fields: Any,
) -> Notice:
    defaults = {
        "subject_kind": "deal",
        "subject_id": subject_id or uuid4(),
        "title": "协议定价公示",
        "body": BODY,
        "days": 15,
        "day_kind": DayKind.CALENDAR,
        "calendar": HOLIDAYS,
        "by": By(publisher or await make_publisher(), now),
        "entries": entries,
    }
    return await notice_acts.publish(NoticeKind.PRICE, **(defaults | fields))


def ended(notice: Notice) -> datetime:
    assert notice.ends_at
    return notice.ends_at


async def test_anybody_can_compute_the_hash_again() -> None:
    notice = await make_notice()

    text = json.dumps(
        {"body": notice.body, "title": notice.title},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    assert notice.body_hash == hashlib.sha256(text.encode()).hexdigest()
    assert notice.number.startswith("GS-2026-")


async def test_one_notice_of_a_record_runs_at_a_time() -> None:
    publisher, subject = await make_publisher(), uuid4()
    await make_notice(publisher, subject)

    with pytest.raises(Conflict):
        await make_notice(publisher, subject)


async def test_after_its_last_day_a_notice_is_clear() -> None:
    notice = await make_notice()
    ends_at = ended(notice)

    before = await end_notices(ends_at - timedelta(seconds=1))
    after = await end_notices(ends_at)
    again = await end_notices(ends_at)

    assert (before, after, again) == (0, 1, 0)
    assert (await Notice.get(id=notice.id)).status is NoticeStatus.CLEAR
    await notice_acts.require_clear("deal", notice.subject_id)


async def test_an_objection_stops_what_depends_on_the_notice() -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)

    await objections.object_to(notice.number, reason="价格偏低", by=By(await make_member(), NOW))

    assert await end_notices(END) == 0
    with pytest.raises(NotClear, match="异议处理中"):
        await notice_acts.require_clear("deal", notice.subject_id)
    assert await Message.filter(user_id=publisher.user_id).exists()


async def test_a_dismissed_objection_lets_the_notice_run_on_and_its_period_stays() -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)
    objection = await objections.object_to(notice.number, reason="价格偏低", by=By(await make_member(), NOW))
    await objections.answer(objection.id, "评估报告附后", by=By(publisher, NOW))

    await rule_on(objection.id, is_upheld=False, text="评估有效")

    found = await Notice.get(id=notice.id)
    assert (found.status, found.ends_at) == (NoticeStatus.OPEN, notice.ends_at)
    assert await end_notices(END) == 1


async def test_a_notice_whose_period_ran_out_during_an_objection_is_clear_when_it_is_dismissed() -> None:
    notice = await make_notice()
    objection = await objections.object_to(notice.number, reason="价格偏低", by=By(await make_member(), NOW))
    assert await end_notices(END) == 0
    late = END + timedelta(days=3)

    await rule_on(objection.id, is_upheld=False, text="评估有效", now=late)

    assert await end_notices(late) == 1
    assert (await Notice.get(id=notice.id)).status is NoticeStatus.CLEAR


async def test_nothing_falls_due_for_a_notice_that_was_replaced_withdrawn_or_upheld_against() -> None:
    publisher = await make_publisher()
    replaced, upheld, withdrawn = [await make_notice(publisher, uuid4()) for _ in range(3)]
    objection = await objections.object_to(upheld.number, reason="关联交易", by=By(await make_member(), NOW))
    assert await Moment.filter(act=ENDS).count() == 3

    await rule_on(objection.id, is_upheld=True, text="属实")
    await notice_acts.withdraw("deal", withdrawn.subject_id, by=By(publisher, NOW))
    await make_notice(publisher, replaced.subject_id, change_reason="价格写错")

    assert await Moment.get(act=ENDS) is not None
    assert not await Moment.filter(subject_id__in=[replaced.id, upheld.id, withdrawn.id]).exists()


async def test_an_upheld_objection_ends_the_notice() -> None:
    notice = await make_notice()
    objection = await objections.object_to(notice.number, reason="关联交易", by=By(await make_member(), NOW))

    await rule_on(objection.id, is_upheld=True, text="属实")

    assert (await Notice.get(id=notice.id)).status is NoticeStatus.UPHELD
    with pytest.raises(NotClear, match="异议成立"):
        await notice_acts.require_clear("deal", notice.subject_id)


async def test_an_objection_upheld_against_one_entry_takes_only_that_out() -> None:
    entry, other = uuid4(), uuid4()
    notice = await make_notice(entries=[(entry, "甲公司"), (other, "乙公司")])
    objection = await objections.object_to(
        notice.number, reason="材料不实", entry_id=entry, by=By(await make_member(), NOW)
    )

    await rule_on(objection.id, is_upheld=True, text="属实")

    assert (await Notice.get(id=notice.id)).status is NoticeStatus.OPEN
    assert await queries.upheld_entries(notice.id) == {entry}
    assert await end_notices(END) == 1


async def test_all_objections_must_be_decided() -> None:
    notice = await make_notice()
    first, second = [
        await objections.object_to(notice.number, reason="一", by=By(await make_member(), NOW))
        for _n in range(2)
    ]
    await rule_on(first.id, is_upheld=False, text="不成立")
    middle = (await Notice.get(id=notice.id)).status

    await rule_on(second.id, is_upheld=False, text="不成立")

    assert middle is NoticeStatus.OBJECTED
    assert (await Notice.get(id=notice.id)).status is NoticeStatus.OPEN


async def test_the_same_objection_twice_is_refused() -> None:
    notice, person = await make_notice(), await make_member()
    await objections.object_to(notice.number, reason="一", by=By(person, NOW))

    with pytest.raises(Conflict):
        await objections.object_to(notice.number, reason="二", by=By(person, NOW))


async def test_after_the_period_nobody_objects_even_if_nobody_swept() -> None:
    notice, person = await make_notice(), await make_member()

    with pytest.raises(Conflict, match="公示期已满"):
        await objections.object_to(notice.number, reason="晚了", by=By(person, ended(notice)))


async def test_an_objection_names_an_entry_of_the_notice() -> None:
    notice, person = await make_notice(), await make_member()

    with pytest.raises(Invalid) as refused:
        await objections.object_to(notice.number, reason="一", entry_id=uuid4(), by=By(person, NOW))

    assert refused.value.field == "entry"


async def test_only_the_unit_of_the_notice_answers_and_only_the_operator_proposes_a_ruling() -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)
    objection = await objections.object_to(notice.number, reason="一", by=By(await make_member(), NOW))

    with pytest.raises(NotFound):
        await objections.answer(objection.id, "我来答", by=By(await make_publisher(), NOW))
    with pytest.raises(NotFound):
        await objections.answer(objection.id, "我来答", by=By(await make_staff(StaffRole.OFFICER), NOW))
    with pytest.raises(Forbidden):
        await propose_ruling(objection.id, is_upheld=False, text="不", by=By(publisher, NOW))


async def test_the_authoritys_officers_answer_for_its_own_notices() -> None:
    officer = await make_staff(StaffRole.OFFICER)
    notice = await make_notice(await make_staff(StaffRole.RECHECKER))
    objection = await objections.object_to(notice.number, reason="一", by=By(await make_member(), NOW))

    answered = await objections.answer(objection.id, "依据第四条", by=By(officer, NOW))

    assert answered.status is ObjectionStatus.ANSWERED


async def test_a_decision_is_made_once() -> None:
    notice = await make_notice()
    objection = await objections.object_to(notice.number, reason="一", by=By(await make_member(), NOW))
    await rule_on(objection.id, is_upheld=False, text="不成立")

    with pytest.raises(Conflict):
        await rule_on(objection.id, is_upheld=True, text="成立")


async def test_without_a_notice_nothing_is_clear() -> None:
    with pytest.raises(NotClear, match="还没有公示"):
        await notice_acts.require_clear("deal", uuid4())


async def test_before_its_end_a_notice_is_not_clear() -> None:
    notice = await make_notice()

    with pytest.raises(NotClear, match="公示期还没有满"):
        await notice_acts.require_clear("deal", notice.subject_id)


async def test_a_notice_in_working_days_past_the_holiday_table_cannot_clear() -> None:
    late = NOW.replace(month=12, day=28)

    notice = await make_notice(now=late, day_kind=DayKind.WORKING)

    assert notice.ends_at is None
    assert await end_notices(late + timedelta(days=400)) == 0


async def test_every_act_on_a_notice_is_in_the_audit_log() -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)
    objection = await objections.object_to(notice.number, reason="一", by=By(await make_member(), NOW))
    await objections.answer(objection.id, "答", by=By(publisher, NOW))
    await rule_on(objection.id, is_upheld=False, text="不成立")
    await end_notices(END)

    of_notice = AuditEvent.filter(subject_kind="notice", subject_id=notice.id).order_by("sequence")
    of_objection = AuditEvent.filter(subject_kind="objection").order_by("sequence")
    assert [each.action for each in await of_notice] == ["publish", "object", "resume", "clear"]
    assert [each.action for each in await of_objection] == ["file", "answer", "propose_ruling", "dismiss"]
