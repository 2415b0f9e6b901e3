"""The actor of a request, the session cookie, and the permission a page requires."""

from __future__ import annotations

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.authentication import Browser
from market.accounts.sessions import COOKIE, device_name, find_actor
from market.kit.errors import MarketError
from market.kit.i18n import gettext as _


class SignInFirst(MarketError):
    """The page requires a login; the app redirects guests to it."""

    status = 401


def signed_in_actor(request: Request) -> Actor:
    """Return the signed-in actor.

    Raises:
        SignInFirst: nobody is.
    """
    actor = optional_actor(request)
    if actor is None:
        raise SignInFirst(_("请先登录。"))
    return actor


def actor_for(request: Request, act: StrEnum) -> Actor:
    """Return the signed-in actor, if their roles permit `act`.

    Raises:
        SignInFirst: nobody is signed in.
        NotYours: the roles do not permit it.
    """
    actor = signed_in_actor(request)
    actor.require(act)
    return actor


def optional_actor(request: Request) -> Actor | None:
    """Return the signed-in actor, or None for a guest."""
    actor: Actor | None = request.state.actor
    return actor


async def attach_actor(request: Request) -> None:
    """Load the actor into the request's state, before the handler runs."""
    session = await find_actor(request.cookies.get(COOKIE))
    request.state.actor, request.state.unread = session or (None, 0)


def set_session(response: Response, token: str, *, is_secure: bool) -> Response:
    """Set the session cookie."""
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=is_secure, max_age=7 * 86400)
    return response


def drop_session(response: Response) -> Response:
    """Delete the session cookie and have the browser clear its cache."""
    response.delete_cookie(COOKIE)
    response.headers["clear-site-data"] = '"cache"'
    return response


def browser_of(request: Request) -> Browser:
    """Return the browser that signs in."""
    return Browser(
        ip=address_of(request),
        device=device_name(request.headers.get("user-agent", "")),
        old_token=request.cookies.get(COOKIE),
    )


def address_of(request: Request) -> str:
    """Return the client's IP address; the server has resolved it behind a proxy."""
    return request.client.host if request.client else ""
