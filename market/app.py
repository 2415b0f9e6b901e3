"""The site: routes, middleware and error pages around the rooms."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders, URLPath
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, NoMatchFound
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from market.accounts import web as accounts_web
from market.accounts.form_requests import OneSubmission, attach_held_form, hold_refused_form, with_held
from market.accounts.forms import LoginForm
from market.accounts.web import SignInFirst
from market.codes import contract_lists, industries, labels, lists, regions
from market.deps import Deps
from market.kit import telemetry
from market.kit.database import is_busy
from market.kit.errors import Conflict, MarketError, NotFound, TooMany, Unavailable
from market.kit.flash import flash
from market.kit.held_forms import get_held_form, is_typed, pairs_of
from market.kit.i18n import LOCALES, gettext, set_locale
from market.kit.security import SAFE_METHODS, BrowserMiddleware, PageExpired, buffer_body, check_csrf
from market.kit.telemetry import set_up_logs
from market.kit.templating import STATIC, environment, render
from market.kit.web import safe_path
from market.rooms import install_rooms
from market.settings import Settings

log = logging.getLogger("market")
CSRF_EXEMPT = ("/webhooks/stripe", "/alerts/unsubscribe")
"""Unsafe requests that are signed in another way: the gateway's webhook and the one-click unsubscribe."""
KEPT = (SignInFirst, PageExpired, Conflict, TooMany)
"""Refusals after which the same form may be sent again: what was typed is kept for it."""
LOCALE_COOKIE = "locale"
LARGEST_BODY = 32 * 1024 * 1024


class Market(Starlette):
    """The site; it finds the address of a page by name without asking each route for it."""

    @cached_property
    def _named(self) -> dict[str, BaseRoute]:
        return {str(getattr(route, "name", "")): route for route in self.routes}

    @cached_property
    def _fixed(self) -> dict[str, URLPath]:
        """Addresses without parameters that have been asked for, by name."""
        return {}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        if not path_params and name in self._fixed:
            return self._fixed[name]
        route = self._named.get(name)
        if route is None:
            raise NoMatchFound(name, path_params)
        path = route.url_path_for(name, **path_params)
        if not path_params:
            self._fixed[name] = path
        return path


def create_app(
    deps: Deps, *, lifespan: Callable[[], AbstractAsyncContextManager[object]] | None = None
) -> Market:
    """Build the site from what is handed in; `lifespan` surrounds its life when a server runs it."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        if lifespan is None:
            yield
            return
        async with lifespan():
            yield

    app = Market(
        routes=_routes(deps),
        lifespan=life,
        middleware=[
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
            Middleware(BrowserMiddleware, is_secure=deps.settings.is_secure),
            Middleware(_RequestMiddleware),
        ],
        exception_handlers={
            MarketError: _refused,
            Unavailable: _unavailable,
            404: _not_found,
            405: _not_found,
            413: _too_large,
        },
    )
    app.state.deps = deps
    environment().globals.update(
        label=labels.label,
        tone=labels.tone,
        lists=lists,
        contract_lists=contract_lists,
        region_name=regions.full_name,
        industry_name=industries.name,
    )
    return app


def _routes(deps: Deps) -> Sequence[BaseRoute]:
    static = Mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    return [static, *install_rooms().routes(is_demo=deps.settings.is_demo)]


class _RequestMiddleware:
    """Knows the person and the language, checks CSRF, gives the request an id, catches what is left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
            return
        status, location = 0, ""
        started = perf_counter()

        async def note_start(message: Message) -> None:
            nonlocal status, location
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                location = headers.get("location", "")
                if location and (held := get_held_form()) is not None and not held.is_shown:
                    headers["location"] = with_held(location, str(held.id))
            await send(message)

        request = Request(scope, receive)
        request.state.id, request.state.actor, request.state.unread = uuid4().hex[:12], None, 0
        set_locale(_locale(request))
        submission = OneSubmission(request, "")
        try:
            if request.method not in SAFE_METHODS:
                receive = await buffer_body(request, limit=LARGEST_BODY)
            if "\x00" in scope["path"]:  # no record has such a number, and the database takes no such text
                raise NotFound(gettext("没有这个页面，或者您不能查看它。"))
            await accounts_web.attach_actor(request)
            await attach_held_form(request)
            await check_csrf(Request(scope, receive), CSRF_EXEMPT)
            submission = await OneSubmission.begin(request, receive)
            answer = self.app if submission.earlier is None else _repeated(request, submission.earlier)
            await answer(scope, receive, note_start)
        except MarketError as error:
            await (await _refused(request, error))(scope, receive, note_start)
        except HTTPException as error:  # a body that is no form
            await _page(request, error.status_code, gettext("提交的内容无法读取，请返回上一页重试。"))(
                scope, receive, note_start
            )
        except Exception as error:  # the edge of the app: nothing may leave it but a page
            if status:
                raise
            await (await _failed(request, error))(scope, receive, note_start)
        finally:
            await submission.end(status, location)
            if form := getattr(request.state, "form", None):
                await form.close()
            _note(request, status, perf_counter() - started)


def _note(request: Request, status: int, duration: float) -> None:
    route = getattr(request.scope.get("route"), "path", "none")
    telemetry.observe(request.method, route, status, duration)
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


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, MarketError) else 400
    if isinstance(error, SignInFirst) and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(
            str(request.app.url_path_for("accounts:login")) + "?next=" + quote(target, safe="/"), 303
        )
    return await _kept_page(request, status, str(error), is_kept=isinstance(error, KEPT))


async def _kept_page(request: Request, status: int, message: str, *, is_kept: bool = True) -> Response:
    """Return the page of an error, with the way to what was typed where that is kept."""
    if not is_kept:
        return _page(request, status, message)
    path = request.url.path
    page = path if _is_page(request, path) else (_way_back(request) or ("", "/"))[1]
    if page == path and request.url.query:
        page += f"?{request.url.query}"
    kept = await hold_refused_form(request, page)
    typed = pairs_of(request.state.form) if kept and status != 401 else []
    return _page(
        request,
        status,
        message,
        kept=kept,
        texts=[value for name, value in typed if is_typed(name, value)],
    )


def _repeated(request: Request, location: str) -> Response:
    """Return the answer to a form that was sent before: where the first one led to."""
    if not location:
        return _page(request, Conflict.status, gettext("这份表单正在办理，请稍后查看结果。"))
    words = gettext("已经提交，重复的提交没有再办理一次。")
    return flash(request, RedirectResponse(location, 303), words)


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("unavailable", extra={"request": request.state.id, "error": type(error).__name__})
    return await _kept_page(request, 503, gettext("这项服务暂时没有响应，其他页面不受影响。请稍后再试。"))


async def _not_found(request: Request, error: Exception) -> Response:
    return _page(request, 404, gettext("没有这个页面，或者您不能查看它。"))


async def _too_large(request: Request, error: Exception) -> Response:
    return _page(request, 413, gettext("提交的内容过大。"))


async def _failed(request: Request, error: Exception) -> Response:
    if is_busy(error):
        return await _kept_page(request, Conflict.status, gettext("同一时刻有人在改动这条记录，请再试一次。"))
    log.exception("failed", extra={"request": getattr(request.state, "id", "")})
    return await _kept_page(
        request, 500, gettext("出了差错，已经记录下来。您提交的内容没有保存，请稍后再试。")
    )


def from_env() -> Starlette:
    """Build the site from the environment, for `uvicorn --factory market.app:from_env`."""
    from market.runtime import build_deps, running

    settings = Settings.from_env(os.environ)
    set_up_logs()
    deps = build_deps(settings)

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        with deps.shutdown.on_signals():
            async with running(deps):
                yield

    return create_app(deps, lifespan=life)


def _page(
    request: Request, status: int, message: str, *, kept: str | None = None, texts: Sequence[str] = ()
) -> Response:
    if not hasattr(request.state, "browser"):
        return PlainTextResponse(message, status)
    request.state.actor = getattr(request.state, "actor", None)
    return render(
        request,
        "errors/error.html",
        status,
        status=status,
        message=message,
        back=_way_back(request),
        kept=kept,
        texts=texts,
        login_form=LoginForm() if status == 401 else None,
    )


def _way_back(request: Request) -> tuple[str, str] | None:
    """Return the number, or "", and the address of what a refused act was about, to go back to.

    Acts lie under the address of their record. The others, such as paying an instalment, lead back to the
    page of ours on which they were begun.
    """
    tried = request.url.path
    parts, pattern = tried.split("/"), str(getattr(request.scope.get("route"), "path", "")).split("/")
    for end in range(min(len(parts), len(pattern)), 0, -1):
        address = "/".join(parts[:end])
        if not pattern[end - 1].startswith("{") or (request.method == "GET" and address == tried):
            continue
        if _is_page(request, address):
            return parts[end - 1] if pattern[end - 1] == "{number}" else "", address
    begun = urlsplit(request.headers.get("referer", ""))
    if begun.netloc != request.headers.get("host") or begun.path == tried:
        return None
    return "", safe_path(begun._replace(scheme="", netloc="", fragment="").geturl())


def _is_page(request: Request, address: str) -> bool:
    scope = {**request.scope, "path": address, "method": "GET"}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
