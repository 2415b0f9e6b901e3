"""How tests use pages: sign in, find the form, fill it, send it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import quote_plus

import httpx

from market.accounts.actors import Actor
from market.accounts.models import User
from market.accounts.sessions import COOKIE, start_session
from market.kit.security import BROWSER_COOKIE

FORM = "application/x-www-form-urlencoded"
_browsers: dict[str, str] = {}
"""The token of each browser: it stays the same, so a browser that comes again has it already."""


async def sign_in(client: httpx.AsyncClient, actor: Actor | None) -> httpx.AsyncClient:
    """Make the browser this person's (None: a guest's again), without the page for it."""
    client.cookies.delete(COOKIE)
    if actor is not None:
        client.cookies.set(COOKIE, await start_session(await User.get(id=actor.user_id), device="test"))
    return client


async def token(client: httpx.AsyncClient, page: str = "/login") -> str:
    """Return the CSRF token of this browser, from a page that has a form."""
    answer = await client.get(page, follow_redirects=True)
    match = re.search(r'name="csrf_token" value="([0-9a-f]+)"', answer.text)
    assert match, answer.text[:500]
    return match[1]


async def post(
    client: httpx.AsyncClient,
    address: str,
    data: dict[str, Any] | None = None,
    *,
    files: Any = None,
    follow: bool = True,
) -> httpx.Response:
    """Send a form of ours, with its token, as the page itself would."""
    browser = client.cookies.get(BROWSER_COOKIE)
    if browser is None and _browsers:
        browser = next(iter(_browsers))
        client.cookies.set(BROWSER_COOKIE, browser, domain=client.base_url.host)
    if browser not in _browsers:
        csrf = await token(client)
        browser = str(client.cookies.get(BROWSER_COOKIE))
        _browsers[browser] = csrf
    fields = {"csrf_token": _browsers[browser], **(data or {})}
    if files is not None:
        return await client.post(address, data=fields, files=files, follow_redirects=follow)
    return await client.post(
        address, content=_encode(fields), headers={"content-type": FORM}, follow_redirects=follow
    )


_FAULTS = (
    re.compile(r'<li>\s*<a href="#([\w-]+)">[^<]*</a>：([^<]*)</li>'),
    re.compile(r'<p class="field__error"\s+id="([\w-]+)-error"\s*>([^<]*)</p>'),
)
"""What is wrong, in the summary above a form, and at its fields."""


def faults_on(page: httpx.Response) -> dict[str, str]:
    """Return what a page says is wrong, by the field to which it says so."""
    return {name: unescape(text).strip() for pattern in _FAULTS for name, text in pattern.findall(page.text)}


def _encode(fields: Mapping[str, Any]) -> str:
    """Encode a form as browsers do; a text of 100 kB that many forms are given is encoded once."""
    pairs = [
        (name, text)
        for name, value in fields.items()
        for text in (value if isinstance(value, list | tuple) else [value])
    ]
    assert all(isinstance(text, str | int) for _name, text in pairs), pairs
    return "&".join(f"{_quote(name)}={_quote(str(text))}" for name, text in pairs)


_quote = lru_cache(maxsize=1024)(quote_plus)
