"""What the web sees of accounts: who is signed in, the session cookie, the demands of a page."""

from __future__ import annotations

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.devices import device_name
from market.accounts.sessions import COOKIE, find_actor
from market.accounts.signing_in import Browser
from market.kit.errors import MarketError
from market.kit.i18n import gettext as _


class SignInFirst(MarketError):
    """The page is for people who are signed in; the app sends guests to the sign-in page."""

    status = 401


def signed_in_actor(request: Request) -> Actor:
    """Return who is signed in.

    Raises:
        SignInFirst: nobody is.
    """
    actor = optional_actor(request)
    if actor is None:
        raise SignInFirst(_("请先登录。"))
    return actor


def actor_for(request: Request, act: StrEnum) -> Actor:
    """Return who is signed in, if their roles allow `act`.

    Raises:
        SignInFirst: nobody is signed in.
        NotYours: the roles do not allow it.
    """
    actor = signed_in_actor(request)
    actor.require(act)
    return actor


def optional_actor(request: Request) -> Actor | None:
    """Return who is signed in, or None for a guest."""
    actor: Actor | None = request.state.actor
    return actor


async def attach_actor(request: Request) -> None:
    """Find out who is signed in, before the handler runs."""
    found = await find_actor(request.cookies.get(COOKIE))
    request.state.actor, request.state.unread = found or (None, 0)


def set_session(response: Response, token: str, *, is_secure: bool) -> Response:
    """Hand the browser its session."""
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=is_secure, max_age=7 * 86400)
    return response


def drop_session(response: Response) -> Response:
    """Take the session away from the browser, with all that it keeps of us."""
    response.delete_cookie(COOKIE)
    response.headers["clear-site-data"] = '"cache"'
    return response


def browser_of(request: Request) -> Browser:
    """Return where a sign-in comes from."""
    return Browser(
        ip=address_of(request),
        device=device_name(request.headers.get("user-agent", "")),
        old_token=request.cookies.get(COOKIE),
    )


def address_of(request: Request) -> str:
    """Return the network address the request comes from; behind a proxy the server has put it right."""
    return request.client.host if request.client else ""
