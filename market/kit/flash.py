"""Flash messages: a sentence carried over one redirect in a signed cookie, read once."""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from market.kit.cookies import read_cookie, set_cookie

COOKIE = "flash"


def _signer(request: Request) -> URLSafeSerializer:
    return URLSafeSerializer(request.app.state.deps.settings.secret_key, salt="flash")


def flash(request: Request, response: Response, message: str, tone: str = "done") -> Response:
    """Set `message` for the next page; `tone` is done, note, due or wrong."""
    set_cookie(request, response, COOKIE, _signer(request).dumps([tone, message[:400]]), max_age=120)
    return response


def take_flash(request: Request) -> tuple[str, str] | None:
    """Return tone and message for this page, or None."""
    raw = read_cookie(request, COOKIE)
    if not raw:
        return None
    try:
        tone, message = _signer(request).loads(raw)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(tone), str(message)
