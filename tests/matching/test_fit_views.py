"""The page of a listing's matches, what people do on it, and who is told of a new match."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import BrokerProfile, Message, Organisation, OrganisationKind, StaffRole
from market.kit.models import OutgoingMail
from market.listings.models import Need, Outcome
from market.matching.comparison_print import print_data
from market.matching.fit_pages import fits_of
from market.matching.match_notices import send_digest, tell_new_matches
from market.matching.models import Match, MatchNotice
from market.matching.states import MatchStatus
from market.matching.worklist import new_matches
from tests.factories import (
    NOW,
    make_broker,
    make_member,
    make_need,
    make_organisation,
    make_outcome,
    make_staff,
)
from tests.matching.test_match_acts import make_match
from tests.visitor import post, sign_in

TARGETS = [
    {"indicator": "强度", "present": "", "target": "≥ 20 MPa", "must": "yes"},
    {"indicator": "赤泥掺量", "present": "", "target": "≥ 50 %"},
    {"indicator": "透水系数", "present": "", "target": "≥ 0.10 mm/s"},
]
ROWS = [
    {"indicator": "28 天抗压强度", "ours": "23.6 MPa", "current": "", "change": "", "evidence": ""},
    {"indicator": "赤泥掺量", "ours": "58%", "current": "", "change": "", "evidence": ""},
]


async def sides() -> tuple[Actor, Need, Actor, Outcome]:
    buyer = await make_member(await make_organisation(name="玉林甘润"))
    seller = await make_member(await make_organisation(name="桂东南理工", kind=OrganisationKind.UNIVERSITY))
    need = await make_need(
        await Organisation.get(id=buyer.organisation_id),
        title="赤泥免烧路面砖",
        targets=TARGETS,
        modes=["licence"],
        budget_max_amount=150_000_000,
        trl_min=6,
    )
    outcome = await make_outcome(
        await Organisation.get(id=seller.organisation_id),
        title="赤泥蔗渣灰免烧砖",
        comparison=ROWS,
        modes=["licence"],
        trl=7,
        price_kind="fixed",
        price_amount=128_500_000,
    )
    return buyer, need, seller, outcome


async def test_a_boss_reads_which_numbers_an_outcome_reaches_and_what_to_do(
    client: httpx.AsyncClient,
) -> None:
    buyer, need, _seller, outcome = await sides()
    match = await make_match(need=need, outcome=outcome, score=770)
    near = await make_outcome(title="电石渣砌块", comparison=[dict(ROWS[1], ours="42%")])
    await make_match(need=need, outcome=near, parts={"wording": 350})
    await make_match(
        need=need, outcome=await make_outcome(title="无氟餐具"), parts={"wording": 150}, score=580
    )
    await sign_in(client, buyer)

    page = (await client.get(f"/needs/{need.number}/matches")).text
    beside = (await client.get(f"/needs/{need.number}")).text

    assert "1 项很合适，1 项可参考。另有 1 项只是用词相近，没有列出。" in page
    for words in (
        "高 3.6",
        "多 8 个百分点",
        "1 项必达全部达到；透水系数没有写，可以先问",
        "挂牌价在预算内",
        "必达",
    ):
        assert words in page
    assert "少 8 个百分点" in page
    assert "怎样算的：77 分" in page
    assert f"/outcomes/{outcome.number}/interest" in page
    assert f"/matches/{match.id}/broker" in page
    assert "问透水系数" in page
    assert f"/matches/{match.id}/dismiss" in page
    assert f"/needs/{need.number}/matches" in beside
    assert "赤泥蔗渣灰免烧砖" in beside
    assert "无氟餐具" not in page + beside
    assert page.count('class="btn btn--act"') == 1


async def test_a_pair_is_printed_with_its_numbers_and_terms_side_by_side(client: httpx.AsyncClient) -> None:
    buyer, need, seller, outcome = await sides()
    await Need.filter(id=need.id).update(is_masked=True, region="450902")
    match = await make_match(need=need, outcome=outcome)
    await make_match(need=need, outcome=await make_outcome(title="电石渣砌块"), parts={"wording": 350})
    await sign_in(client, buyer)
    whole = await client.get(f"/needs/{need.number}/matches.pdf")
    single = await client.get(f"/needs/{need.number}/matches.pdf?match={match.id}")
    other = await client.get(f"/needs/{need.number}/matches.pdf?match={outcome.id}")
    menu = (await client.get(f"/needs/{need.number}/matches")).text
    fits = await fits_of(await Need.get(id=need.id), buyer)
    seen = await fits_of(await Outcome.get(id=outcome.id), seller)

    pair = print_data(need, fits.good, "/needs/1", date(2026, 3, 2))["pairs"][0]
    assert pair["rows"] == [
        ["强度（必达）", "≥ 20 MPa", "23.6 MPa", "达到，高 3.6"],
        ["赤泥掺量", "≥ 50 %", "58 %", "达到，多 8 个百分点"],
        ["透水系数", "≥ 0.10 mm/s", "—", "没有写，可以先问"],
        ["预算和挂牌价", "80.00–150.00 万元", "128.50 万元", "挂牌价在预算内"],
        ["成熟度", "TRL 6 以上", "TRL 7 中试", "成熟度够，TRL 7"],
        ["合作方式", "普通许可", "普通许可", "相合"],
        ["所在地", "玉林市", "南宁市", "同在广西壮族自治区"],
    ]
    assert [page.content[:5] for page in (whole, single)] == [b"%PDF-"] * 2
    assert len(whole.content) > len(single.content)
    assert other.status_code == 404
    assert f"/needs/{need.number}/matches.pdf?match={match.id}" in menu
    assert 'aria-current="page">匹配' in " ".join(menu.split())
    assert "某企业" in print_data(outcome, seen.good, "", date(2026, 3, 2))["pairs"][0]["facts"]


async def test_the_seller_sees_the_same_pair_from_the_other_side(client: httpx.AsyncClient) -> None:
    _buyer, need, seller, outcome = await sides()
    need.is_masked = True
    await need.save(update_fields=["is_masked"])
    await make_match(need=need, outcome=outcome)
    await sign_in(client, seller)

    page = (await client.get(f"/outcomes/{outcome.number}/matches")).text

    assert "1 项很合适，0 项可参考" in page
    assert "某企业" in page
    assert "玉林甘润" not in page
    assert f"/needs/{need.number}/respond?outcome={outcome.number}" in page


@pytest.mark.parametrize("who", ["guest", "other", "broker", "operator"])
async def test_a_listings_matches_are_for_its_owner_brokers_and_staff(
    client: httpx.AsyncClient, who: str
) -> None:
    _buyer, need, _seller, outcome = await sides()
    await make_match(need=need, outcome=outcome)
    if who == "operator":
        await sign_in(client, await make_staff(StaffRole.OPERATOR))
    elif who != "guest":
        await sign_in(client, await make_broker() if who == "broker" else await make_member())

    answers = [
        await client.get(f"/{page}/matches")
        for page in (f"needs/{need.number}", f"outcomes/{outcome.number}")
    ]

    expected = {"guest": 303, "other": 404}.get(who, 200)
    assert [answer.status_code for answer in answers] == [expected] * 2
    assert ("接手" in answers[0].text) == (who == "broker")


async def test_whoever_asks_for_a_broker_reaches_those_of_the_field_once(client: httpx.AsyncClient) -> None:
    buyer, need, seller, outcome = await sides()
    match = await make_match(need=need, outcome=outcome)
    broker, other = await make_broker(), await make_broker()
    await BrokerProfile.filter(user_id=broker.user_id).update(fields_of_work=[outcome.field])
    await BrokerProfile.filter(user_id=other.user_id).update(fields_of_work=["a field of its own"])

    for person in (buyer, seller):
        await sign_in(client, person)
        await post(client, f"/matches/{match.id}/broker")
    page = (await client.get(f"/outcomes/{outcome.number}/matches")).text
    await sign_in(client, await make_member())
    foreign = await post(client, f"/matches/{match.id}/broker")

    await match.refresh_from_db()
    assert match.help_wanted_at is not None
    assert "已请经纪人对接" in page
    assert await Message.filter(user_id=broker.user_id, text__contains="请经纪人对接").count() == 1
    assert await Message.filter(user_id=other.user_id).count() == 0
    assert foreign.status_code == 404


async def test_no_broker_is_asked_for_where_one_follows_it_already(client: httpx.AsyncClient) -> None:
    buyer, need, _seller, outcome = await sides()
    match = await make_match(need=need, outcome=outcome, status=MatchStatus.TALKING)
    await sign_in(client, buyer)

    assert (await post(client, f"/matches/{match.id}/broker")).status_code == 409
    page = (await client.get(f"/needs/{need.number}/matches")).text
    assert f"/matches/{match.id}/deal" in page
    assert f"/matches/{match.id}/broker" not in page


async def messages_of(actor: Actor) -> list[Any]:
    return await Message.filter(user_id=actor.user_id).order_by("id").values_list("text", "address")


async def test_a_new_match_reaches_both_sides_once_however_often_it_is_matched_again() -> None:
    buyer, need, seller, outcome = await sides()
    await make_match(need=need, outcome=outcome)
    await make_match(need=need, outcome=await make_outcome(), parts={"wording": 350})

    first = await tell_new_matches("need_id", [need.id], now=NOW)
    await Match.filter(need_id=need.id).delete()
    await make_match(need=need, outcome=outcome)
    again = await tell_new_matches("outcome_id", [outcome.id], now=NOW)

    assert (first, again) == (1, 0)
    assert await messages_of(buyer) == [
        ("需求“赤泥免烧路面砖”有 1 项新的很合适的成果：赤泥蔗渣灰免烧砖。", f"/needs/{need.number}/matches")
    ]
    assert await messages_of(seller) == [
        (
            "成果“赤泥蔗渣灰免烧砖”有 1 条新的很合适的需求：赤泥免烧路面砖。",
            f"/outcomes/{outcome.number}/matches",
        )
    ]
    assert await OutgoingMail.all().count() == 0


async def test_the_morning_mail_tells_both_sides_and_brokers_of_what_is_new_and_still_open() -> None:
    _buyer, need, _seller, outcome = await sides()
    broker = await make_broker()
    taken = await make_outcome(title="已有人接手的成果")
    await make_match(need=need, outcome=outcome)
    await make_match(need=need, outcome=taken, parts={"wording": 500})
    await Outcome.filter(id=taken.id).update(comparison=ROWS, price_amount=None)
    assert await tell_new_matches("need_id", [need.id], now=NOW) == 2
    await Match.filter(outcome_id=taken.id).update(status=MatchStatus.ASSIGNED)

    told, nothing = await send_digest(now=NOW), await send_digest(now=NOW)

    assert (told, nothing) == (1, 0)
    mails = await OutgoingMail.all().values_list("recipient", "text")
    assert len(mails) == 3
    assert all("赤泥免烧路面砖 — 赤泥蔗渣灰免烧砖" in text for _recipient, text in mails)
    assert not any("已有人接手" in text for _recipient, text in mails)
    assert await MatchNotice.filter(mailed_at=None).count() == 0
    assert (await messages_of(broker))[0][1] == "/matches?sort=new"


async def test_the_dashboard_counts_new_matches_until_they_are_refused_or_old() -> None:
    buyer, need, _seller, outcome = await sides()
    await make_match(need=need, outcome=outcome)
    await tell_new_matches("need_id", [need.id], now=NOW)

    new = (await new_matches(buyer, NOW)).figures
    old = (await new_matches(buyer, NOW + timedelta(days=40))).figures
    staff = (await new_matches(await make_staff(StaffRole.OPERATOR), NOW)).figures

    assert [(figure.label, figure.value, figure.address) for figure in new] == [
        ("新的很合适的匹配", 1, "/matches?view=own")
    ]
    assert (list(old), list(staff)) == ([], [])
