from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from market.kit.static_files import BUNDLES, STATIC, StaticFiles, read_static, static_url


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = StaticFiles(Starlette())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://market.test") as client:
        yield client


async def test_a_file_at_its_own_address_is_packed_and_kept_for_ever(client: httpx.AsyncClient) -> None:
    page = await client.get(static_url("site.css"), headers={"accept-encoding": "gzip, br"})

    assert page.headers["content-encoding"] == "br"
    assert page.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert page.headers["content-type"] == "text/css; charset=utf-8"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.text == "\n".join((STATIC / part).read_text() for part in BUNDLES["site.css"])


@pytest.mark.parametrize("address", ["/static/site.js", "/static/site.js?v=000000000000"])
async def test_an_address_of_another_release_is_asked_again_each_time(
    client: httpx.AsyncClient, address: str
) -> None:
    page = await client.get(address)
    again = await client.get(address, headers={"if-none-match": page.headers["etag"]})

    assert page.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", page.headers["etag"])


async def test_a_browser_gets_no_encoding_that_it_does_not_know(client: httpx.AsyncClient) -> None:
    plain = await client.get("/static/site.css", headers={"accept-encoding": "identity"})
    zipped = await client.get("/static/site.css", headers={"accept-encoding": "gzip"})
    head = await client.head("/static/site.css", headers={"accept-encoding": "identity"})

    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert plain.content == zipped.content
    assert (head.content, head.headers["content-length"]) == (b"", str(len(plain.content)))


@pytest.mark.parametrize(
    "path", ["nope", "", "%00", "../pyproject.toml", "%2e%2e/pyproject.toml", "css", ".done"]
)
async def test_nothing_but_the_files_of_the_folder_is_sent(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/static/{path}")).status_code == 404


def test_what_a_first_visit_loads_besides_its_page_stays_small() -> None:
    sizes = {name: len(file.bodies["br"]) for name in BUNDLES if (file := read_static(name))}

    assert set(sizes) == set(BUNDLES)
    assert sum(sizes.values()) < 33_000
