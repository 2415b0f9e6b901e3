"""A broker enters for a firm with its letter; the firm is told at once and stays master of the entry."""

from __future__ import annotations

import httpx

from market.accounts.models import Message, Organisation, OrganisationKind
from market.files.models import StoredFile
from market.surveys.models import SurveyEntry
from market.surveys.states import EntryStatus
from tests.factories import make_broker, make_member, make_organisation
from tests.surveys.factories import make_call, submit
from tests.surveys.test_pages import NEED
from tests.visitor import post, sign_in

LETTER = {"file": ("委托书.pdf", b"%PDF-1.7\nx", "application/pdf")}


async def test_a_broker_enters_with_a_mandate_and_the_firm_sees_it_and_may_withdraw_it(
    client: httpx.AsyncClient,
) -> None:
    call = await make_call()
    firm = await Organisation.get(id=call.firms[0].organisation_id)
    university = await make_organisation(kind=OrganisationKind.UNIVERSITY)
    broker = await make_broker()
    page = f"/surveys/{call.number}/mandate"
    await sign_in(client, broker)
    assert "受托填报" in (await client.get(f"/surveys/{call.number}")).text
    for code, words in ((university.uscc, "已认证企业"), ("", "统一社会信用代码"), (firm.uscc, "请选择文件")):
        refused = await post(client, page, {"uscc": code or ""}, files=LETTER if code != firm.uscc else None)
        assert (refused.status_code, words in refused.text) == (422, True)
    begun = await post(client, page, {"uscc": firm.uscc or ""}, files=LETTER)
    entry = await SurveyEntry.get()
    letter = await StoredFile.get(subject_id=entry.id)

    assert (entry.organisation_id, entry.created_by_id, entry.status) == (
        *(firm.id, broker.user_id, EntryStatus.DRAFT),
    )
    assert "委托书.pdf" in begun.text
    told = await Message.get(user_id=call.firms[0].user_id)
    assert "持委托书代贵单位填报" in told.text
    whole = {**NEED, "act": "submit", "secrecy_declared": "y"}
    assert f"编号 {call.number}-0001" in (await post(client, str(begun.url.path), whole)).text
    assert "提高架空导线导电率" in (await client.get("/my/surveys")).text
    again = await post(client, page, {"uscc": firm.uscc or ""}, files=LETTER)
    assert (again.status_code, "填报已满" in again.text) == (422, True)

    for reader, status in (
        *((call.firms[0], 200), (call.operator, 200), (broker, 200)),
        *((call.firms[1], 404), (await make_broker(), 404)),
    ):
        await sign_in(client, reader)
        assert (await client.get(told.address)).status_code == status
        assert (await client.get(f"/files/{letter.id}")).status_code == status
    await sign_in(client, call.firms[0])
    assert "持委托书代 " in (await client.get("/my/surveys")).text
    assert "已撤销" in (await post(client, f"{told.address}/withdraw")).text
    await sign_in(client, await make_member(firm))
    assert (await client.get(page)).status_code == 403
    assert (await submit(call, 0)).running == 2
