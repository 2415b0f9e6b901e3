"""Names under which the site answers, and origins whose forms it takes, also behind a proxy."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PROBES = ("/healthz", "/readyz", "/metrics")
"""Asked by machines under whatever address they know."""
_PORTS = {"http": 80, "https": 443}


class TrustedHosts:
    """Refuses requests for a host that is not ours; without names it takes any, as in the demo."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts) | LOOPBACK if hosts else frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.hosts and scope["type"] == "http" and scope["path"] not in PROBES:
            name = host_name(Headers(scope=scope).get("host", ""))
            if name not in self.hosts:
                answer = PlainTextResponse("这里没有这个网站。No such site here.", 421)
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def host_name(host: str) -> str:
    """Return the name in a `Host` header, without its port; empty where it is no name."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_own_origin(origin: str, *, host: str, base_url: str) -> bool:
    """Return whether a form of this `Origin` is ours.

    That is the address of the site, with its port, whatever name a proxy passes on; else the `Host` that was
    asked for, over https where the site is reached by https.
    """
    address = _address(origin)
    if address is None:
        return False
    own = _address(base_url)
    if address == own:
        return True
    is_secure = own is not None and own[0] == "https"
    return (address[0] == "https" or not is_secure) and address == _address(f"{address[0]}://{host}")


def _address(text: str) -> tuple[str, str, int] | None:
    """Return scheme, name and port; None where the text is no address of the web."""
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
