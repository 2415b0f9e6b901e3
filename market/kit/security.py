"""CSRF tokens, security headers, and signatures of stateless links."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from market.kit.cookies import cookie_name
from market.kit.encryption import keyed_digest
from market.kit.errors import Forbidden, MarketError
from market.kit.hosts import is_own_origin
from market.kit.i18n import gettext as _
from market.kit.web import form_data

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf_token"
BROWSER_COOKIE = "browser"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self' https://checkout.stripe.com; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SIGNATURE_LENGTH = 32


class FormToken:
    """The CSRF token as a template writes it; a page without a form needs none, and no cookie either."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def __str__(self) -> str:
        return csrf_token(self.request)

    __html__ = __str__


def csrf_token(request: Request) -> str:
    """Return the CSRF token of this browser, which gets its cookie with this answer."""
    bind_browser(request)
    secret: str = request.app.state.deps.settings.secret_key
    browser: str = request.state.browser
    return keyed_digest(secret.encode(), f"csrf:{browser}")


def bind_browser(request: Request) -> None:
    """Have this answer set the browser's cookie, if it has none yet."""
    request.state.is_bound = True


class PageExpired(Forbidden):
    """A form of ours came from a page whose token is of another browser or another time."""


async def check_csrf(request: Request, exempt: Collection[str]) -> None:
    """Raise unless an unsafe request has the browser's CSRF token and our origin.

    `exempt` are paths that are authenticated by a signature.
    """
    if request.method in SAFE_METHODS or request.url.path in exempt:
        return
    _require_utf8(request)
    if not _is_same_origin(request):
        raise Forbidden(_("这个请求不是从本站页面发出的，没有执行。"))
    token = request.headers.get("x-csrf-token")
    if token is None:
        token = str((await form_data(request)).get(FIELD) or "")
    if not hmac.compare_digest(token.encode(), csrf_token(request).encode()):
        raise PageExpired(_("页面已过期，请返回上一页刷新后再提交。"))


def _require_utf8(request: Request) -> None:
    """Raise for forms in other encodings: our pages send none, and some decode to surrogates,
    which neither a page nor the database can hold."""
    content_type = request.headers.get("content-type", "").lower()
    if "charset=" in content_type and "utf-8" not in content_type:
        raise MarketError(_("表单的文字编码不对，没有执行。"))


def _is_same_origin(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin in (None, "null"):
        return origin is None
    base_url: str = request.app.state.deps.settings.base_url
    return is_own_origin(str(origin), host=request.headers.get("host", ""), base_url=base_url)


class BrowserMiddleware:
    """Identifies browsers by a random cookie, to which CSRF tokens are bound; sets security headers.

    The cookie is set by answers that need it (`bind_browser`): pages with a form, and whatever is submitted.
    """

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        self.app = app
        self.is_secure = is_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        name = cookie_name(BROWSER_COOKIE, is_secure=self.is_secure)
        cookie = request.cookies.get(name, "")
        is_new = not (20 <= len(cookie) <= 60 and cookie.isascii())
        browser = secrets.token_urlsafe(24) if is_new else cookie
        state = scope.setdefault("state", {})
        state.update(browser=browser, is_bound=scope["method"] not in SAFE_METHODS)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", CSP)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "same-origin")
                headers.setdefault("permissions-policy", "camera=(), microphone=(), geolocation=()")
                headers.setdefault("cross-origin-opener-policy", "same-origin")
                if self.is_secure:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
                if state["is_bound"]:  # its token is this browser's: nobody else is shown the page
                    headers.setdefault("cache-control", "private, no-cache")
                if is_new and state["is_bound"]:
                    secure = "; Secure" if self.is_secure else ""
                    headers.append(
                        "set-cookie",
                        f"{name}={browser}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000{secure}",
                    )
            await send(message)

        await self.app(scope, receive, send_with_headers)


def sign(secret: str, purpose: str, text: str) -> str:
    """Return the signature of a text, valid for one purpose only."""
    return keyed_digest(secret.encode(), f"{purpose}:{text}")[:SIGNATURE_LENGTH]


def is_valid_signature(secret: str, purpose: str, text: str, signature: str) -> bool:
    """Return whether the signature is valid, in constant time."""
    expected = sign(secret, purpose, text)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
