"""Sign in to a running market of a bench, as a demo person, and keep the cookie."""

from __future__ import annotations

import re

import httpx

from market.accounts.demo_logins import DOMAIN, PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def csrf_of(page: str) -> str:
    """Return the CSRF token of a page with a form; empty without one."""
    token = _TOKEN.search(page)
    return token.group(1) if token else ""


def sign_in(port: int, name: str) -> str:
    """Return the cookies, as a header, of a demo person who signed in.

    Raises:
        SystemExit: the sign-in was refused.
    """
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, headers={"origin": address}) as client:
        values = {"csrf_token": csrf_of(client.get("/login").text), "email": name + DOMAIN}
        answer = client.post("/login", data={**values, "password": PASSWORD})
        if answer.status_code != 303:
            raise SystemExit(f"{name} could not sign in: {answer.status_code}")
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
