"""Cookies of the site. Over https their names begin with `__Host-`: no other host or http page sets them."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response


def cookie_name(name: str, *, is_secure: bool) -> str:
    """Return the name a cookie is sent under."""
    return f"__Host-{name}" if is_secure else name


def _is_secure(request: HTTPConnection) -> bool:
    return bool(request.app.state.deps.settings.is_secure)


def read_cookie(request: HTTPConnection, name: str) -> str | None:
    """Return the value of a cookie of ours, or None."""
    return request.cookies.get(cookie_name(name, is_secure=_is_secure(request)))


def set_cookie(
    request: HTTPConnection, response: Response, name: str, value: str, *, max_age: int | None = None
) -> None:
    """Set a cookie that scripts cannot read and other sites do not send."""
    is_secure = _is_secure(request)
    response.set_cookie(
        cookie_name(name, is_secure=is_secure),
        value,
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=is_secure,
    )


def drop_cookie(request: HTTPConnection, response: Response, name: str) -> None:
    """Delete a cookie."""
    is_secure = _is_secure(request)
    response.delete_cookie(cookie_name(name, is_secure=is_secure), secure=is_secure, httponly=True)
