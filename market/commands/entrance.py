"""What a site answers while it is prepared: a page that shows how far that is; then the site itself."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from market.kit.i18n import set_locale
from market.kit.static_files import StaticFiles
from market.kit.templating import environment

ASK_AGAIN = 2
"""Seconds after which the page asks again how far it is."""
PROBES = ("/healthz", "/readyz")


class Entrance:
    """Answers for the site until it is there, always with 503, so that no program takes it for the site."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._done: list[str] = []
        self._preparing = StaticFiles(self._answer)
        self._site: ASGIApp | None = None

    @property
    def is_open(self) -> bool:
        return self._site is not None

    def note(self, step: str) -> None:
        """Show that a step of the preparation is done."""
        self._done.append(step)

    def open(self, site: ASGIApp) -> None:
        """Hand every further request to the site."""
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._site or self._preparing)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _page(scope, self._done, self._steps)(scope, receive, send)


def _page(scope: Scope, done: Sequence[str], steps: int) -> Response:
    headers = {"retry-after": str(ASK_AGAIN), "cache-control": "no-store"}
    if scope["path"] in PROBES:
        return PlainTextResponse("preparing\n", 503, headers)
    accepted = Headers(scope=scope).get("accept-language", "").lower()
    set_locale("zh-Hant" if accepted.startswith(("zh-tw", "zh-hk", "zh-hant", "zh-mo")) else "zh-Hans")
    template = environment().get_template("preparing.html")
    html = template.render(done=done, steps=max(steps, len(done) + 1), ask_again=ASK_AGAIN)
    headers["content-security-policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    return HTMLResponse(html, 503, headers)
