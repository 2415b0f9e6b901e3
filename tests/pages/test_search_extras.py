"""What a search page does beside listing hits: spellings, neighbours, workbook, feed, comparison."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from itertools import product
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest
from openpyxl import load_workbook

from market.accounts.models import BrokerProfile, OrganisationKind
from market.app import create_app
from market.deps import Deps
from market.programmes.catalogue import all_programmes, build_programmes
from market.search.people_documents import build_brokers, build_organisations
from market.search.spelling import Vocabulary, corrected, speller_of
from tests.factories import NOW, make_broker, make_need, make_organisation, make_outcome
from tests.malicious_input import MALICIOUS_QUERIES, get_status
from tests.pages.search_index import index_listings
from tests.programmes.factories import make_programmes

ATOM = "{http://www.w3.org/2005/Atom}"
WORDS = Vocabulary.of({"发动机": 9, "石墨烯": 5, "graphene": 4, "电池": 3, "的": 99, "ab": 4})


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("fadongji", "发动机"),
        ("fadonji", "发动机"),
        ("graphen", "graphene"),
        ("grapheme 电池", "graphene 电池"),
        ("graphene", None),
        ("shimoxi", "石墨烯"),
        ("xyzxyz", None),
        ("发动机", None),
        ("", None),
    ],
)
def test_a_latin_word_is_read_as_the_word_it_is_nearest_to(typed: str, expected: str | None) -> None:
    assert corrected(typed, WORDS) == expected


async def test_a_misspelt_word_is_answered_with_a_better_one_and_what_it_finds(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await index_listings(deps, await make_outcome(title="发动机缸体"), await make_outcome(title="发动机活塞"))
    await speller_of(deps.search).refresh("outcomes")

    page = await client.get("/outcomes", params={"q": "fadongjl"})

    assert "您是不是要找" in page.text
    assert "q=%E5%8F%91%E5%8A%A8%E6%9C%BA" in page.text
    assert "发动机缸体" in page.text.partition("相关结果")[2]


async def test_with_few_hits_those_without_the_conditions_are_shown_below(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await index_listings(
        deps,
        await make_outcome(title="赤泥路基", field="materials"),
        await make_outcome(title="赤泥制砖", field="environment"),
    )

    page = await client.get("/outcomes?q=赤泥&field=materials")

    hits, _, related = page.text.partition("相关结果")
    assert "赤泥</mark>路基" in hits
    assert "赤泥</mark>制砖" not in hits
    assert "赤泥</mark>制砖" in related


async def test_organisations_brokers_and_programmes_are_searched_alike(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    institute = await make_organisation(name="邕江铝业研究院", kind=OrganisationKind.INSTITUTE)
    broker = await make_broker(name="梁认证")
    await make_programmes()
    for name, documents in (
        ("organisations", await build_organisations([institute.id])),
        ("brokers", await build_brokers([(await BrokerProfile.get(user_id=broker.user_id)).id])),
        ("policies", await build_programmes(list(await all_programmes()))),
    ):
        await deps.search.put(name, [document for document in documents.values() if document])

    page = (await client.get("/organisations?q=铝业&kind=institute")).text
    assert "邕江<mark>铝业</mark>研究院" in page
    assert re.search(r"科研院所</span>\s*<span class=\"amount small\">1<", page)
    assert "梁认证" in (await client.get("/brokers")).text
    assert "/subsidies/" in (await client.get("/policies?q=补助")).text
    assert (await client.get("/suggest?index=organisations&q=铝业")).json() == ["邕江铝业研究院"]


async def test_the_workbook_holds_exactly_the_filtered_rows_with_typed_cells(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcomes = [
        await make_outcome(title=f"=导线{number}", field=field, price_amount=123_456_789)
        for number, field in enumerate(["materials"] * 23 + ["energy"])
    ]
    await index_listings(deps, *outcomes)

    answer = await client.get("/outcomes.xlsx?field=materials&sort=newest")
    rows = list(load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows())

    assert answer.headers["content-disposition"] == 'attachment; filename="outcomes.xlsx"'
    assert len(rows) == 24
    assert {row[1].data_type for row in rows[1:]} == {"s"}
    assert rows[1][7].value == 1_234_567.89
    assert isinstance(rows[1][9].value, datetime)


async def test_a_masked_need_is_masked_in_workbook_and_feed(client: httpx.AsyncClient, deps: Deps) -> None:
    owner = await make_organisation(name="邕江秘密铝业")
    await index_listings(deps, await make_need(owner, title="提高导电率", is_masked=True))

    sheet = (await client.get("/needs.xlsx")).content
    feed = (await client.get("/needs.atom")).text

    cells = [cell.value for row in load_workbook(io.BytesIO(sheet)).worksheets[0].iter_rows() for cell in row]
    assert "某企业" in cells
    assert "邕江秘密铝业" not in cells
    assert "邕江秘密铝业" not in feed
    assert "提高导电率" in feed


async def test_the_feed_of_a_search_is_whole_atom_with_stable_ids(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    older = await make_outcome(title="赤泥 <路基> & \x0b桥", published_at=NOW - timedelta(days=3))
    newer = await make_outcome(title="赤泥制砖", published_at=NOW)
    await index_listings(deps, older, newer, await make_outcome(title="甘蔗"))

    answer = await client.get("/outcomes.atom", params={"q": "赤泥"})
    feed = ElementTree.fromstring(answer.content)  # noqa: S314 -- our own
    entries = feed.findall(f"{ATOM}entry")

    assert answer.headers["content-type"] == "application/atom+xml"
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        f"urn:uuid:{outcome.id}" for outcome in (newer, older)
    ]
    assert feed.findtext(f"{ATOM}id") == "http://market.test/outcomes.atom?q=%E8%B5%A4%E6%B3%A5"
    for part in (feed, *entries):
        assert part.findtext(f"{ATOM}title")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", part.findtext(f"{ATOM}updated") or "")
    for entry in entries:
        assert entry.findtext(f"{ATOM}author/{ATOM}name")
        assert entry.find(f"{ATOM}link").get("href", "").startswith("http://market.test/outcomes/")  # type: ignore[union-attr]


async def test_up_to_four_outcomes_stand_side_by_side_with_their_differences_marked(
    client: httpx.AsyncClient,
) -> None:
    outcomes = [
        await make_outcome(title=f"导线{number}", trl=number + 4, region="450100") for number in range(5)
    ]
    draft = await make_outcome(title="未公开", status="draft")

    page = await client.get("/compare", params={"n": [outcome.number for outcome in (draft, *outcomes)]})
    narrow = await client.get(f"/compare?n={outcomes[0].number},{outcomes[1].number}&diff=1")

    assert page.status_code == 200
    assert [f"导线{number}" in page.text for number in range(5)] == [True, True, True, False, False]
    assert "未公开" not in page.text
    assert f"没有找到：{draft.number}" in page.text
    assert re.search(r"成熟度 <span class=\"mark mark--due\">不同</span>", page.text)
    assert "成熟度" in narrow.text
    assert "所在地" not in narrow.text


async def test_a_malicious_search_is_answered_with_a_page(deps: Deps) -> None:
    await index_listings(deps, await make_outcome(title="耐热铝合金导线"))
    app = create_app(deps)

    for (name, query), path in product(MALICIOUS_QUERIES.items(), ("/outcomes", "/suggest")):
        assert await get_status(app, path, urlencode({"q": query})) == 200, name
