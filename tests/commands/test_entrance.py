"""What visitors and probes are answered while a site is prepared."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse

from market.commands.entrance import Entrance
from market.commands.serve import cancelled_with


async def test_a_page_shows_how_far_the_preparation_is_and_then_the_site_answers() -> None:
    entrance = Entrance(5)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=entrance), base_url="http://market.test", trust_env=False
    ) as client:
        at_first = await client.get("/")
        entrance.note("数据表和规则已就绪")
        page = await client.get("/outcomes?q=铝", headers={"accept-language": "zh-TW"})
        style = await client.get(at_first.text.partition('rel="stylesheet" href="')[2].partition('"')[0])
        probes = [await client.get(path) for path in ("/healthz", "/readyz")]
        form = await client.post("/login", data={"email": "x"})
        entrance.open(PlainTextResponse("the site"))
        site = await client.get("/")

    assert 'max="5" value="0"' in " ".join(at_first.text.split())
    assert "正在准备" in at_first.text
    assert '<meta http-equiv="refresh" content="2">' in at_first.text
    assert "数据表和规则已就绪" in page.text
    assert 'max="5" value="1"' in " ".join(page.text.split())
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    for answer in (at_first, page, form, *probes):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["cache-control"] == "no-store"
    assert (site.status_code, site.text) == (200, "the site")


async def test_a_site_that_is_stopped_while_it_is_prepared_ends_the_preparation() -> None:
    begun, undone = asyncio.Event(), []

    async def serve() -> None:
        await begun.wait()

    async with cancelled_with(asyncio.create_task(serve()), Entrance(1)):
        try:
            begun.set()
            await asyncio.sleep(60)
        finally:
            undone.append("database")

    assert undone == ["database"]
    with pytest.raises(ValueError, match="wrong"):
        async with cancelled_with(asyncio.create_task(asyncio.sleep(60)), Entrance(1)):
            raise ValueError("wrong")
