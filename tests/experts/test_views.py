"""The pages of the pool: applied on one, verified and decided on another, shown to nobody else."""

from __future__ import annotations

import re

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.actors import load_actor
from market.accounts.models import MemberRole, Organisation, StaffRole, User
from market.experts import avoidances
from market.experts.models import AvoidedExpert, Expert, ExpertDecision, ExpertTie, ExpertUnit
from market.experts.states import ExpertKind, ExpertStatus
from market.kit.errors import Conflict, Invalid, NotFound
from market.records.by import By
from tests.databases import run_as_owner
from tests.experts.factories import make_expert
from tests.factories import NOW, make_broker, make_member, make_staff, make_user
from tests.visitor import post, sign_in

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
RESUME = {"file": ("简历.pdf", PDF, "application/pdf")}
APPLICATION = {
    "kind": "financial",
    "title_rank": "associate",
    "title": "高级会计师",
    "fields_of_work-0-code": "materials",
    "fields_of_work-0-weight": "60",
    "fields_of_work-1-code": "energy",
    "fields_of_work-1-weight": "40",
    "units-0-name": "桂西会计师事务所",
    "units-0-began_on": "2019-09-01",
    "region": "451000",
    "languages": "越南语",
    "phone": "13900000001",
    "capacity": "6",
    "pledged": "y",
}


async def test_an_application_goes_from_the_form_over_two_desks_into_the_pool(
    client: httpx.AsyncClient,
) -> None:
    person = await load_actor((await make_user(name="陶冉冉")).id)
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    await sign_in(client, person)
    assert "您还没有申请入专家库" in (await client.get("/my/expert")).text
    wrong = await post(
        client,
        "/experts/apply",
        {**APPLICATION, "fields_of_work-1-code": "materials", "units-0-began_on": ""},
        files=RESUME,
    )
    bare = await post(client, "/experts/apply", APPLICATION, files={})
    done = await post(client, "/experts/apply", APPLICATION, files=RESUME)

    assert wrong.status_code == 422
    assert "同一个领域只填一行" in wrong.text
    assert "请填单位和任职日期" in wrong.text
    assert "请上传简历" in bare.text
    assert "申请已提交" in done.text
    expert = await Expert.get()
    assert (expert.fields_of_work, expert.kind) == ({"materials": 60, "energy": 40}, ExpertKind.FINANCIAL)

    await sign_in(client, operator)
    assert "待核验的专家" in (await client.get("/dashboard")).text
    listed = await client.get(
        "/admin/experts?status=applied&proposed=no&kind=financial&field=energy&region=450000"
    )
    page = await client.get(f"/admin/experts/{expert.number}")
    seen = re.search(r'name="application_at" value="([^"]+)"', page.text)
    assert seen
    proposal = {"act": "propose", "application_at": seen[1], "ruling": "admit"}
    empty = await post(client, f"/admin/experts/{expert.number}", proposal)
    await post(client, f"/admin/experts/{expert.number}", {**proposal, "text": "证书查过"})
    assert ("陶冉冉" in listed.text, empty.status_code) == (True, 422)
    decision = await ExpertDecision.get()
    answer = {"act": "agree", "decision": str(decision.id)}
    own = await client.get(f"/admin/experts/{expert.number}")
    assert 'value="agree"' not in own.text
    assert (await post(client, f"/admin/experts/{expert.number}", answer)).status_code == 403

    await sign_in(client, approver)
    assert "待决定的专家" in (await client.get("/dashboard")).text
    assert "陶冉冉" in (await client.get("/admin/experts?proposed=yes&text=桂西")).text
    assert "已决定" in (await post(client, f"/admin/experts/{expert.number}", answer)).text
    await sign_in(client, person)
    assert "您在专家库中" in (await client.get("/my/expert")).text
    assert (await Expert.get()).status is ExpertStatus.IN_POOL


async def test_experts_keep_their_own_entry_on_one_page(client: httpx.AsyncClient) -> None:
    person = await load_actor((await make_user()).id)
    expert = await make_expert(await User.get(id=person.user_id), unit="桂西会计师事务所")
    unit = await ExpertUnit.get()
    await sign_in(client, person)

    assert (
        await post(client, "/my/expert", {"act": "arrangements", "phone": "无", "capacity": "3"})
    ).status_code == 422
    assert (await post(client, "/my/expert", {"act": "end_unit", "record": str(unit.id)})).status_code == 422
    assert (await post(client, "/my/expert", {"act": "dance"})).status_code == 404
    for form in (
        {"act": "arrangements", "phone": "13900000002", "capacity": "3", "languages": ""},
        {"act": "end_unit", "record": str(unit.id), "ended_on": "2026-02-27"},
        {"act": "unit", "unit_name": "桂西大学", "unit_began_on": "2026-03-01"},
        {"act": "tie", "name": "甲公司", "tie_kind": "adviser_pay", "note": "顾问"},
        {"act": "pause"},
    ):
        answer = await post(client, "/my/expert", form, follow=False)
        assert answer.status_code == 303, form
    tie = await ExpertTie.get()
    await post(client, "/my/expert", {"act": "end_tie", "record": str(tie.id), "ended_on": "2026-02-27"})

    page = (await client.get("/my/expert")).text
    assert "回避至 2029-03-02" in page
    assert "恢复参评" in page
    changed = await Expert.get(id=expert.id)
    assert (changed.status, changed.capacity) == (ExpertStatus.PAUSED, 3)


async def test_the_pool_is_shown_to_the_office_alone(client: httpx.AsyncClient) -> None:
    expert = await make_expert()
    pages = ("/admin/experts", f"/admin/experts/{expert.number}")
    for role in StaffRole:
        await sign_in(client, await make_staff(role))
        may_see = role in (StaffRole.OPERATOR, StaffRole.APPROVER, StaffRole.AUDITOR)
        assert {(await client.get(page)).status_code for page in pages} == {200 if may_see else 403}
    for actor in (await make_member(), await make_broker()):
        await sign_in(client, actor)
        assert {(await client.get(page)).status_code for page in pages} == {403}
    await sign_in(client, None)
    assert {(await client.get(page)).status_code for page in pages} == {303}
    await sign_in(client, await make_staff(StaffRole.OFFICER))
    assert "不能入专家库" in (await client.get("/experts/apply")).text
    assert "不能入专家库" in (await client.get("/my/expert")).text


async def test_an_applicant_names_three_people_to_avoid_and_is_not_told_who_is_in_the_pool(
    client: httpx.AsyncClient,
) -> None:
    applicant = await make_member()
    by, reason = By(applicant, NOW), "与我单位有合同纠纷，正在诉讼"
    await sign_in(client, applicant)
    short = await post(client, "/my/avoided-experts", {"name": "韦国栋", "reason": "有纠纷"})
    done = await post(
        client, "/my/avoided-experts", {"name": "韦国栋", "unit_name": "桂北大学", "reason": reason}
    )
    with pytest.raises(Conflict, match="已经申请过"):
        await avoidances.avoid_expert("韦国栋", "桂北大学", reason, by=by)
    for name in ("甲", "乙"):
        await avoidances.avoid_expert(name, "", reason, by=by)
    with pytest.raises(Conflict, match="最多申请 3 位"):
        await avoidances.avoid_expert("丙", "", reason, by=by)
    with pytest.raises(Invalid):
        await avoidances.avoid_expert("", "", reason, by=by)
    full = await client.get("/my/avoided-experts")
    first = await AvoidedExpert.get(place=1)
    await post(client, "/my/avoided-experts", {"act": "withdraw", "record": str(first.id)})
    with pytest.raises(NotFound):
        await avoidances.withdraw_avoidance(first.id, by=by)
    again = await avoidances.avoid_expert("丙", "", reason, by=by)

    assert "至少 10 个字" in short.text
    assert "抽取专家时据此回避" in done.text
    assert 'name="reason"' not in full.text
    assert again.place == 1
    organisation_id = (await Organisation.get(id=applicant.organisation_id)).id
    assert [row.name for row in await avoidances.list_avoided(organisation_id)] == ["丙", "甲", "乙"]
    treasurer = await make_member(await Organisation.get(id=organisation_id), MemberRole.FINANCE)
    await sign_in(client, treasurer)
    assert (await client.get("/my/avoided-experts")).status_code == 403
    with pytest.raises(IntegrityError):
        await run_as_owner("UPDATE avoided_experts SET withdrawn_at = NULL")
    with pytest.raises(IntegrityError):
        await run_as_owner("DELETE FROM avoided_experts")
