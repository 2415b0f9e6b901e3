"""The public list: what narrows it, where each challenge stands by the clock, what its feed tells."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import httpx
from starlette.datastructures import QueryParams

from market.accounts.actors import Actor
from market.challenges.deadlines import shown_status
from market.challenges.list_filters import ListFilter, Stage, stage_of
from market.challenges.models import Challenge
from market.challenges.public_list import list_challenges, list_regions
from market.challenges.states import PUBLIC, ChallengeStatus, Kind
from market.kit.pagination import PageRequest
from market.kit.terms import to_columns
from market.records.models import StatusEvent
from tests.challenges.factories import DEADLINE, OPENS, WAN, challenge_terms
from tests.factories import NOW, make_member, make_organisation

S = ChallengeStatus
_END = {S.NO_TAKER: "none_came", S.ENDED: "withdrawn", S.REJECTED: "secret"}


async def put(
    owner: Actor, status: ChallengeStatus, place: int, need_id: UUID | None = None, **given: Any
) -> Challenge:
    """Put a challenge of this status into the database."""
    is_listed = status in PUBLIC
    return await Challenge.create(
        id=uuid4(),
        number=f"BD-2026-{place:06d}",
        status=status,
        owner_id=owner.organisation_id,
        need_id=need_id,
        created_by_id=owner.user_id,
        created_at=NOW,
        updated_at=NOW,
        end_reason=_END.get(status),
        version=1 if is_listed else 0,
        terms_hash="0" * 64 if is_listed else "",
        published_at=NOW + timedelta(minutes=place) if is_listed else None,
        **to_columns(challenge_terms(**given)),
    )


async def numbers(query: str, now: datetime = OPENS) -> list[str]:
    """Return the last digits of what a query's list shows, in its order."""
    page, _counts = await list_challenges(ListFilter.from_query(QueryParams(query)), PageRequest(), now)
    assert page.total == len(page.items)
    return [challenge.number[-2:] for challenge in page.items]


async def test_each_status_stands_under_one_tab_by_the_clock_on_page_and_in_the_database() -> None:
    owner = await make_member()
    statuses = {f"{place:02d}": status for place, status in enumerate(S, 1)}
    for place, status in statuses.items():
        await put(owner, status, int(place))
    moments = (OPENS - timedelta(milliseconds=1), OPENS, DEADLINE - timedelta(milliseconds=1), DEADLINE)
    for now in moments:
        wanted = {stage: set() for stage in Stage}  # type: dict[Stage, set[str]]
        for place, status in statuses.items():
            if status in PUBLIC:
                wanted[stage_of(shown_status(status, now, OPENS, DEADLINE))].add(place)
        for stage in Stage:
            assert set(await numbers(f"state={stage}", now)) == wanted[stage], (stage, now)
        _page, counts = await list_challenges(ListFilter(stage=Stage.NONE), PageRequest(), now)
        assert counts == {stage: len(places) for stage, places in wanted.items()}
    assert {stage_of(status) for status in PUBLIC} == set(Stage)
    assert len(await numbers("")) == len(PUBLIC)


async def test_the_list_is_narrowed_by_what_is_asked_and_ordered_by_the_clock() -> None:
    firm = await make_member(await make_organisation(name="柳州锻造有限公司", region="450203"))
    other = await make_member(await make_organisation(name="桂林食品有限公司", region="450300"))
    await put(firm, S.RESPONDING, 1, deadline_at=OPENS + timedelta(days=40), budget=40 * WAN)
    await put(firm, S.LISTED, 2, deadline_at=OPENS + timedelta(days=6), budget=600 * WAN, field="biomedicine")
    await put(other, S.LISTED, 3, opens_at=OPENS + timedelta(days=1), kind=Kind.GOVERNMENT, budget=100 * WAN)
    await put(other, S.NO_TAKER, 4, deadline_at=OPENS + timedelta(hours=1), budget=None, title="米粉保鲜")
    await put(firm, S.RESPONDING, 5, deadline_at=OPENS + timedelta(days=3), is_masked=True)
    for query, places in (
        ("", ["05", "02", "01", "03", "04"]),
        ("sort=newest", ["05", "04", "03", "02", "01"]),
        ("sort=-budget", ["02", "05", "03", "01", "04"]),
        ("sort=budget&kind=enterprise", ["01", "05", "02", "04"]),
        ("field=biomedicine", ["02"]),
        ("budget=lt50", ["01"]),
        ("budget=gt500", ["02"]),
        ("budget=negotiable", ["04"]),
        ("left=3", ["05"]),
        ("left=7&budget=gt500", ["02"]),
        ("left=30", ["05", "02"]),
        ("region=450200", ["05", "02", "01"]),
        ("region=450300&kind=government", ["03"]),
        ("region=450000", ["05", "02", "01", "03", "04"]),
        ("region=440000", []),
        ("q=米粉+保鲜", ["04"]),
        ("q=bd-2026-000003", ["03"]),
        ("q=氧化失重率&state=soon", ["03"]),
        ("q=柳州锻造", ["02", "01"]),
        ("q=100%25", []),
        (
            "field=no&budget=x&left=-1&region=4502'&kind=&state=draft&sort=;&q=%00+",
            ["05", "02", "01", "03", "04"],
        ),
    ):
        assert await numbers(query) == places, query
    assert await list_regions() == [("450200", "广西·柳州"), ("450300", "广西·桂林")]
    assert not ListFilter.from_query(QueryParams("sort=budget")).is_narrowed
    assert all(
        ListFilter.from_query(QueryParams(query)).is_narrowed
        for query in (
            "q=a",
            "state=open",
            "field=materials",
            "budget=lt50",
            "left=3",
            "region=450000",
            "kind=government",
        )
    )


async def test_page_and_feed_show_the_list_to_a_guest_and_never_a_masked_owner(
    client: httpx.AsyncClient,
) -> None:
    text = (await client.get("/challenges")).text
    assert "现在没有榜单" in text
    assert "登录后发榜" in text
    firm = await make_member(await make_organisation(name="柳州锻造有限公司", region="450203"))
    for place, (status, is_masked) in enumerate(
        product((S.RESPONDING, S.NO_TAKER, S.DRAFT), (True, False)), 1
    ):
        challenge = await put(firm, status, place, is_masked=is_masked, title=f"难题{place}")
        if status is S.NO_TAKER:
            await StatusEvent.create(
                subject_kind="challenge",
                subject_id=challenge.id,
                action="find_none",
                status=status,
                note="两次延期无人提交",
                happened_at=NOW + timedelta(days=50),
            )
    text = (await client.get("/challenges?field=materials&state=none")).text
    assert "难题4" in text
    assert "无人揭榜" in text
    assert "难题1" not in text
    assert "难题5" not in text
    assert "field=materials&amp;state=soon" in text, "another tab keeps the filter"
    assert text.count("柳州锻造有限公司") == 1
    assert "某企业（广西·柳州）" in text
    text = (await client.get("/challenges?left=3&kind=government")).text
    assert "去掉一两个条件再看" in text
    assert "看全部榜单" in text

    answer = await client.get("/challenges.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    space = {"a": "http://www.w3.org/2005/Atom"}
    entries = ET.fromstring(answer.content).findall("a:entry", space)  # noqa: S314 -- our own
    authors = [
        (entry.findtext("a:title", "", space), entry.findtext("a:author/a:name", "", space))
        for entry in entries
    ]
    assert sorted(authors) == sorted(
        [
            ("难题1", "某企业"),
            ("难题2", "柳州锻造有限公司"),
            ("难题3", "某企业"),
            ("难题4", "柳州锻造有限公司"),
            ("流榜：难题3", "某企业"),
            ("流榜：难题4", "柳州锻造有限公司"),
        ]
    )
    assert "两次延期无人提交" in answer.text
    assert "2026-04-30 17:00:00" in answer.text, "the deadline in the words of the page"
    assert "难题5" not in answer.text
    assert len({entry.findtext("a:id", "", space) for entry in entries}) == len(entries)


async def test_a_list_of_hundreds_goes_on_on_the_next_page(client: httpx.AsyncClient) -> None:
    owner = await make_member()
    for place in range(1, 23):
        await put(owner, S.RESPONDING, place)
    first = (await client.get("/challenges?sort=newest&field=materials")).text
    assert "共 22 条" in first
    assert "page=2" in first
    second = (await client.get("/challenges?sort=newest&field=materials&page=2")).text
    assert second.count('class="bounty"') == 2
