"""A listing is shared by its address, a QR code and one page of A4; similar ones are named beside it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx
import typst

from market.deps import Deps
from market.kit.pdf import FONTS, TEMPLATES
from market.listings.states import OutcomeStatus
from market.pages.sharing import qr_svg, sheet_data
from market.pages.similar import is_similar
from tests.factories import make_need, make_organisation, make_outcome
from tests.pages.search_index import index_listings


async def test_the_page_to_share_has_the_address_its_code_and_a_print_of_one_page(
    client: httpx.AsyncClient,
) -> None:
    outcome = await make_outcome()

    page = await client.get(f"/outcomes/{outcome.number}/share")
    assert f"/outcomes/{outcome.number}" in page.text
    assert "<svg" in page.text
    print_ = await client.get(f"/outcomes/{outcome.number}/sheet.pdf")
    assert print_.headers["content-type"] == "application/pdf"
    assert print_.content.startswith(b"%PDF")


async def test_the_longest_listing_prints_on_one_page() -> None:
    row = {"indicator": "抗压强度（二十八天）", "current": "18.2", "ours": "23.6", "change": "+5.4"}
    names = ("indicators", "problem", "solution", "applications", "economics")
    texts: dict[str, Any] = dict.fromkeys(names, "字" * 5000)
    outcome = await make_outcome(
        title="长" * 200,
        highlight="亮" * 300,
        modes=["licence", "exclusive_licence", "service"],
        comparison=[row] * 30,
        **texts,
    )
    await outcome.fetch_related("organisation")
    data = sheet_data(outcome, f"https://market.test/outcomes/{outcome.number}", date(2026, 11, 29))

    pages = typst.compile(
        str(TEMPLATES / "listing.typ"),
        root=str(TEMPLATES),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data)},
        format="png",
        ppi=20.0,
    )

    assert isinstance(pages, bytes), "several pages come as a list"


async def test_what_is_not_public_is_not_shared(client: httpx.AsyncClient) -> None:
    draft = await make_outcome(status=OutcomeStatus.DRAFT)

    for page in ("share", "sheet.pdf"):
        assert (await client.get(f"/outcomes/{draft.number}/{page}")).status_code == 404
        assert (await client.get(f"/outcomes/CG-1999-000001/{page}")).status_code == 404


async def test_a_masked_need_is_shared_without_its_owner(client: httpx.AsyncClient) -> None:
    owner = await make_organisation(name="绝密铝业有限公司")
    need = await make_need(owner, is_masked=True)

    page = await client.get(f"/needs/{need.number}/share")
    assert page.status_code == 200
    assert owner.name not in page.text
    assert (await client.get(f"/needs/{need.number}/sheet.pdf")).status_code == 200


def test_two_addresses_have_two_codes() -> None:
    assert qr_svg("https://a.test/1") != qr_svg("https://a.test/2")


async def test_similar_outcomes_share_a_keyword_or_much_of_their_titles(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    bricks = await make_outcome(title="赤泥免烧路面砖成套工艺", keywords=["赤泥", "免烧砖"])
    blocks = await make_outcome(title="赤泥基砌块", keywords=["赤泥", "砌块"])
    battery = await make_outcome(title="钠离子电池正极材料", keywords=["电池"])
    await index_listings(deps, bricks, blocks, battery)

    assert is_similar(bricks, blocks)
    assert not is_similar(bricks, battery)
    page = (await client.get(f"/outcomes/{bricks.number}")).text
    section = page[page.index('id="similar"') : page.index('id="past"')]
    assert blocks.title in section
    assert battery.title not in section


async def test_kept_listings_are_those_of_the_address_that_one_may_see(client: httpx.AsyncClient) -> None:
    outcome, need = await make_outcome(), await make_need()
    draft = await make_outcome(status=OutcomeStatus.DRAFT)

    page = await client.get(f"/kept?n={outcome.number}&n={need.number}&n={draft.number}")

    assert outcome.title in page.text
    assert need.title in page.text
    assert f"没有找到：{draft.number}" in page.text
    assert "还没有收藏" in (await client.get("/kept")).text


async def test_a_fifth_outcome_is_named_as_left_out_of_the_comparison(client: httpx.AsyncClient) -> None:
    outcomes = [await make_outcome() for _number in range(5)]
    query = "&".join(f"n={outcome.number}" for outcome in outcomes)

    page = await client.get(f"/compare?{query}")

    assert f"最多比四项，没有放进来：{outcomes[4].number}" in page.text
