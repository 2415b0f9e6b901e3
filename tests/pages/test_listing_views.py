"""One outcome and one need with everything around them, and who sees what of it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationKind, StaffRole
from market.deps import Deps
from market.listings.models import Need, Outcome
from market.listings.search import need_document
from market.listings.states import NeedStatus, OutcomeStatus
from market.matching.models import Match
from tests.factories import (
    NOW,
    make_broker,
    make_member,
    make_need,
    make_organisation,
    make_outcome,
    make_staff,
)
from tests.pages.search_index import index_listings
from tests.programmes.factories import make_programmes
from tests.visitor import sign_in

SECRET = "绝密铝业有限公司"


async def make_match(need: Need, outcome: Outcome, **fields: Any) -> Match:
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "score": 760,
        "parts": {"wording": 500, "field": 120, "budget": 140},
        "terms": ["导电率", "导线"],
        "misfits": ["exclusive_not_possible"],
        "scorer_version": "1",
        "need_revision": 1,
        "outcome_revision": 1,
        "computed_at": NOW,
    }
    return await Match.create(need=need, outcome=outcome, **(defaults | fields))


async def organisation_of(actor: Actor) -> Organisation:
    return await Organisation.get(id=actor.organisation_id)


async def test_an_outcome_shows_its_sections_in_order(client: httpx.AsyncClient) -> None:
    outcome = await make_outcome(
        indicators="抗拉强度 318 MPa",
        applications="一条产线",
        economics="三年回本",
        evidence="中试报告",
        conditions="五年",
        references="论文三篇",
        comparison=[
            {"indicator": "导电率", "current": "52.5", "ours": "54.6", "change": "+2.1", "evidence": "报告"}
        ],
        rights=[{"kind": "invention", "number": "201810861934.2", "name": "一种导线", "status": "granted"}],
        team=[{"name": "周一", "title": "教授", "direction": "铝"}],
    )

    page = await client.get(f"/outcomes/{outcome.number}")

    heads = [
        "与现有方案对比",
        "主要技术指标",
        "要解决的问题",
        "技术方案与创新点",
        "应用场景与已有案例",
        "经济性测算",
        "成熟度证据",
        "知识产权",
        "合作条件",
        "团队",
        "论文、奖励、项目来源",
        "问与答",
        "匹配的需求",
        "历史",
    ]
    places = [page.text.index(f"<h2>{head}</h2>") for head in heads]
    assert places == sorted(places)
    index = page.text[page.text.index('aria-label="本页目录"') : places[0]]
    anchors = re.findall(r'href="#(\w+)"', index)
    assert len(anchors) == len(heads) - 1, "matches are listed in the index for those who see them"
    assert all(f'id="{anchor}"' in page.text for anchor in anchors)
    assert "120.00 万元" in page.text
    assert "中试 · TRL 6" in page.text


@pytest.mark.parametrize("status", ["draft", "pending", "returned", "unlisted"])
async def test_what_is_not_public_is_not_there_for_strangers(client: httpx.AsyncClient, status: str) -> None:
    owner = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY))
    outcome = await make_outcome(await organisation_of(owner), status=OutcomeStatus(status))
    need_status = "closed" if status == "unlisted" else status
    need = await make_need(status=NeedStatus(need_status))

    for person in (None, await make_member(), await make_broker()):
        await sign_in(client, person)
        assert (await client.get(f"/outcomes/{outcome.number}")).status_code == 404
        assert (await client.get(f"/needs/{need.number}")).status_code == 404
    await sign_in(client, owner)
    page = await client.get(f"/outcomes/{outcome.number}")
    assert "还没有公开" in page.text


async def test_the_contact_is_shown_to_verified_organisations_only(client: httpx.AsyncClient) -> None:
    outcome = await make_outcome(contact_name="转化办", contact_phone="0771-7654321")
    pending = await make_organisation(status="pending")

    for person, is_shown in (
        (None, False),
        (await make_member(pending), False),
        (await make_member(), True),
        (await make_staff(StaffRole.AUDITOR), True),
    ):
        await sign_in(client, person)
        page = await client.get(f"/outcomes/{outcome.number}")
        assert ("0771-7654321" in page.text) is is_shown
        assert ("实名后可见" in page.text) is not is_shown


async def test_the_estimate_stands_on_the_page_with_clause_and_conditions(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await make_programmes()
    outcome = await make_outcome(price_amount=120_000_000)

    page = await client.get(f"/outcomes/{outcome.number}")

    assert "￥600,000.00" in page.text
    assert "1,200,000.00 × 50%（最高）" in page.text
    assert "以最终审定为准" in page.text
    assert "check--ask" in page.text


async def test_the_estimate_follows_the_typing_and_works_without_scripts(client: httpx.AsyncClient) -> None:
    await make_programmes()
    outcome = await make_outcome()
    address = f"/outcomes/{outcome.number}/estimate?amount=200"

    part = await client.get(address, headers={"hx-request": "true"})
    whole = await client.get(address, follow_redirects=True)

    for page in (part, whole):
        assert "￥1,000,000.00" in page.text
    assert "<html" not in part.text
    assert "<html" in whole.text


@pytest.mark.parametrize("typed", ["很多", "-1", "0", "1e9", "9" * 60, "1.0000001", "NaN", "%00"])
async def test_an_amount_that_is_none_is_refused_in_words(client: httpx.AsyncClient, typed: str) -> None:
    outcome = await make_outcome()

    for suffix in ("", "/estimate"):
        page = await client.get(f"/outcomes/{outcome.number}{suffix}?amount={typed}", follow_redirects=True)
        assert page.status_code == 200
        assert "请填金额" in page.text


async def test_both_sides_see_the_match_and_what_does_not_fit(
    client: httpx.AsyncClient,
) -> None:
    buyer, seller = (
        await make_member(),
        await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY)),
    )
    need = await make_need(await organisation_of(buyer))
    outcome = await make_outcome(await organisation_of(seller))
    match = await make_match(need, outcome)

    for person, address, other in (
        (seller, f"/outcomes/{outcome.number}", need.title),
        (buyer, f"/outcomes/{outcome.number}", need.title),
        (buyer, f"/needs/{need.number}", outcome.title),
        (seller, f"/needs/{need.number}", outcome.title),
    ):
        await sign_in(client, person)
        page = await client.get(address)
        assert other in page.text
        assert "没有写明可以独占" in page.text
        assert f"/matches/{match.id}/dismiss" in page.text


async def test_a_third_party_sees_no_match_and_a_guest_is_told_to_sign_in(client: httpx.AsyncClient) -> None:
    need, outcome = await make_need(title="别家的需求"), await make_outcome()
    await make_match(need, outcome)

    guest = await client.get(f"/outcomes/{outcome.number}")
    await sign_in(client, await make_member())
    third = await client.get(f"/outcomes/{outcome.number}")

    assert "登录后" in guest.text
    assert "别家的需求" not in guest.text + third.text


async def test_a_masked_need_never_tells_whose_it_is(client: httpx.AsyncClient, deps: Deps) -> None:
    owner = await make_organisation(
        name=SECRET, contact_name="绝密人", contact_phone="0771-1112222", region="450103"
    )
    need = await make_need(
        owner,
        is_masked=True,
        deadline_on=date(2026, 3, 20),
        contact_name="绝密人",
        contact_phone="0771-1112222",
        region="450103",
    )
    outcome = await make_outcome()
    await make_match(need, outcome)
    await index_listings(deps, need, outcome)
    seller = await make_member(await Organisation.get(id=outcome.organisation_id))

    for person in (None, await make_member(), await make_broker(), seller):
        await sign_in(client, person)
        for path in (
            "/",
            "/needs",
            f"/needs/{need.number}",
            f"/outcomes/{outcome.number}",
            f"/organisations/{outcome.organisation_id}",
            "/suggest?q=导电率&index=needs",
        ):
            page = await client.get(path)

            assert page.status_code == 200, path
            for secret in (SECRET, "绝密人", "0771-1112222", "青秀", str(owner.id)):
                assert secret not in page.text, path


async def test_the_document_of_a_masked_need_holds_nothing_of_its_owner() -> None:
    owner = await make_organisation(name=SECRET, contact_phone="0771-1112222", region="450103")
    need = await make_need(owner, is_masked=True, contact_name="绝密人", region="450103")

    document = str(need_document(need))

    for private in (SECRET, "绝密人", "0771-1112222", "450103", str(owner.id)):
        assert private not in document


async def test_the_owner_its_broker_and_staff_know_whose_masked_need_it_is(client: httpx.AsyncClient) -> None:
    owner = await make_organisation(name=SECRET)
    need, broker = await make_need(owner, is_masked=True), await make_broker()
    await make_match(need, await make_outcome(), broker_id=broker.user_id, status="assigned", taken_up_at=NOW)

    for person in (await make_member(owner), broker, await make_staff(StaffRole.OPERATOR)):
        await sign_in(client, person)
        assert SECRET in (await client.get(f"/needs/{need.number}")).text


async def test_an_enterprise_is_offered_the_talk_and_the_owner_the_editing(client: httpx.AsyncClient) -> None:
    seller = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY))
    outcome = await make_outcome(await organisation_of(seller))

    for person, has_talk, has_edit in (
        (None, True, False),
        (await make_member(), True, False),
        (seller, False, True),
    ):
        await sign_in(client, person)
        page = await client.get(f"/outcomes/{outcome.number}")
        assert (f"/outcomes/{outcome.number}/interest" in page.text) is has_talk
        assert (f"/my/outcomes/{outcome.number}" in page.text) is has_edit


async def test_a_sold_outcome_stays_readable_but_offers_nothing(client: httpx.AsyncClient) -> None:
    outcome = await make_outcome(status=OutcomeStatus.SOLD)

    page = await client.get(f"/outcomes/{outcome.number}")

    assert "已经转让" in page.text
    assert "/interest" not in page.text


async def test_texts_of_authors_are_shown_as_text(client: httpx.AsyncClient) -> None:
    attack = "<script>alert(1)</script>"
    outcome = await make_outcome(title=attack, problem=attack, keywords=[attack], team=[{"name": attack}])
    need = await make_need(title=attack, targets=[{"indicator": attack}])

    for address in (f"/outcomes/{outcome.number}", f"/needs/{need.number}", "/"):
        assert attack not in (await client.get(address)).text


async def test_an_outcome_of_a_data_source_says_that_nobody_answers_for_it(client: httpx.AsyncClient) -> None:
    source = await make_organisation(kind=OrganisationKind.SOURCE, name="外部数据", uscc=None)
    outcome = await make_outcome(source, source_classification={"source": "测试来源", "licence": "CC-BY-4.0"})

    page = await client.get(f"/outcomes/{outcome.number}")

    assert "持有单位还没有入驻" in page.text
    assert "CC-BY-4.0" in page.text
    assert "/interest" not in page.text
