"""The pages of deals."""

from __future__ import annotations

from itertools import product

import httpx
import pytest

from market.accounts.models import MemberRole, Membership, StaffRole
from market.deals.models import Deal
from market.deals.openings import open_interest
from market.deals.states import DealStatus
from market.files.models import StoredFile
from market.kit.worklist import Turn
from market.matching.models import Match
from market.notices import objections
from market.notices.models import Notice
from market.pages.deal_worklist import deals_worklist
from market.records.by import By
from tests.deals.factories import (
    make_agreed,
    make_match,
    make_offered,
    make_parties,
    make_priced,
    make_published,
    make_to_sign,
)
from tests.factories import NOW, make_broker, make_member, make_staff
from tests.malicious_input import MALICIOUS_INPUT
from tests.visitor import post, sign_in

PUBLICITY = {
    "holder": "桂南大学",
    "basis": "第三方评估",
    "is_related": "no",
    "relation": "",
    "channel": "转化办 0771-5550101",
}


async def test_a_buyer_asks_about_an_outcome_and_lands_in_the_deal_room(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    await sign_in(client, parties.buyer)

    page = await post(client, f"/outcomes/{parties.outcome.number}/interest", {"note": "想用在新产线"})

    assert page.status_code == 200
    assert page.url.path.startswith("/deals/JY-2026-")
    assert "想用在新产线" in page.text
    assert "由转让方办理" in page.text


async def test_the_seller_agrees_and_both_see_contacts(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await open_interest(parties.outcome.number, "想用", by=By(parties.buyer, NOW))
    await sign_in(client, parties.seller)
    before = await client.get(f"/deals/{deal.number}")

    after = await post(client, f"/deals/{deal.number}/agree")

    assert "0771-5558888" not in before.text
    assert "0771-5558888" in after.text


async def test_a_seller_answers_a_masked_need_without_learning_whose_it_is(client: httpx.AsyncClient) -> None:
    parties = await make_parties(is_masked=True)
    await sign_in(client, parties.seller)

    page = await post(
        client,
        f"/needs/{parties.need.number}/respond",
        {"outcome": parties.outcome.number, "note": "我们能做到"},
    )

    assert page.url.path.startswith("/deals/")
    assert "某企业" in page.text
    for secret in ("南南线缆", "陈工", "0771-5558888", str(parties.enterprise.id), parties.buyer.name):
        assert secret not in page.text
    listed = await client.get("/deals")
    assert "南南线缆" not in listed.text
    deal = await Deal.get()
    await sign_in(client, parties.buyer)
    await post(client, f"/deals/{deal.number}/agree")
    await sign_in(client, parties.seller)
    assert "南南线缆" in (await client.get(f"/deals/{deal.number}")).text


async def test_a_broker_registers_an_introduction(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(is_masked=True), await make_broker()
    match = await make_match(parties, broker)
    await sign_in(client, broker)
    form = await client.get(f"/matches/{match.id}/introduce")

    note = {"commission": "3", "note": "指标吻合"}
    undecided = await post(client, f"/matches/{match.id}/introduce", note)

    page = await post(client, f"/matches/{match.id}/introduce", {**note, "payer": "seller"})

    assert (undecided.status_code, "请选择佣金由谁承担" in undecided.text) == (422, True)
    assert 'data-base="1200000.00"' in form.text
    assert "约定佣金 3%" in page.text
    assert "≈ ￥36,000.00（按 120.00 万元）" in page.text
    assert broker.name in page.text


@pytest.mark.parametrize(
    ("came_from", "goes_back"),
    [("http://market.test/matches?view=all", True), ("https://elsewhere.test/matches", False)],
)
async def test_a_conflict_without_a_page_of_its_own_leads_back_to_ours_on_which_it_began(
    client: httpx.AsyncClient, came_from: str, goes_back: bool
) -> None:
    match = await make_match(await make_parties(), await make_broker())
    await sign_in(client, await make_broker())
    client.headers["referer"] = came_from

    page = await post(client, f"/matches/{match.id}/take-up")

    assert page.status_code == 409
    assert ('href="/matches?view=all">回到刚才的页面' in page.text) is goes_back
    assert ("回到刚才的页面" in page.text) is goes_back


async def test_the_seller_previews_and_publishes(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_priced(parties)
    await sign_in(client, parties.seller)
    form = await client.get(f"/deals/{deal.number}/publish")

    preview = await post(client, f"/deals/{deal.number}/publish", PUBLICITY | {"act": "preview"})
    assert not await Notice.exists()
    done = await post(client, f"/deals/{deal.number}/publish", PUBLICITY | {"act": "publish"})

    assert form.status_code == preview.status_code == 200
    assert "没有关联关系" in preview.text
    assert "第十八条" in form.text
    notice = await Notice.get()
    assert notice.number in done.text
    public = await client.get(f"/notices/{notice.number}")
    assert "￥1,150,000.00" in public.text


async def test_a_preview_can_be_changed_before_it_is_published(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_priced(parties)
    await sign_in(client, parties.seller)

    page = await post(client, f"/deals/{deal.number}/publish", PUBLICITY | {"act": "edit"})

    assert page.status_code == 200
    assert not await Notice.exists()


async def test_where_no_publicity_is_needed_one_button_goes_on(client: httpx.AsyncClient) -> None:
    parties = await make_parties(kind="enterprise")
    deal = await make_priced(parties)
    await sign_in(client, parties.seller)
    room = await client.get(f"/deals/{deal.number}")

    page = await post(client, f"/deals/{deal.number}/skip-publicity")

    assert "记录理由，进入签约" in room.text
    assert "依法无需公示" in page.text
    assert (await Deal.get(id=deal.id)).status is DealStatus.TO_SIGN


async def test_an_open_objection_shows_as_a_stop(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_published(parties)
    notice = await Notice.get(subject_id=deal.id)
    await objections.object_to(notice.number, reason="价格偏低", by=By(await make_member(), NOW))
    await sign_in(client, parties.buyer)

    page = await client.get(f"/deals/{deal.number}")

    assert "异议处理中，程序中止" in page.text


async def test_a_deal_is_ended_with_a_reason(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await sign_in(client, parties.buyer)

    page = await post(client, f"/deals/{deal.number}/terminate", {"reason": "funds", "comment": "预算调整"})

    assert "预算调整" in page.text
    assert "资金" in page.text


async def test_a_file_is_handed_in_and_opened_by_the_other_side_only(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await sign_in(client, parties.buyer)
    await post(
        client,
        f"/deals/{deal.number}/files",
        {"kind": "draft"},
        files={"file": ("合同草稿.pdf", b"%PDF-1.7\nx", "application/pdf")},
    )
    file = await StoredFile.get()
    await sign_in(client, parties.seller)
    got = await client.get(f"/files/{file.id}")
    room = await client.get(f"/deals/{deal.number}")
    await sign_in(client, await make_member())
    hidden = await client.get(f"/files/{file.id}")

    assert got.content == b"%PDF-1.7\nx"
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "1 次" in room.text
    assert hidden.status_code == 404


async def test_the_list_narrows_by_what_waits(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, _offer = await make_offered(parties)
    await sign_in(client, parties.seller)

    waiting = await client.get("/deals?todo=answer")
    nothing = await client.get("/deals?todo=publish")
    nonsense = await client.get("/deals?todo=%27&status=%3B&page=-1")

    assert deal.number in waiting.text
    assert "待您方办理" in waiting.text
    assert deal.number not in nothing.text
    assert nonsense.status_code == 200


async def test_an_empty_list_says_where_to_begin(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_member())

    page = await client.get("/deals")

    assert "意向洽谈" in page.text


async def test_every_status_has_its_page(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    broker = await make_broker()
    deal = await make_to_sign(parties)
    await Deal.filter(id=deal.id).update(broker_id=broker.user_id)

    for status in DealStatus:
        await Deal.filter(id=deal.id).update(status=status, end_reason="price")
        for actor in (parties.seller, parties.buyer, broker, await make_staff(StaffRole.AUDITOR)):
            await sign_in(client, actor)
            page = await client.get(f"/deals/{deal.number}")
            assert page.status_code == 200, (status, page.text[:300])
            assert "None" not in page.text
            assert page.text.count("btn--act") <= 1
        assert (await client.get("/deals")).status_code == 200, status


async def test_only_those_of_the_deal_see_its_room(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_agreed(parties)
    await Deal.filter(id=deal.id).update(broker_id=broker.user_id)
    former = await make_member(parties.enterprise, MemberRole.AGENT)
    await Membership.filter(user_id=former.user_id).update(ended_at=NOW)
    people = {
        "seller": parties.seller,
        "finance": parties.seller_finance,
        "buyer": parties.buyer,
        "broker": broker,
        "auditor": await make_staff(StaffRole.AUDITOR),
        "operator": await make_staff(StaffRole.OPERATOR),
        "other broker": await make_broker(),
        "stranger": await make_member(),
        "former": former,
        "guest": None,
    }

    for name, actor in people.items():
        await sign_in(client, actor)
        answer = await client.get(f"/deals/{deal.number}")
        if name in ("seller", "finance", "buyer", "broker", "auditor"):
            assert answer.status_code == 200, (name, answer.status_code)
        elif name == "guest":
            assert answer.status_code in (303, 401), answer.status_code
        else:
            assert answer.status_code == 404, (name, answer.status_code)


async def test_nothing_typed_breaks_a_form(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_agreed(parties)
    match = await make_match(parties, broker)
    free = await make_parties()
    forms = [
        (parties.buyer, f"/outcomes/{free.outcome.number}/interest", ["note"]),
        (free.seller, f"/needs/{parties.need.number}/respond", ["outcome", "note"]),
        (broker, f"/matches/{match.id}/introduce", ["commission", "note"]),
        (
            parties.buyer,
            f"/deals/{deal.number}/offer",
            ["kind", "price", "years", "territory", "plan-0-amount", "plan-0-due_on", "valid_days", "seen"],
        ),
        (parties.buyer, f"/deals/{deal.number}/accept", ["offer", "content_hash"]),
        (parties.seller, f"/deals/{deal.number}/publish", list(PUBLICITY)),
        (parties.buyer, f"/deals/{deal.number}/files", ["kind", "file"]),
    ]

    for (actor, address, fields), (kind, typed) in product(forms, MALICIOUS_INPUT.items()):
        await sign_in(client, actor)
        answer = await post(client, address, dict.fromkeys(fields, typed), follow=False)
        assert answer.status_code in (303, 409, 422), (address, kind, answer.status_code)


async def test_a_relation_must_be_told(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_priced(parties)
    await sign_in(client, parties.seller)

    page = await post(client, f"/deals/{deal.number}/publish", PUBLICITY | {"is_related": "yes"})

    assert page.status_code == 422
    assert "是什么关联关系" in page.text


async def test_the_introduction_of_another_brokers_match_is_not_found(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)
    await sign_in(client, await make_broker())

    page = await client.get(f"/matches/{match.id}/introduce")

    assert page.status_code == 404
    assert (await Match.get(id=match.id)).broker_id == broker.user_id


async def test_the_workbench_tells_each_side_whose_turn_it_is_as_the_list_does(
    client: httpx.AsyncClient,
) -> None:
    parties = await make_parties()
    await make_offered(parties)

    turns = {}
    for person in (parties.seller, parties.buyer):
        (todo,) = (await deals_worklist(person, NOW)).todos
        turns[person.user_id] = (todo.kind, todo.turn)
        await sign_in(client, person)
        assert ("待您方办理" in (await client.get("/deals")).text) is (todo.turn is Turn.MINE)

    assert turns[parties.seller.user_id] == ("deals.answer", Turn.MINE)
    assert turns[parties.buyer.user_id] == ("deals.answer", Turn.OTHERS)
