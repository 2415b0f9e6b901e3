"""The site behind a proxy: whose forms it takes, under which names it answers, whose address it believes."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from market.app import create_app
from market.commands.serve import server_config
from market.deps import Deps
from market.kit.hosts import is_own_origin
from market.settings import Settings
from tests.visitor import token

PROXY, VISITOR, LIAR = "10.0.0.2", "203.0.113.7", "198.51.100.9"


def behind(deps: Deps, base_url: str, host: str, **changes: object) -> httpx.AsyncClient:
    """A browser at the address people use, of which the proxy passes on `host`."""
    settings = replace(deps.settings, base_url=base_url, is_demo=False, **changes)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=create_app(replace(deps, settings=settings)))
    return httpx.AsyncClient(transport=transport, base_url=base_url, headers={"host": host}, trust_env=False)


@pytest.mark.parametrize(
    ("origin", "host", "base_url", "is_own"),
    [
        ("https://m.test", "m.test", "https://m.test", True),
        ("https://m.test:8443", "m.test", "https://m.test:8443", True),
        ("https://m.test:8443", "127.0.0.1:8000", "https://m.test:8443", True),
        ("https://m.test", "m.test:443", "https://m.test", True),
        ("http://m.test", "m.test:80", "http://m.test", True),
        ("https://www.m.test", "www.m.test", "https://m.test", True),
        ("http://10.0.0.5:8000", "10.0.0.5:8000", "http://127.0.0.1:8000", True),
        ("http://m.test", "m.test", "https://m.test", False),
        ("https://m.test:8444", "m.test", "https://m.test:8443", False),
        ("https://evil.test", "m.test", "https://m.test", False),
        ("https://m.test.evil.test", "m.test", "https://m.test", False),
        ("https://m.test@evil.test", "m.test", "https://m.test", False),
        ("https://m.test:99999", "m.test", "https://m.test", False),
        ("ftp://m.test", "m.test", "https://m.test", False),
        ("m.test", "m.test", "https://m.test", False),
        ("", "", "https://m.test", False),
    ],
)
def test_a_form_is_ours_by_the_sites_address_with_its_port_or_by_the_host_that_was_asked(
    origin: str, host: str, base_url: str, *, is_own: bool
) -> None:
    assert is_own_origin(origin, host=host, base_url=base_url) is is_own


async def test_a_proxy_that_drops_the_port_or_the_name_breaks_no_form(deps: Deps) -> None:
    for host in ("m.test", "m.test:8443", "127.0.0.1:8000"):
        async with behind(deps, "https://m.test:8443", host) as browser:
            form = {"csrf_token": await token(browser), "email": "a@b.cn", "password": "wrong wrong wrong"}
            own = await browser.post("/login", data=form, headers={"origin": "https://m.test:8443"})
            foreign = await browser.post("/login", data=form, headers={"origin": "https://evil.test"})
        assert (own.status_code, foreign.status_code) == (422, 403), host


async def test_the_site_answers_under_its_own_names_only_and_probes_under_any(deps: Deps) -> None:
    statuses = {}
    hosts = ("m.test", "M.TEST:443", "m.test.", "www.m.test", "localhost:8000", "[::1]:8000")
    for host in (*hosts, "evil.test", "m.test.evil.test", "m.test@evil.test", "", "["):
        async with behind(deps, "https://m.test", host, allowed_hosts="www.m.test, old.m.test") as browser:
            statuses[host] = (await browser.get("/help")).status_code
            assert (await browser.get("/healthz")).status_code == 200
    assert [statuses[host] for host in hosts] == [200] * len(hosts)
    assert {status for host, status in statuses.items() if host not in hosts} == {421}

    async with behind(deps, "https://m.test", "evil.test") as browser:
        refused = await browser.get("/static/site.css")
    assert refused.status_code == 421


def test_the_demo_answers_under_any_name() -> None:
    demo = Settings.from_env({"SECRET_KEY": "k" * 32})
    site = Settings.from_env(
        {
            "DATABASE_URL": "postgresql://u@h/d",
            "SECRET_KEY": "k" * 32,
            "BASE_URL": "https://M.test:8443/",
            "SMTP_URL": "smtp://h",
            "ALLOWED_HOSTS": "www.m.test",
        }
    )
    assert demo.trusted_hosts == []
    assert site.trusted_hosts == ["m.test", "www.m.test"]


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "believed"),
    [
        (PROXY, PROXY, VISITOR, (VISITOR, "https")),
        (PROXY, PROXY, f"{LIAR}, {VISITOR}", (VISITOR, "https")),
        ("10.0.0.0/24", PROXY, f"{LIAR}, {VISITOR}, 10.0.0.3", (VISITOR, "https")),
        (PROXY, LIAR, VISITOR, (LIAR, "http")),
        ("", "127.0.0.1", VISITOR, ("127.0.0.1", "http")),
    ],
)
async def test_only_a_proxy_that_was_named_says_whose_request_it_is(
    proxies: str, peer: str, forwarded: str, believed: tuple[str, str]
) -> None:
    seen: list[tuple[str, str]] = []

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["client"][0], scope["scheme"]))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = server_config(site, host="127.0.0.1", port=8000, proxies=proxies)
    config.load()
    transport = httpx.ASGITransport(app=config.loaded_app, client=(peer, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://m.test") as browser:
        await browser.get("/", headers={"x-forwarded-for": forwarded, "x-forwarded-proto": "https"})

    assert seen == [believed]
