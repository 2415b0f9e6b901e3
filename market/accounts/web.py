"""The actor of a request, the session cookie, and the permission a page requires."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.authentication import Browser, SignIn
from market.accounts.devices import DEVICE_COOKIE
from market.accounts.fresh_proof import is_stale
from market.accounts.passkeys import Site
from market.accounts.sessions import COOKIE, device_name, find_session
from market.kit.cookies import drop_cookie, read_cookie, set_cookie
from market.kit.errors import Forbidden, MarketError
from market.kit.i18n import gettext as _
from market.kit.security import SAFE_METHODS
from market.kit.web import deps, redirect_to, safe_path


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


class FactorNeeded(Forbidden):
    """The person must have a second factor, and has none yet."""


OPEN_WITHOUT_FACTOR = (
    "/account/factors",
    "/account/proof",
    "/passkeys/",
    "/login",
    "/logout",
    "/language/",
    "/help",
    "/accessibility",
    "/healthz",
    "/readyz",
    "/metrics",
    "/webhooks/",
)
"""Beginnings of the addresses that are open to who must have a second factor and has none yet."""


def must_have_factor(actor: Actor, *, is_demo: bool) -> bool:
    """Return whether a person must have a second factor: the department's staff, outside the demo, and
    members of organisations that require it."""
    return (actor.is_staff and not is_demo) or actor.does_organisation_require_factor


async def attach_actor(request: Request) -> None:
    """Load the actor into the request's state, before the handler runs.

    Raises:
        FactorNeeded: the person has to set up a second factor first.
    """
    session, is_demo = await find_session(read_cookie(request, COOKIE)), deps(request).settings.is_demo
    if session is None:
        request.state.actor, request.state.unread = None, 0
        return
    actor = replace(
        session.actor,
        is_proof_stale=is_stale(session.proved_at, has_factor=session.actor.has_factor, is_demo=is_demo),
        is_reading=request.method in SAFE_METHODS,
    )
    request.state.actor, request.state.unread = actor, session.unread
    if (
        must_have_factor(actor, is_demo=is_demo)
        and not actor.has_factor
        and not request.url.path.startswith(OPEN_WITHOUT_FACTOR)
    ):
        raise FactorNeeded(_("您的身份必须有二次验证，请先开启。"))


def session_token(request: Request) -> str:
    """Return the token of the session that this browser has; empty without one."""
    return read_cookie(request, COOKIE) or ""


def set_session(request: Request, response: Response, sign_in: SignIn) -> Response:
    """Set the cookies of a sign-in."""
    set_cookie(request, response, COOKIE, sign_in.token, max_age=7 * 86_400)
    if sign_in.device_token is not None:
        set_cookie(request, response, DEVICE_COOKIE, sign_in.device_token, max_age=400 * 86_400)
    return response


def signed_in(request: Request, sign_in: SignIn, target: str) -> Response:
    """Lead on after a right password: to the second factor of who has one, else to the page asked for."""
    if sign_in.awaits_factor:
        response = redirect_to(request, "accounts:factor")
        if target := safe_path(target, ""):
            response.headers["location"] += "?next=" + quote(target, safe="/")
    else:
        response = redirect_to(request, "pages:workbench")
        response.headers["location"] = safe_path(target, response.headers["location"])
    return set_session(request, response, sign_in)


def drop_session(request: Request, response: Response) -> Response:
    """Delete the session cookie and have the browser clear its cache."""
    drop_cookie(request, response, COOKIE)
    response.headers["clear-site-data"] = '"cache"'
    return response


def browser_of(request: Request) -> Browser:
    """Return the browser that signs in."""
    return Browser(
        ip=address_of(request),
        device=device_name(request.headers.get("user-agent", "")),
        old_token=read_cookie(request, COOKIE),
        device_token=read_cookie(request, DEVICE_COOKIE),
    )


def passkey_site(request: Request) -> Site | None:
    """Return the site that passkeys are made for; in the demo, the address that the browser asked for."""
    settings = deps(request).settings
    return Site.of(str(request.base_url) if settings.is_demo else settings.base_url)


def address_of(request: Request) -> str:
    """Return the client's IP address; the server has resolved it behind a proxy."""
    return request.client.host if request.client else ""
