"""The subject of a record sees it, speaks against it, and is answered."""

from __future__ import annotations

from datetime import date

import httpx
import pytest

from market.accounts.models import Organisation, StaffRole
from market.integrity.checks import appeals_are_as_logged
from market.integrity.models import Sanction, SanctionGrade, Scope
from market.integrity.sanction_acts import appeal, file_sanction
from market.integrity.sanction_decisions import propose_ruling
from market.integrity.states import SanctionRuling, SanctionStatus
from market.kit.errors import Conflict, NotFound
from market.records.by import By
from tests.databases import tampered
from tests.factories import NOW, make_member, make_staff
from tests.integrity.sanctions import decide_sanction
from tests.visitor import post, sign_in


async def make_record(uscc: str) -> Sanction:
    return await file_sanction(
        uscc=uscc,
        name="某公司",
        grade=SanctionGrade.GENERAL,
        scopes=[Scope.SUBSIDY],
        decision_number="科监〔2026〕1号",
        source="自治区科技厅",
        basis="提供虚假材料",
        starts_on=date(2026, 1, 1),
        ends_on=None,
        appeal_to="自治区科技厅监督处",
        by=By(await make_staff(StaffRole.OPERATOR), NOW),
    )


async def test_an_upheld_appeal_lifts_the_record_and_a_dismissed_one_may_be_made_again() -> None:
    member = await make_member()
    row = await make_record(str((await Organisation.get(id=member.organisation_id)).uscc))
    operator = await make_staff(StaffRole.OPERATOR)

    await appeal(row.id, text="材料属实，见附件", by=By(member, NOW))
    with pytest.raises(Conflict):
        await appeal(row.id, text="再次", by=By(member, NOW))
    await decide_sanction(row.id, SanctionRuling.DISMISS_APPEAL, text="维持")
    await appeal(row.id, text="新的证据", by=By(member, NOW))
    done = await decide_sanction(row.id, SanctionRuling.UPHOLD_APPEAL, text="证据成立")

    assert (done.status, done.repair_reason) == (SanctionStatus.REPAIRED, "证据成立")
    with pytest.raises(Conflict):
        await propose_ruling(row.id, SanctionRuling.UPHOLD_APPEAL, text="x", by=By(operator, NOW))


async def test_an_appeal_or_answer_that_is_not_what_was_written_is_found() -> None:
    member = await make_member()
    row = await make_record(str((await Organisation.get(id=member.organisation_id)).uscc))
    assert await appeals_are_as_logged() == []
    await appeal(row.id, text="材料属实", by=By(member, NOW))
    assert await appeals_are_as_logged() == []
    await decide_sanction(row.id, SanctionRuling.DISMISS_APPEAL, text="维持")
    assert await appeals_are_as_logged() == []

    for statement in (
        "UPDATE sanctions SET appeal_text = '无话可说'",
        "UPDATE sanctions SET appeal_answer = '同意'",
        "UPDATE sanctions SET appealed_at = appealed_at - interval '1 day'",
    ):
        async with tampered(statement):
            assert await appeals_are_as_logged() == ["失信记录 科监〔2026〕1号 的申诉或答复与日志不同"]


async def test_another_organisation_neither_sees_nor_appeals(client: httpx.AsyncClient) -> None:
    member, rival = await make_member(), await make_member()
    row = await make_record(str((await Organisation.get(id=member.organisation_id)).uscc))

    with pytest.raises(NotFound):
        await appeal(row.id, text="x", by=By(rival, NOW))
    await sign_in(client, rival)
    assert "科监〔2026〕1号" not in (await client.get("/integrity")).text
    await sign_in(client, member)
    page = (await client.get("/integrity")).text
    assert "科监〔2026〕1号" in page
    assert "自治区科技厅监督处" in page
    answer = await post(client, "/integrity", {"sanction": str(row.id), "text": "申诉理由"}, follow=False)
    assert answer.status_code == 303
    assert (await Sanction.get(id=row.id)).appeal_text == "申诉理由"
