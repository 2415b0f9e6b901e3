"""The pages in traditional characters convert what users wrote, and show the original at one click."""

from __future__ import annotations

import httpx

from market.accounts.models import Organisation
from tests.factories import make_member, make_need
from tests.visitor import sign_in

WRITTEN = "广西平果、靖西等氧化铝企业的赤泥问题"


async def test_a_need_is_read_in_traditional_characters_and_in_the_original(
    client: httpx.AsyncClient,
) -> None:
    need = await make_need(description=WRITTEN)
    client.cookies.set("locale", "zh-Hant")

    page = await client.get(f"/needs/{need.number}")
    original = await client.get(f"/needs/{need.number}?original=1")
    client.cookies.set("locale", "zh-Hans")
    simplified = await client.get(f"/needs/{need.number}")

    assert "廣西平果、靖西等氧化鋁企業的赤泥問題" in page.text
    assert "original=1" in page.text
    assert WRITTEN in original.text
    assert "轉成繁體" in original.text
    assert WRITTEN in simplified.text
    assert 'id="converted"' not in simplified.text


async def test_the_value_of_a_form_stays_as_it_was_written(client: httpx.AsyncClient) -> None:
    buyer = await make_member()
    own = await make_need(await Organisation.get(id=buyer.organisation_id), description=WRITTEN)
    await sign_in(client, buyer)
    client.cookies.set("locale", "zh-Hant")

    form = await client.get(f"/my/needs/{own.number}")
    search = await client.get(f"/needs?q={WRITTEN}")

    assert WRITTEN in form.text
    assert f'value="{WRITTEN}"' in search.text
