"""What the site answers when an address, a method, a body or the world around it is wrong."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from tortoise.exceptions import OperationalError, ValidationError

from market.app import create_app
from market.deps import Deps
from market.kit.errors import DatabaseAway, Overloaded
from market.kit.gate import Gate
from market.kit.routing import GUEST_FORM, Route
from market.kit.web import form_data
from tests.databases import no_database
from tests.factories import make_member, make_organisation
from tests.visitor import post, sign_in, token

HEADERS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
)
Broken = Callable[[Exception], Awaitable[httpx.AsyncClient]]


def database_error(error: Exception) -> OperationalError:
    """Return an error of the driver as Tortoise hands it on."""
    outer = OperationalError(error)
    outer.__cause__ = error
    return outer


@pytest_asyncio.fixture(loop_scope="session")
async def broken(deps: Deps) -> AsyncIterator[Broken]:
    """A browser of a site whose page /broken raises the error it is given, after it read the form."""
    raised: list[Exception] = []

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            await form_data(request)
        raise raised[-1]

    app = create_app(deps)
    app.router.routes[:0] = [Route("/broken", endpoint, methods=["GET", "POST"])]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:

        async def break_by(error: Exception) -> httpx.AsyncClient:
            raised.append(error)
            return client

        yield break_by


@pytest.mark.parametrize(
    "address",
    [
        *("/nope", "/static/nope", "/static/", "/static/%00", "/static/..%2fmarket/app.py", "/%00"),
        *("/outcomes/CG-2026-9999999999", "/outcomes/" + "0" * 21, "/outcomes/" + "长" * 300, "/deals/%00"),
        *("/mails/99999999999999999999", "/mails/" + "9" * 5000, "/desk/budgets/guangxi/" + "2" * 5000),
        *("/subsidies/" + "s" * 300, "/subsidies/%00", "/reset/" + "t" * 5000, "/audit-log/" + "k" * 300),
    ],
)
async def test_an_address_that_names_nothing_is_not_found_with_a_whole_page(
    client: httpx.AsyncClient, address: str
) -> None:
    answer = await client.get(address)

    assert answer.status_code in (404, 303), answer.status_code
    assert answer.status_code == 303 or "没有找到" in answer.text
    assert [name for name in HEADERS if name not in answer.headers] == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "FOO", "CONNECT"])
async def test_a_method_that_a_page_does_not_know_is_refused_and_told_which_it_knows(
    client: httpx.AsyncClient, method: str
) -> None:
    for address, allowed in (("/outcomes", "GET, HEAD, OPTIONS"), ("/logout", "POST, OPTIONS")):
        answer = await client.request(method, address)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert "不接受" in answer.text
    assert (await client.request(method, "/nope")).status_code == 404
    assert (await client.request(method, "/static/css/market.css")).status_code in (404, 405)


async def test_options_tell_the_methods_without_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.request("OPTIONS", "/login")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert (await client.request("OPTIONS", "/nope")).status_code == 404


AWAY = asyncpg.AdminShutdownError("terminating connection")


@pytest.mark.parametrize(
    ("error", "read", "written", "sentence"),
    [
        (ValidationError("too long"), 404, 422, "无法保存的字符"),
        (database_error(asyncpg.CharacterNotInRepertoireError("0x00")), 404, 422, "无法保存的字符"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), 404, 422, "无法保存的字符"),
        (asyncpg.LockNotAvailableError("lock timeout"), 503, 409, "有人在改动"),
        (asyncpg.QueryCanceledError("statement timeout"), 503, 503, "暂时读不出来"),
        (AWAY, 503, 503, "数据库暂时没有响应"),
        (DatabaseAway(), 503, 503, "数据库暂时没有响应"),
        (Overloaded(), 503, 503, "访问的人太多"),
        (OSError(errno.ENOSPC, "no space left"), 507, 507, "存储空间满了"),
        (asyncpg.DiskFullError("no space left"), 507, 507, "存储空间满了"),
        (ZeroDivisionError("ours"), 500, 500, "出了差错"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_each_fault_has_its_page_and_loses_nothing_that_was_typed(
    broken: Broken, error: Exception, read: int, written: int, sentence: str
) -> None:
    client = await broken(error)

    shown = await client.get("/broken")
    sent = await post(client, "/broken", {"title": "一份写了很久的需求"})

    assert (shown.status_code, sent.status_code) == (read, written)
    assert sentence in sent.text
    assert "一份写了很久的需求" in sent.text
    for answer in (shown, sent):
        assert ("retry-after" in answer.headers) == (answer.status_code == 503)
        assert [name for name in HEADERS if name not in answer.headers] == []


async def test_without_a_database_pages_say_so_and_probes_and_style_sheets_are_answered(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await sign_in(client, await make_member(await make_organisation()))
    csrf = await token(client)

    with no_database(tmp_path):
        pages = [await client.get(path) for path in ("/outcomes", "/dashboard", "/help")]
        sent = await client.post("/my/needs/new", data={"csrf_token": csrf, "title": "一份写了很久的需求"})
        probes = [await client.get(path) for path in ("/healthz", "/readyz", "/static/css/market.css")]

    for page in (*pages, sent):
        assert (page.status_code, page.headers["retry-after"]) == (503, "5")
        assert "数据库暂时没有响应" in page.text
    assert "一份写了很久的需求" in sent.text
    assert [probe.status_code for probe in probes] == [200, 503, 200]
    assert (await client.get("/dashboard")).status_code == 200


async def test_beyond_the_gate_pages_wait_while_static_files_health_and_signing_in_are_answered(
    deps: Deps,
) -> None:
    app = create_app(deps)
    app.state.gate = Gate(1, patience=0.02)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://market.test"
    ) as client:
        async with app.state.gate.enter():
            refused = await client.get("/help")
            others = [(await client.get(path)).status_code for path in ("/healthz", "/readyz", "/login")]
        answered = await client.get("/help")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert (others, answered.status_code) == ([200, 200, 200], 200)


@pytest.mark.parametrize(
    ("address", "size", "status"),
    [
        ("/login", GUEST_FORM + 1, 413),
        ("/forgot", GUEST_FORM + 1, 413),
        ("/webhooks/stripe", 1024 * 1024 + 1, 413),
        ("/account", 4 * 1024 * 1024 + 1, 413),
        ("/account/papers", 4 * 1024 * 1024 + 1, 403),
    ],
)
async def test_each_route_takes_bodies_of_its_own_length(
    client: httpx.AsyncClient, address: str, size: int, status: int
) -> None:
    await sign_in(client, await make_member(await make_organisation()))

    answer = await client.post(address, content=b"x" * size, headers={"content-type": "text/plain"})

    assert answer.status_code == status


async def test_a_toy_answer_of_a_stream_leaves_the_gate_when_it_begins(deps: Deps) -> None:
    app = create_app(deps)
    app.state.gate = Gate(1, patience=0.02)
    inside: list[int] = []

    async def endpoint(request: Request) -> Response:
        inside.append(app.state.gate._slots._value)
        return PlainTextResponse("whole")

    app.router.routes[:0] = [Route("/toy", endpoint)]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://market.test"
    ) as client:
        for _ in range(3):
            assert (await client.get("/toy")).status_code == 200

    assert inside == [0, 0, 0]
