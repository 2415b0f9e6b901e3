"""An objection is ruled on by two: the operator proposes, the approver decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.accounts.models import StaffRole
from market.kit.errors import Conflict, Invalid
from market.notices import objections
from market.notices.checks import objections_are_decided_by_two
from market.notices.models import Notice, Objection
from market.notices.rulings import decide_ruling, propose_ruling
from market.notices.states import NoticeStatus, ObjectionStatus
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.databases import tampered
from tests.factories import NOW, make_member, make_staff
from tests.notices.rulings import rule_on
from tests.notices.test_notice_acts import make_notice


async def make_objection() -> Objection:
    notice = await make_notice()
    return await objections.object_to(notice.number, reason="价格偏低", by=By(await make_member(), NOW))


async def test_until_the_approver_decides_the_procedure_stays_suspended() -> None:
    objection = await make_objection()
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)

    await propose_ruling(objection.id, is_upheld=False, text="评估有效", by=By(operator, NOW))

    assert (await Notice.get(id=objection.notice_id)).status is NoticeStatus.OBJECTED
    with pytest.raises(Conflict):
        await propose_ruling(objection.id, is_upheld=True, text="再次", by=By(operator, NOW))
    with pytest.raises(Invalid):
        await decide_ruling(objection.id, Verdict.REJECTED, by=By(approver, NOW))
    await decide_ruling(objection.id, Verdict.REJECTED, reason="理由不足", by=By(approver, NOW))
    assert (await Objection.get(id=objection.id)).status is ObjectionStatus.FILED
    await rule_on(objection.id, is_upheld=False, text="评估有效，附比价表")
    assert (await Notice.get(id=objection.notice_id)).status is NoticeStatus.OPEN


async def test_nobody_rules_alone_nor_on_their_own_objection() -> None:
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    both = replace(operator, roles=operator.roles | approver.roles)
    objection = await make_objection()
    await propose_ruling(objection.id, is_upheld=False, text="评估有效", by=By(both, NOW))
    with pytest.raises(SamePerson):
        await decide_ruling(objection.id, Verdict.CONFIRMED, by=By(both, NOW))

    own = await objections.object_to((await make_notice()).number, reason="一", by=By(operator, NOW))
    with pytest.raises(SamePerson):
        await propose_ruling(own.id, is_upheld=True, text="属实", by=By(operator, NOW))
    theirs = await objections.object_to((await make_notice()).number, reason="一", by=By(approver, NOW))
    await propose_ruling(theirs.id, is_upheld=True, text="属实", by=By(operator, NOW))
    with pytest.raises(SamePerson):
        await decide_ruling(theirs.id, Verdict.CONFIRMED, by=By(approver, NOW))


async def test_a_ruling_changed_by_sql_is_found() -> None:
    objection = await make_objection()
    await rule_on(objection.id, is_upheld=False, text="评估有效")
    assert await objections_are_decided_by_two() == []

    for statement in (
        "UPDATE objections SET status = 'upheld'",
        "UPDATE objections SET decision = '另一个理由'",
        "DELETE FROM objection_rulings",
    ):
        async with tampered(statement):
            (finding,) = await objections_are_decided_by_two()
            assert finding.endswith("有一项异议不是两人裁定的")
