"""A listing that says nearly the same as another is shown to its author and to the reviewer."""

from __future__ import annotations

import httpx

from market.accounts.models import MemberRole, Organisation, StaffRole
from market.deps import Deps
from market.listings.models import Need
from market.listings.states import NeedStatus
from tests.factories import make_member, make_need, make_organisation, make_staff
from tests.listings.forms import need_form
from tests.pages.search_index import index_listings
from tests.visitor import post, sign_in

DESCRIPTION = (
    "现有导线的导电率只有 52.5 %IACS，要求达到 54 %IACS 以上，抗拉强度不低于 310 MPa，"
    "长期运行温度 150 ℃，希望提供合金成分、在线淬火工艺和检测方法，三个月内完成小试。"
)


async def test_a_need_posted_twice_is_shown_before_it_is_submitted_and_can_be_submitted_all_the_same(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    other = await make_need(title="提高架空导线导电率", description=DESCRIPTION, number="XQ-2025-000009")
    await index_listings(deps, other)
    author = await make_member(await make_organisation(kind="enterprise"), MemberRole.AGENT)
    await sign_in(client, author)
    typed = need_form(title="提高架空導線的导电率", description=DESCRIPTION + "价格面议。", act="submit")

    shown = await post(client, "/my/needs/new", typed)

    assert shown.status_code == 422
    assert f"/needs/{other.number}" in shown.text
    assert "仍然提交" in shown.text
    assert "价格面议。" in shown.text
    assert not await Need.filter(organisation_id=author.organisation_id).exists()

    done = await post(client, "/my/needs/new", {**typed, "alike": "seen"})
    mine = await Need.get(organisation_id=author.organisation_id)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    judged = await client.get(f"/backoffice/listings/need/{mine.number}")

    assert "已提交审核" in done.text
    assert f"/needs/{other.number}" in judged.text
    assert "几乎相同的其他信息" in judged.text


async def test_a_draft_is_compared_with_the_organisations_own_when_it_is_handed_in(
    client: httpx.AsyncClient,
) -> None:
    author = await make_member(await make_organisation(kind="enterprise"), MemberRole.AGENT)
    own = await Organisation.get(id=author.organisation_id)
    await sign_in(client, author)
    await post(client, "/my/needs/new", need_form(description=DESCRIPTION, act="save"))
    draft = await Need.get(organisation_id=own.id)
    await make_need(
        own, title=draft.title, description=DESCRIPTION, status=NeedStatus.CLOSED, number="XQ-2025-000009"
    )

    shown = await post(client, f"/my/needs/{draft.number}/submit")

    assert shown.status_code == 422
    assert "已有几乎相同的信息" in shown.text
