"""The site: routes, middleware and error pages around the rooms."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from time import perf_counter
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders, URLPath
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute, NoMatchFound
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from market.accounts import web as accounts_web
from market.accounts.form_requests import OneSubmission, attach_held_form, with_held
from market.accounts.proof_requests import continue_after_proof
from market.accounts.security_events import note_export
from market.codes import contract_lists, industries, labels, lists, regions
from market.deps import Deps
from market.error_pages import (
    failed,
    not_found,
    refused,
    repeated,
    too_large,
    unavailable,
    unreadable,
    wrong_method,
)
from market.kit import telemetry
from market.kit.compiled_templates import use_addresses
from market.kit.database import SITE_LIMITS
from market.kit.errors import DatabaseAway, MarketError, NotFound, Overloaded, Unavailable
from market.kit.gate import MOST_STREAMS_WAITING, STORING, STREAM_PATIENCE, STREAMS, Gate, Place
from market.kit.guest_pages import GUEST_PAGE_SECONDS, GuestPages
from market.kit.held_forms import get_held_form
from market.kit.hosts import TrustedHosts
from market.kit.i18n import LOCALES, gettext, set_locale
from market.kit.quotas import QuotaClass, Quotas, read_quotas
from market.kit.request_bodies import BodyBudget, bounded, read_body, replay
from market.kit.routing import FORM, METHODS, MarketRouter, Route
from market.kit.security import SAFE_METHODS, BrowserMiddleware, check_csrf
from market.kit.static_files import StaticFiles
from market.kit.telemetry import set_up_logs
from market.kit.templating import environment
from market.rooms import install_rooms
from market.settings import Settings

log = logging.getLogger("market")
CSRF_EXEMPT = ("/webhooks/stripe", "/alerts/unsubscribe")
"""Unsafe requests that are signed in another way: the gateway's webhook and the one-click unsubscribe."""
LOCALE_COOKIE = "locale"


class Market(Starlette):
    """The site; it finds the address of a page by name without asking each route for it."""

    @cached_property
    def _named(self) -> dict[str, BaseRoute]:
        return {str(getattr(route, "name", "")): route for route in self.routes}

    @cached_property
    def fixed_addresses(self) -> dict[str, URLPath]:
        """Addresses of the routes without parameters, by name."""
        return {
            name: address
            for name, route in self._named.items()
            if isinstance(route, Route) and (address := route.fixed_address)
        }

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        if not path_params and name in self.fixed_addresses:
            return self.fixed_addresses[name]
        route = self._named.get(name)
        if route is None:
            raise NoMatchFound(name, path_params)
        return route.url_path_for(name, **path_params)


def create_app(
    deps: Deps,
    *,
    lifespan: Callable[[], AbstractAsyncContextManager[object]] | None = None,
    guest_page_seconds: float = 0,
) -> Market:
    """Build the site from what is handed in; `lifespan` surrounds its life when a server runs it.

    Guests' pages are kept for `guest_page_seconds`; 0: each is composed anew.
    """

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        if lifespan is None:
            yield
            return
        async with lifespan():
            yield

    app = Market(
        middleware=[
            Middleware(TrustedHosts, hosts=deps.settings.trusted_hosts),
            Middleware(StaticFiles),
            Middleware(GuestPages, seconds=guest_page_seconds),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
            Middleware(BrowserMiddleware, is_secure=deps.settings.is_secure),
            Middleware(_RequestMiddleware),
        ],
        exception_handlers={
            MarketError: refused,
            Unavailable: unavailable,
            DatabaseAway: failed,
            404: not_found,
            405: not_found,
            413: too_large,
        },
    )
    app.router = MarketRouter(routes=_routes(deps), lifespan=life)
    use_addresses(app.fixed_addresses)
    app.state.deps = deps
    app.state.gate, app.state.quotas = Gate(), Quotas(read_quotas(deps.settings.quotas))
    app.state.streams = Gate(STREAMS, waiting=MOST_STREAMS_WAITING, patience=STREAM_PATIENCE)
    app.state.storing = Gate(STORING, waiting=MOST_STREAMS_WAITING, patience=STREAM_PATIENCE)
    environment().globals.update(
        url=app.url_path_for,
        label=labels.label,
        tone=labels.tone,
        lists=lists,
        contract_lists=contract_lists,
        region_name=regions.full_name,
        industry_name=industries.name,
    )
    return app


def _routes(deps: Deps) -> Sequence[BaseRoute]:
    return install_rooms().routes(is_demo=deps.settings.is_demo)


class _RequestMiddleware:
    """Finds the route, bounds the request, loads the person, checks CSRF, catches what is left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.bodies = BodyBudget()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.id, request.state.actor, request.state.unread = uuid4().hex[:12], None, 0
        # Whatever it waits for later makes it no later.
        request.state.arrived_at = request.app.state.deps.clock()
        answering = _Answer(request, send)
        body = b""
        try:
            set_locale(_locale(request))
            if "\x00" in scope["path"]:  # no record has such a number, and the database takes no such text
                raise NotFound(gettext("没有这个页面，或者您不能查看它。"))
            if scope["path"].startswith("/static/"):
                await self.app(scope, receive, answering.send)
                return
            route, methods = request.app.router.find_route(scope)
            if route is None and (methods or request.method not in SAFE_METHODS):
                if not methods:
                    raise NotFound(gettext("没有这个页面，或者您不能查看它。"))
                await wrong_method(request, methods)(scope, receive, answering.send)
                return
            is_streamed = getattr(route, "is_streamed", False) and request.method not in SAFE_METHODS
            if is_streamed:
                receive = bounded(request, limit=getattr(route, "body", FORM))
                request = Request(scope, receive)
            elif request.method not in SAFE_METHODS:
                body = await read_body(request, self.bodies, limit=getattr(route, "body", FORM))
                receive = replay(body, receive)
                request = Request(scope, receive)
            if is_streamed:
                async with request.app.state.streams.enter():
                    await self._answer_streamed(request, answering)
            elif getattr(route, "is_gated", True):
                async with request.app.state.gate.enter() as place:
                    answering.place = place
                    await self._answer(request, answering)
            else:
                await self._answer(request, answering)
        except ClientDisconnect:
            return
        except MarketError as error:
            await (await refused(request, error))(scope, receive, answering.send)
        except HTTPException as error:
            await (await unreadable(request, error))(scope, receive, answering.send)
        except Exception as error:  # the edge of the app: nothing may leave it but a page
            if answering.status_code:
                raise
            page = await (unavailable if isinstance(error, Overloaded) else failed)(request, error)
            await page(scope, receive, answering.send)
        finally:
            self.bodies.give_back(len(body))
            await answering.submission.end(answering.status_code, answering.location)
            await note_export(request, answering.status_code, answering.media_type, answering.disposition)
            if form := getattr(request.state, "form", None):
                await form.close()
            if not scope["path"].startswith("/static/"):
                _note(request, answering)

    async def _answer(self, request: Request, answering: _Answer) -> None:
        """Have the page or the act of the route answer, for the person whose session it is."""
        scope, receive = request.scope, request.receive
        if getattr(scope.get("route"), "is_probe", False):
            await self.app(scope, receive, answering.send)
            return
        await accounts_web.attach_actor(request)
        await attach_held_form(request)
        await check_csrf(request, CSRF_EXEMPT)
        await self._carry_out(request, receive, answering)

    async def _answer_streamed(self, request: Request, answering: _Answer) -> None:
        """Answer a large upload, which is read on to the disk without a place among the requests in hand."""
        async with request.app.state.gate.enter():
            await accounts_web.attach_actor(request)
        accounts_web.signed_in_actor(request)  # before a byte of a guest's file is read
        await check_csrf(request, CSRF_EXEMPT)
        async with request.app.state.storing.enter() as place:
            answering.place = place
            await self._carry_out(request, request.receive, answering)

    async def _carry_out(self, request: Request, receive: Receive, answering: _Answer) -> None:
        """Have the route answer, once, what was sent; after a proof, what waited for it."""
        scope = request.scope
        await _count(request)
        receive = request.state.receive = await continue_after_proof(request, receive)
        answering.submission = await OneSubmission.begin(request, receive)
        earlier = answering.submission.earlier
        answer = self.app if earlier is None else repeated(request, earlier)
        await answer(scope, receive, answering.send)


class _Answer:
    """What is known of an answer while it is sent; its start gives up the place among those in hand."""

    def __init__(self, request: Request, send: Send) -> None:
        self._send = send
        self.started = perf_counter()
        self.status_code, self.location, self.media_type, self.disposition = 0, "", "", ""
        self.place: Place | None = None
        self.submission = OneSubmission(request, "")

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status_code = message["status"]
            headers = MutableHeaders(scope=message)
            self.location = headers.get("location", "")
            self.media_type = headers.get("content-type", "")
            self.disposition = headers.get("content-disposition", "")
            if self.location and (held := get_held_form()) is not None and not held.is_shown:
                headers["location"] = with_held(self.location, str(held.id))
            if self.place:
                self.place.leave()
        await self._send(message)


async def _count(request: Request) -> None:
    """Count a request of somebody who is signed in under the class of its route.

    Raises:
        TooMany: the quota of the person, the organisation or the address is used up.
    """
    actor, counted = request.state.actor, getattr(request.scope.get("route"), "quota", None)
    if actor is None or counted is None:
        return
    is_read = request.method in SAFE_METHODS
    if (counted in (QuotaClass.MESSAGES, QuotaClass.BIDS) and is_read) or (
        counted is QuotaClass.SEARCH and not request.scope["query_string"]
    ):
        return
    quotas: Quotas = request.app.state.quotas
    await quotas.count(
        counted,
        person=actor.user_id,
        organisation=actor.organisation_id,
        address=accounts_web.address_of(request),
    )


def _note(request: Request, answering: _Answer) -> None:
    route = getattr(request.scope.get("route"), "path", "none")
    status, duration = answering.status_code, perf_counter() - answering.started
    telemetry.observe(request.method if request.method in METHODS else "other", route, status, duration)
    log.info(
        "answered",
        extra={
            "request": request.state.id,
            "method": request.method,
            "route": route,
            "status": status,
            "ms": round(duration * 1000, 1),
        },
    )


def _locale(request: Request) -> str:
    locale = request.cookies.get(LOCALE_COOKIE, "")
    if locale in LOCALES:
        return locale
    accepted = request.headers.get("accept-language", "").lower()
    return "zh-Hant" if accepted.startswith(("zh-tw", "zh-hk", "zh-hant", "zh-mo")) else "zh-Hans"


def from_env() -> Starlette:
    """Build the site from the environment, for `uvicorn --factory market.app:from_env`."""
    from market.runtime import build_deps, running

    settings = Settings.from_env(os.environ)
    set_up_logs()
    deps = build_deps(settings)

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        with deps.shutdown.on_signals():
            async with running(deps, limits=SITE_LIMITS):
                yield

    return create_app(deps, lifespan=life, guest_page_seconds=GUEST_PAGE_SECONDS)
