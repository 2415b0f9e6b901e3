"""The board of matches and what people do on it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import httpx

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, OrganisationKind, StaffRole
from market.matching.models import Match, MatchFeedback
from market.matching.states import MatchStatus
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

WHO = ("guest", "agent", "finance", "broker", *(role.value for role in StaffRole))
GREEN = 'class="btn btn--act"'


async def somebody(who: str) -> Actor | None:
    if who == "guest":
        return None
    if who in ("agent", "finance"):
        return await make_member(role=MemberRole(who))
    return await make_broker() if who == "broker" else await make_staff(StaffRole(who))


async def test_the_board_is_for_brokers_and_agents(client: httpx.AsyncClient) -> None:
    for who in WHO:
        await sign_in(client, await somebody(who))

        answer = await client.get("/matches")

        expected = 200 if who in ("agent", "broker") else 303 if who == "guest" else 403
        assert answer.status_code == expected, who


async def test_only_brokers_take_up_and_release(client: httpx.AsyncClient) -> None:
    match = await make_match()

    for who in WHO:
        if who == "broker":
            continue
        await sign_in(client, await somebody(who))
        for act in ("take-up", "release"):
            answer = await post(client, f"/matches/{match.id}/{act}", follow=False)

            assert answer.status_code == (401 if who == "guest" else 403), (who, act)
    await match.refresh_from_db()
    assert (match.status, match.broker_id) == (MatchStatus.SUGGESTED, None)


async def test_a_broker_takes_up_a_match_and_gives_it_back(client: httpx.AsyncClient) -> None:
    enterprise = await make_organisation(name="南宁线缆厂")
    match = await make_match(need=await make_need(enterprise, is_masked=True), misfits=["region_far"])
    broker = await make_broker()
    await sign_in(client, broker)

    offered = (await client.get("/matches")).text
    mine = (await post(client, f"/matches/{match.id}/take-up")).text
    await match.refresh_from_db()
    taken = match.broker_id
    emptied = (await post(client, f"/matches/{match.id}/release")).text

    assert "某企业" in offered
    assert "南宁线缆厂" not in offered
    assert "用词与含义" in offered
    assert "不在同一省份" in offered
    assert offered.count(GREEN) == 1
    assert taken == broker.user_id
    assert "南宁线缆厂" in mine
    assert f"/matches/{match.id}/introduce" in mine
    assert mine.count(GREEN) == 1
    assert "您手上没有待引荐的匹配" in emptied
    await match.refresh_from_db()
    assert (match.status, match.broker_id) == (MatchStatus.SUGGESTED, None)


async def test_who_comes_second_is_told_that_another_broker_has_it(client: httpx.AsyncClient) -> None:
    match = await make_match()
    first = await make_broker()
    await sign_in(client, first)
    await post(client, f"/matches/{match.id}/take-up")
    await sign_in(client, await make_broker())

    late = await post(client, f"/matches/{match.id}/take-up")
    foreign = await post(client, f"/matches/{match.id}/release")

    assert (late.status_code, foreign.status_code) == (409, 404)
    assert "这条匹配已由其他经纪人接手" in late.text
    await match.refresh_from_db()
    assert match.broker_id == first.user_id


async def test_what_was_introduced_is_not_given_back(client: httpx.AsyncClient) -> None:
    broker = await make_broker()
    match = await make_match(status=MatchStatus.INTERESTED, broker_id=broker.user_id, taken_up_at=NOW)
    await sign_in(client, broker)

    answer = await post(client, f"/matches/{match.id}/release")
    listed = (await client.get("/matches?view=interested")).text

    assert answer.status_code == 409
    assert "双方有意向" in listed
    assert f"/matches/{match.id}/release" not in listed


async def test_the_board_narrows_by_field_and_by_words(client: httpx.AsyncClient) -> None:
    await make_match(outcome=await make_outcome(title="甘蔗收割机", field="agriculture"))
    await make_match(outcome=await make_outcome(title="氧化铝陶瓷", field="materials"))
    await sign_in(client, await make_broker())

    by_field = (await client.get("/matches?field=materials")).text
    by_words = (await client.get("/matches?q=甘蔗")).text
    none = (await client.get("/matches?q=没有的词")).text

    assert "氧化铝陶瓷" in by_field
    assert "甘蔗收割机" not in by_field
    assert "甘蔗收割机" in by_words
    assert "氧化铝陶瓷" not in by_words
    assert "没有符合条件的匹配" in none


async def test_no_address_breaks_the_board(client: httpx.AsyncClient) -> None:
    await make_match()
    await sign_in(client, await make_broker())

    for query in ("view=x", "field=x", "q=%00", "q=%25", "page=99999", "size=7", "view=own"):
        assert (await client.get(f"/matches?{query}")).status_code == 200, query


async def test_a_long_list_comes_in_pages_the_best_first(client: httpx.AsyncClient) -> None:
    need = await make_need()
    for score in range(21):
        await make_match(need=need, outcome=await make_outcome(title=f"成果第{score:02}号"), score=score)
    await sign_in(client, await make_broker())

    first, second = (await client.get("/matches")).text, (await client.get("/matches?page=2")).text

    assert first.index("成果第20号") < first.index("成果第01号")
    assert "成果第00号" not in first
    assert "成果第00号" in second


async def test_an_agent_sees_the_matches_of_all_their_listings_and_no_others(
    client: httpx.AsyncClient,
) -> None:
    university = await make_organisation(kind=OrganisationKind.UNIVERSITY)
    enterprise = await make_organisation(name="南宁线缆厂")
    outcome = await make_outcome(university, title="本校成果")
    await make_match(outcome=outcome, need=await make_need(enterprise, is_masked=True))
    await make_match(outcome=await make_outcome(title="别人的成果"))
    dropped = await make_outcome(university, title="终止的成果")
    await make_match(outcome=dropped, status=MatchStatus.DROPPED)

    await sign_in(client, await make_member(university))
    seller = (await client.get("/matches?view=open")).text
    await sign_in(client, await make_member(enterprise))
    buyer = (await client.get("/matches")).text

    assert "本校成果" in seller
    assert "某企业" in seller
    assert "别人的成果" not in seller
    assert "终止的成果" not in seller
    assert "南宁线缆厂" not in seller
    assert "接手" not in seller
    assert "本校成果" in buyer
    assert "某企业" not in buyer


async def test_turning_a_match_down_needs_a_reason(client: httpx.AsyncClient) -> None:
    match = await make_match()
    await sign_in(client, await make_member(await match.need.organisation))
    address = f"/matches/{match.id}/dismiss"

    asked = await client.get(address)
    missing = await post(client, address, {"comment": "指标差得远"})
    wrong = await post(client, address, {"reason": "nonsense"})
    done = await post(client, address, {"reason": "indicators", "comment": "指标差得远"}, follow=False)

    assert asked.status_code == 200
    assert "领域不符" in asked.text
    assert asked.text.count(GREEN) == 1
    assert (missing.status_code, wrong.status_code) == (422, 422)
    assert "请选择原因" in missing.text
    assert "指标差得远" in missing.text
    assert (done.status_code, done.headers["location"]) == (303, f"/needs/{match.need.number}")
    told = await MatchFeedback.get(match_id=match.id)
    assert (told.reason, told.comment) == ("indicators", "指标差得远")
    assert (await Match.get(id=match.id)).status is MatchStatus.DROPPED


async def test_the_seller_returns_to_the_outcome_and_sees_the_match_no_more(
    client: httpx.AsyncClient,
) -> None:
    match = await make_match(status=MatchStatus.ASSIGNED, broker_id=(await make_broker()).user_id)
    await sign_in(client, await make_member(await match.outcome.organisation))

    done = await post(client, f"/matches/{match.id}/dismiss", {"reason": "known"}, follow=False)
    board = (await client.get("/matches")).text

    assert done.headers["location"] == f"/outcomes/{match.outcome.number}"
    assert "还没有匹配" in board
    assert (await Match.get(id=match.id)).status is MatchStatus.ASSIGNED


async def test_a_stranger_finds_no_match_to_turn_down(client: httpx.AsyncClient) -> None:
    match = await make_match()
    await sign_in(client, await make_member())

    shown = await client.get(f"/matches/{match.id}/dismiss")
    sent = await post(client, f"/matches/{match.id}/dismiss", {"reason": "known"})
    unknown = await client.get(f"/matches/{uuid4()}/dismiss")

    assert (shown.status_code, sent.status_code, unknown.status_code) == (404, 404, 404)
    assert not await MatchFeedback.exists(match_id=match.id)


async def test_the_brokers_dashboard_counts_what_waits_for_an_introduction(client: httpx.AsyncClient) -> None:
    broker = await make_broker()
    mine = {"broker_id": broker.user_id, "taken_up_at": NOW}
    await make_match(status=MatchStatus.ASSIGNED, **mine)
    await make_match(status=MatchStatus.ASSIGNED, **mine)
    await make_match(status=MatchStatus.INTERESTED, **mine)
    await sign_in(client, broker)

    page = (await client.get("/dashboard")).text
    listed = (await client.get("/matches?view=mine")).text

    assert re.search(r'href="/matches\?view=mine"\s*>\s*我接手的\s*<span class="due-count">2</span>', page)
    assert page.count("引荐已接手的匹配</a>") == 2
    assert listed.count("/introduce") == 2


async def test_an_agent_of_an_agency_without_listings_is_sent_to_the_outcomes(
    client: httpx.AsyncClient,
) -> None:
    agency = await make_organisation(kind=OrganisationKind.AGENCY)
    await sign_in(client, await make_member(agency))

    answer = await client.get("/matches")

    assert answer.status_code == 200
    assert "本单位不发布成果和需求" in answer.text


async def test_a_broker_takes_up_and_passes_over_several_at_once(client: httpx.AsyncClient) -> None:
    matches = [await make_match(outcome=await make_outcome(title=f"成果第{number}号")) for number in range(4)]
    broker, other = await make_broker(), await make_broker()
    await sign_in(client, other)
    await post(client, f"/matches/{matches[0].id}/take-up")
    await sign_in(client, broker)

    ticked = [str(match.id) for match in matches[:2]]
    taken = (await post(client, "/matches/bulk", {"match": [*ticked, "nonsense"], "act": "take_up"})).text
    passed = (await post(client, "/matches/bulk", {"match": str(matches[2].id), "act": "pass"})).text
    none = (await post(client, "/matches/bulk", {"act": "pass"})).text
    await sign_in(client, other)
    others = (await client.get("/matches")).text

    assert "接手 1 条。2 条已经变化，没有动。" in taken
    assert "1 条不再推荐给您。" in passed
    assert "没有选中任何一条" in none
    assert "成果第2号" not in none
    assert "成果第3号" in none
    assert "成果第2号" in others
    assert (await Match.get(id=matches[1].id)).broker_id == broker.user_id


async def test_only_brokers_act_on_several(client: httpx.AsyncClient) -> None:
    match = await make_match()
    await sign_in(client, await make_member())

    assert (
        await post(client, "/matches/bulk", {"match": str(match.id), "act": "take_up"})
    ).status_code == 403


async def test_the_board_stands_in_columns_and_sorts_by_what_is_new_and_wanted(
    client: httpx.AsyncClient,
) -> None:
    broker = await make_broker()
    for title, score, days, wanted in (
        ("旧而合适", 900, 30, None),
        ("近日的", 500, 1, None),
        ("有人请的", 400, 9, NOW),
    ):
        published = NOW - timedelta(days=days)
        await make_match(
            need=await make_need(published_at=published),
            outcome=await make_outcome(title=title, published_at=published),
            score=score,
            help_wanted_at=wanted,
        )
    await make_match(
        outcome=await make_outcome(title="手上的"),
        broker_id=broker.user_id,
        status=MatchStatus.ASSIGNED,
        taken_up_at=NOW,
    )
    await make_match(outcome=await make_outcome(title="只是用词相近"), parts={"wording": 200})
    await sign_in(client, broker)

    best, new = (await client.get("/matches")).text, (await client.get("/matches?sort=new")).text
    columns = (await client.get("/matches?view=columns")).text

    assert best.index("有人请的") < best.index("旧而合适") < best.index("近日的")
    assert new.index("有人请的") < new.index("近日的") < new.index("旧而合适")
    assert "只是用词相近" not in best
    assert "有单位请经纪人" in best
    assert (
        columns.index("可接手")
        < columns.index("旧而合适")
        < columns.index("已接手")
        < columns.index("手上的")
    )
