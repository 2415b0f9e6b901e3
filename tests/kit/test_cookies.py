"""Cookies over https belong to this host alone."""

from __future__ import annotations

from dataclasses import replace

import httpx

from market.app import create_app
from market.deps import Deps
from tests.accounts.registration_data import make_user_with_password
from tests.factories import PASSWORD


async def test_over_https_every_cookie_of_ours_has_the_hosts_prefix_and_signing_in_works(deps: Deps) -> None:
    settings = replace(deps.settings, base_url="https://market.test")
    transport = httpx.ASGITransport(app=create_app(replace(deps, settings=settings)))
    user = await make_user_with_password()
    async with httpx.AsyncClient(transport=transport, base_url="https://market.test") as browser:
        page = (await browser.get("/login")).text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        fields = {"csrf_token": token, "email": user.email, "password": PASSWORD}

        answer = await browser.post("/login", data=fields)

        assert answer.status_code == 303
        headers = answer.headers.get_list("set-cookie")
        assert sorted(header.split("=")[0] for header in headers) == ["__Host-device", "__Host-session"]
        for header in headers:
            assert "Path=/" in header
            assert "Secure" in header
            assert "HttpOnly" in header
            assert "Domain" not in header
        assert "__Host-browser" in browser.cookies
        assert (await browser.get("/account")).status_code == 200
        # A cookie that a page over http, or another host of the domain, has set is not ours.
        browser.cookies.delete("__Host-session")
        browser.cookies.set("session", "planted")
        assert (await browser.get("/account")).status_code == 303
