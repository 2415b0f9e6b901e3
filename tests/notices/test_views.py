from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from market.accounts.models import StaffRole
from market.notices import objections
from market.notices.models import Notice, Objection
from market.notices.states import NoticeStatus
from market.records.by import By
from tests.factories import NOW, make_member, make_staff
from tests.malicious_input import MALICIOUS_INPUT
from tests.notices.test_notice_acts import make_notice, make_publisher
from tests.visitor import post, sign_in


async def test_a_guest_reads_the_notices(client: httpx.AsyncClient) -> None:
    notice = await make_notice()

    listed = await client.get("/notices")
    page = await client.get(f"/notices/{notice.number}")

    assert notice.title in listed.text
    assert "还剩 15 天" in listed.text
    assert notice.body_hash in page.text
    assert "高导电铝合金导线" in page.text
    assert "2026-03-17 24:00" in page.text


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("kind=price", True),
        ("kind=subsidy", False),
        ("status=open", True),
        ("status=clear", False),
        ("kind=%00&status=';&page=9999999999", True),
        ("page=2", False),
    ],
)
async def test_the_list_narrows_by_the_address(client: httpx.AsyncClient, query: str, is_found: bool) -> None:
    notice = await make_notice()

    page = await client.get(f"/notices?{query}")

    assert page.status_code == 200
    assert (notice.number in page.text) is is_found


async def test_a_guest_who_wants_to_object_signs_in_first(client: httpx.AsyncClient) -> None:
    notice = await make_notice()

    page = await client.get(f"/notices/{notice.number}/object")

    assert page.status_code == 303
    assert page.headers["location"].startswith("/login")


async def test_an_objection_goes_from_the_page_to_its_decision(client: httpx.AsyncClient) -> None:
    publisher, objector = await make_publisher(), await make_member()
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    notice = await make_notice(publisher)
    await sign_in(client, objector)
    stopped = await post(client, f"/notices/{notice.number}/object", {"reason": "价格偏低"})
    objection = await Objection.get()
    await sign_in(client, publisher)
    answered = await post(client, f"/objections/{objection.id}/answer", {"reply": "评估报告附后"})
    await sign_in(client, operator)
    queue = await client.get("/backoffice/objections")
    form = await client.get(f"/objections/{objection.id}/decide")
    address = f"/objections/{objection.id}/decide"
    proposed = await post(client, address, {"outcome": "dismissed", "text": "评估有效"})
    itself = await post(client, address, {"act": "confirm"}, follow=False)
    unruled = await client.get(f"/notices/{notice.number}")
    await sign_in(client, approver)
    board = await client.get("/dashboard")
    decided = await post(client, address, {"act": "confirm"})
    archive = await client.get("/backoffice/objections?decided=1")
    await sign_in(client, None)
    public = await client.get(f"/notices/{notice.number}")

    assert "异议处理中，程序中止" in stopped.text
    assert "评估报告附后" in answered.text
    assert notice.title in queue.text
    assert objector.name in form.text
    assert "待批准人决定" in proposed.text
    assert itself.status_code == 403
    assert "评估有效" not in unruled.text
    assert "待决定的裁定" in board.text
    assert "评估有效" in decided.text
    assert notice.title in archive.text
    for words in ("价格偏低", "评估报告附后", "评估有效", "异议不成立"):
        assert words in public.text
    assert objector.name not in public.text
    assert (await Notice.get(id=notice.id)).status is NoticeStatus.OPEN


async def test_an_objection_to_one_entry_of_a_list(client: httpx.AsyncClient) -> None:
    entry = uuid4()
    notice = await make_notice(await make_staff(StaffRole.RECHECKER), entries=[(entry, "甲公司")])
    await sign_in(client, await make_member())

    wrong = await post(client, f"/notices/{notice.number}/object", {"reason": "不实", "entry": str(uuid4())})
    page = await post(client, f"/notices/{notice.number}/object", {"reason": "不实", "entry": str(entry)})

    assert wrong.status_code == 422
    assert "针对：甲公司" in page.text
    assert (await Objection.get()).entry_id == entry


async def test_nothing_typed_breaks_a_form(client: httpx.AsyncClient) -> None:
    publisher, operator = await make_publisher(), await make_staff(StaffRole.OPERATOR)
    notice = await make_notice(publisher)
    objection = await objections.object_to(notice.number, reason="一", by=By(await make_member(), NOW))

    for actor, address, fields in [
        (await make_member(), f"/notices/{notice.number}/object", ["reason", "entry"]),
        (publisher, f"/objections/{objection.id}/answer", ["reply"]),
        (operator, f"/objections/{objection.id}/decide", ["outcome", "text"]),
    ]:
        await sign_in(client, actor)
        for kind, typed in MALICIOUS_INPUT.items():
            answer = await post(client, address, dict.fromkeys(fields, typed), follow=False)
            assert answer.status_code in (303, 409, 422), (address, kind, answer.status_code)


async def test_what_was_typed_is_kept(client: httpx.AsyncClient) -> None:
    operator, notice = await make_staff(StaffRole.OPERATOR), await make_notice()
    objection = await objections.object_to(notice.number, reason="一", by=By(await make_member(), NOW))
    await sign_in(client, operator)

    page = await post(client, f"/objections/{objection.id}/decide", {"outcome": "", "text": "写了一半"})

    assert page.status_code == 422
    assert "请选择异议是否成立" in page.text
    assert "写了一半" in page.text


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/objections/{objection}/answer", {"publisher"}),
        ("/objections/{objection}/decide", {"operator", "approver", "auditor"}),
        ("/backoffice/objections", {"operator", "approver", "auditor"}),
    ],
)
async def test_only_those_concerned_reach_an_objection(
    client: httpx.AsyncClient, path: str, allowed: set[str]
) -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)
    objection = await objections.object_to(notice.number, reason="一", by=By(await make_member(), NOW))
    people = {
        "publisher": publisher,
        "operator": await make_staff(StaffRole.OPERATOR),
        "approver": await make_staff(StaffRole.APPROVER),
        "auditor": await make_staff(StaffRole.AUDITOR),
        "officer": await make_staff(StaffRole.OFFICER),
        "other unit": await make_publisher(),
    }

    for name, actor in people.items():
        await sign_in(client, actor)
        answer = await client.get(path.format(objection=objection.id))
        assert answer.status_code == 200 if name in allowed else answer.status_code in (403, 404), name


async def test_a_number_that_is_none_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/notices/GS-2026-999999")).status_code == 404
    assert (await client.get(f"/objections/{uuid4()}/answer")).status_code == 303


@pytest.mark.parametrize("path", ["/notices/%00", "/deals/%00", "/contracts/%00", "/outcomes/a%00b"])
async def test_a_number_that_no_record_can_have_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404
