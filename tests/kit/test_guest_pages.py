from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from market.app import create_app
from market.deps import Deps
from market.kit.guest_pages import GuestPages, forget_pages
from tests.visitor import token


@dataclass
class Site:
    """A site of three addresses that counts how often each page was composed."""

    composed: list[str] = field(default_factory=list)
    seconds: float = 0
    """What the clock of the middleware says."""
    asked_meanwhile: Callable[[], Awaitable[httpx.Response]] | None = None
    """Asked while the page that moves is composed."""
    answer_meanwhile: httpx.Response | None = None

    async def page(self, request: Request) -> Response:
        self.composed.append(str(request.url.query))
        return HTMLResponse(f"第 {len(self.composed)} 次")

    async def moving(self, request: Request) -> Response:
        self.composed.append("moving")
        request.state.kept_seconds = 1
        number = len(self.composed)
        if self.asked_meanwhile is not None:
            self.answer_meanwhile, self.asked_meanwhile = (await self.asked_meanwhile()), None
        return HTMLResponse(f"{number}")

    async def own(self, request: Request) -> Response:
        self.composed.append("own")
        response = HTMLResponse("只给一个人看")
        response.set_cookie("browser", "1")
        return response

    async def broken(self, request: Request) -> Response:
        self.composed.append("broken")
        return PlainTextResponse("没有", 404)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    routes = [
        Route("/page", site.page, methods=["GET", "POST"]),
        Route("/own", site.own),
        Route("/moving", site.moving),
        Route("/broken", site.broken),
    ]
    app = GuestPages(Starlette(routes=routes), seconds=5, most_bytes=60, clock=lambda: site.seconds)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://market.test") as client:
        yield client


async def test_a_page_is_composed_once_for_all_guests(client: httpx.AsyncClient, site: Site) -> None:
    first = await client.get("/page", headers={"cookie": "browser=a"})
    second = await client.get("/page", headers={"cookie": "browser=b"})
    known = await client.get("/page", headers={"if-none-match": first.headers["etag"]})

    assert first.text == second.text == "第 1 次"
    assert (known.status_code, known.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"
    assert site.composed == [""]


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "session=abc"},
        {"cookie": "browser=a; flash=done"},
        {"hx-request": "true"},
        {"authorization": "Bearer x"},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_whoever_may_get_a_page_of_their_own_gets_it(
    client: httpx.AsyncClient, site: Site, headers: dict[str, str]
) -> None:
    await client.get("/page")

    assert (await client.get("/page", headers=headers)).text == "第 2 次"
    assert "etag" not in (await client.get("/page", headers=headers)).headers
    assert len(site.composed) == 3


async def test_a_second_cookie_header_does_not_hide_a_session(client: httpx.AsyncClient, site: Site) -> None:
    await client.get("/page")
    await client.get("/page", headers=[("cookie", "session=abc"), ("cookie", "browser=a")])

    assert len(site.composed) == 2


async def test_language_address_and_host_make_another_page(client: httpx.AsyncClient, site: Site) -> None:
    for headers in ({}, {"accept-language": "zh-TW"}, {"cookie": "locale=zh-Hant"}, {"host": "other.test"}):
        await client.get("/page", headers=headers)
    await client.get("/page?page=2")

    assert len(site.composed) == 5


async def test_a_change_made_here_shows_at_once_and_others_after_some_seconds(
    client: httpx.AsyncClient, site: Site
) -> None:
    await client.get("/page")
    await client.post("/page")
    after_a_form = await client.get("/page")
    forget_pages()
    after_a_job = await client.get("/page")
    site.seconds += 5.1
    later = await client.get("/page")

    assert [page.text for page in (after_a_form, after_a_job, later)] == ["第 3 次", "第 4 次", "第 5 次"]


@pytest.mark.parametrize("path", ["/own", "/broken"])
async def test_answers_with_a_cookie_and_errors_are_not_kept(
    client: httpx.AsyncClient, site: Site, path: str
) -> None:
    await client.get(path)
    await client.get(path)

    assert len(site.composed) == 2


async def test_the_oldest_pages_make_room_for_new_ones(client: httpx.AsyncClient, site: Site) -> None:
    for number in range(8):
        await client.get(f"/page?page={number}")
    await client.get("/page?page=7")
    await client.get("/page?page=0")

    assert len(site.composed) == 9


async def test_a_page_with_a_form_is_kept_for_nobody_else(deps: Deps) -> None:
    transport = httpx.ASGITransport(app=create_app(deps, guest_page_seconds=60))
    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as first:
        await token(first)
        own = await token(first)
        page = await first.get("/login")
    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as second:
        foreign = await token(second)
        form = {"csrf_token": foreign, "email": "a@b.cn", "password": "wrong wrong wrong"}
        answer = await second.post("/login", data=form)

    assert page.headers["cache-control"] == "private, no-cache"
    assert own != foreign
    assert answer.status_code == 422


async def test_a_page_that_always_moves_is_kept_a_moment_whatever_changes_also_as_a_part(
    client: httpx.AsyncClient, site: Site
) -> None:
    async def part() -> httpx.Response:
        return await client.get("/moving", headers={"hx-request": "true"})

    assert [(await part()).text, (await client.get("/moving")).text] == ["1", "2"]
    forget_pages()
    assert [(await part()).text, (await client.get("/moving")).text] == ["1", "2"]

    site.seconds, site.asked_meanwhile = 1.5, part
    assert (await part()).text == "3"
    assert site.answer_meanwhile is not None
    assert site.answer_meanwhile.text == "1"  # who asks while it is composed does not wait
    plain = await client.get("/page", headers={"hx-request": "true"})
    assert plain.text != (await client.get("/page", headers={"hx-request": "true"})).text
