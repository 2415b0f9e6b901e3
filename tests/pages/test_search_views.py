"""Lists of outcomes and needs: found, filtered, counted, put in order, and honest when search is away."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from market.app import create_app
from market.deps import Deps
from tests.factories import NOW, make_need, make_organisation, make_outcome
from tests.pages.search_index import UnavailableSearch, index_listings


async def test_a_published_outcome_is_found_by_a_word_of_its_title_and_marked(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcome = await make_outcome(title="赤泥协同固化路基材料")
    other = await make_outcome(title="甘蔗收获机切割")
    await index_listings(deps, outcome, other)

    page = await client.get("/outcomes", params={"q": "赤泥"})

    assert "<mark>赤泥</mark>协同固化路基材料" in page.text
    assert other.title not in page.text


async def test_counts_beside_the_filters_are_exact_and_lead_to_exactly_those_rows(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    fields = ["materials"] * 3 + ["energy"] * 2
    outcomes = [
        await make_outcome(title=f"导线制备{number}", field=field) for number, field in enumerate(fields)
    ]
    await index_listings(deps, *outcomes)

    page = await client.get("/outcomes?field=materials")

    assert re.search(r"新材料及其应用</span>\s*<span class=\"amount small\">3<", page.text)
    assert re.search(r"新能源与高效节能</span>\s*<span class=\"amount small\">2<", page.text)
    assert page.text.count('class="card-row"') == 3


async def test_filters_words_order_and_size_stay_in_every_address(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcomes = [
        await make_outcome(title=f"导线制备{number}", price_amount=1_000_000 * (number + 1))
        for number in range(25)
    ]
    await index_listings(deps, *outcomes)

    page = await client.get("/outcomes?q=导线&field=materials&sort=price&size=20")

    following = next(a for a in re.findall(r'href="([^"]+)"', page.text) if "page=2" in a)
    for part in ("field=materials", "sort=price", "size=20"):
        assert part in following
    second = await client.get(following.replace("&amp;", "&"))
    assert second.text.count('class="card-row"') == 5


async def test_prices_are_put_in_order_with_negotiable_ones_last(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    for title, price in (("中价导线", 200), ("面议导线", None), ("低价导线", 100)):
        kind = "fixed" if price else "negotiable"
        amount = price * 1_000_000 if price else None
        await index_listings(deps, await make_outcome(title=title, price_kind=kind, price_amount=amount))

    page = await client.get("/outcomes?sort=price")

    assert re.findall(r">(..导线)</a>", page.text) == ["低价导线", "中价导线", "面议导线"]


KEPT = {
    "price=lt50": {"便宜"},
    "price=100-500": {"贵的"},
    "stage=laboratory": {"便宜"},
    "stage=industrial": {"贵的"},
    "mode=equity": {"贵的"},
    "region=450300": {"贵的"},
    "owner=institute": {"贵的"},
    "since=30": {"便宜", "贵的"},
}


async def test_each_filter_keeps_what_it_says(client: httpx.AsyncClient, deps: Deps) -> None:
    institute = await make_organisation(kind="institute", region="450300")
    await index_listings(
        deps,
        await make_outcome(title="便宜", trl=3, price_amount=30_000_000, verified_on=NOW.date()),
        await make_outcome(institute, title="贵的", trl=9, price_amount=300_000_000, modes=["equity"]),
    )

    for query, titles in KEPT.items():
        page = await client.get(f"/outcomes?{query}")

        assert set(re.findall(r">(便宜|贵的)</a>", page.text)) == titles, query


async def test_needs_are_put_in_order_by_their_deadline(client: httpx.AsyncClient, deps: Deps) -> None:
    for title, day in (("晚些导线", date(2026, 9, 1)), ("很快导线", date(2026, 3, 20))):
        await index_listings(deps, await make_need(title=title, deadline_on=day))

    page = await client.get("/needs?sort=deadline")

    assert re.findall(r">(..导线)</a>", page.text) == ["很快导线", "晚些导线"]
    assert "18 天后截止" in page.text


async def test_an_empty_answer_says_what_to_do(client: httpx.AsyncClient) -> None:
    page = await client.get("/outcomes?q=不存在的技术&field=nuclear")

    assert page.status_code == 200
    assert "去掉一两个条件再试" in page.text
    assert "看全部成果" in page.text


@pytest.mark.parametrize("address", ["/outcomes", "/needs", "/suggest?q=导线"])
async def test_when_search_is_away_the_page_says_so_and_the_rest_works(
    deps: Deps, tmp_path: Path, address: str
) -> None:
    outcome = await make_outcome()
    app = create_app(dataclasses.replace(deps, search=UnavailableSearch()))  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://market.test"
    ) as client:
        page = await client.get(address)
        others = [
            (await client.get(path)).status_code for path in ("/", f"/outcomes/{outcome.number}", "/help")
        ]
        ready = await client.get("/readyz")

    assert page.status_code == (200 if "suggest" in address else 503)
    if page.status_code == 503:
        assert "搜索暂时没有响应" in page.text
    assert others == [200, 200, 200]
    assert (ready.json()["database"], ready.json()["search"]) == ("ok", "away")


@pytest.mark.parametrize("path", ["/outcomes", "/needs", "/suggest", "/compare"])
async def test_malicious_addresses_are_answered_with_a_page(client: httpx.AsyncClient, path: str) -> None:
    for query in (
        "q=" + "长" * 5000,
        "q=" + "a " * 3000,
        "q=%00%00",
        "q=---",
        'q="',
        "q='); DROP TABLE outcomes",
        "q=title:x AND *",
        "q=%ed%a0%80",
        "page=99999999999999",
        "page=-1&size=7",
        "page=²",
        "sort=evil&field=evil&price=evil&stage=1",
        "field=" + "&field=".join(["materials"] * 500),
        "scope=evil&q=x",
    ):
        page = await client.get(f"{path}?{query}")

        assert page.status_code == 200, query[:40]


async def test_the_scope_of_the_search_box_leads_to_the_right_list(client: httpx.AsyncClient) -> None:
    for scope in ("needs", "organisations", "brokers", "policies"):
        answer = await client.get("/outcomes", params={"scope": scope, "q": "铝"})

        assert answer.status_code == 303
        assert answer.headers["location"] == f"/{scope}?q=%E9%93%9D"


async def test_suggestions_are_titles_that_contain_what_is_typed(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await index_listings(
        deps, await make_outcome(title="赤泥协同固化路基材料"), await make_outcome(title="甘蔗收获机")
    )

    assert (await client.get("/suggest", params={"q": "赤泥", "index": "outcomes"})).json() == [
        "赤泥协同固化路基材料"
    ]
    assert (await client.get("/suggest", params={"q": "赤"})).json() == []


async def test_what_is_no_longer_public_is_not_shown_even_if_the_index_is_behind(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcome: Any = await make_outcome(title="赤泥路基")
    await index_listings(deps, outcome)
    outcome.status = "unlisted"
    await outcome.save(update_fields=["status"])

    page = await client.get("/outcomes")

    assert "赤泥路基" not in page.text


async def test_steps_of_price_and_readiness_are_counted_too(client: httpx.AsyncClient, deps: Deps) -> None:
    for number, (price, trl) in enumerate([(30, 2), (40, 5), (200, 5)]):
        await index_listings(
            deps, await make_outcome(title=f"导线{number}", price_amount=price * 1_000_000, trl=trl)
        )

    page = await client.get("/outcomes?price=lt50")

    assert re.search(r"50 万元以下</span>\s*<span class=\"amount small\">2<", page.text)
    assert re.search(r"100–500 万元</span>\s*<span class=\"amount small\">1<", page.text)
    assert re.search(r"小试</span>\s*<span class=\"amount small\">1<", page.text)
    assert re.search(r"近 30 天</span>\s*<span class=\"amount small\">2<", page.text)


async def test_what_buyers_choose_by_first_stands_first_and_open(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcome = await make_outcome(field="materials", trl=7, price_amount=60_000_000, modes=["licence"])
    await index_listings(deps, outcome)

    page = (await client.get("/outcomes")).text

    heads = re.findall(r'<details class="facet" ?(open)?>\s*<summary>([^<]+)</summary>', page)
    assert heads[:4] == [("open", words) for words in ("技术领域", "成熟度", "挂牌价", "合作方式")]
    assert all(is_open == "" for is_open, _words in heads[4:])
