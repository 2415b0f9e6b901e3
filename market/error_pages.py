"""The pages of refused and failed requests; they need no session, no database and no route."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from traceback import extract_tb
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from market.accounts.actors import ProofNeeded
from market.accounts.desk_access import ReasonNeeded
from market.accounts.desk_access_requests import ask_for_reason
from market.accounts.form_requests import hold_refused_form
from market.accounts.forms import LoginForm
from market.accounts.proof_requests import ask_for_proof
from market.accounts.security_events import note_refusal
from market.accounts.web import FactorNeeded, SignInFirst
from market.kit.errors import Conflict, MarketError, Overloaded, TooMany
from market.kit.faults import Fault, fault_of
from market.kit.flash import flash
from market.kit.held_forms import is_typed, pairs_of
from market.kit.i18n import gettext as _
from market.kit.routing import METHODS, MarketRouter
from market.kit.security import PageExpired
from market.kit.templating import render
from market.kit.web import form_data, safe_path

log = logging.getLogger("market")
KEPT = (SignInFirst, PageExpired, Conflict, TooMany)
"""Refusals after which the same form may be sent again: what was typed is kept for it."""
RETRY_AFTER = 5
"""Seconds after which a page that could not be answered is asked for again."""
INSUFFICIENT_STORAGE = 507


async def refused(request: Request, error: Exception) -> Response:
    """Return the page of a request that cannot be carried out."""
    status = error.status if isinstance(error, MarketError) else 400
    await note_refusal(request, error)
    if isinstance(error, ProofNeeded):
        return await ask_for_proof(request, error)
    if isinstance(error, ReasonNeeded):
        return ask_for_reason(request, error)
    if isinstance(error, FactorNeeded) and request.method == "GET":
        return RedirectResponse(str(request.app.url_path_for("accounts:factors")), 303)
    if isinstance(error, SignInFirst) and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(
            str(request.app.url_path_for("accounts:login")) + "?next=" + quote(target, safe="/"), 303
        )
    page = await kept_page(request, status, str(error), is_kept=isinstance(error, KEPT))
    if isinstance(error, TooMany):
        page.headers["retry-after"] = str(error.retry_after)
    return page


async def unavailable(request: Request, error: Exception) -> Response:
    """Return the page of a request that needs what does not answer now."""
    log.warning("unavailable", extra={"request": request.state.id, "error": type(error).__name__})
    if isinstance(error, Overloaded):
        return _retry(await kept_page(request, 503, _("此刻访问的人太多，请稍后再试。")))
    return _retry(await kept_page(request, 503, _("这项服务暂时没有响应，其他页面不受影响。请稍后再试。")))


async def failed(request: Request, error: Exception) -> Response:
    """Return the page of an error that no room expected: of a fault outside, or of ours."""
    fault = fault_of(error)
    if fault is None:
        log.exception("failed", extra={"request": request.state.id})
        return await kept_page(request, 500, _("出了差错，已经记录下来。您提交的内容没有保存，请稍后再试。"))
    log.warning(
        "refused by fault",
        extra={"request": request.state.id, "error": f"{fault}: {type(error).__name__}{_place(error)}"},
    )
    is_read = request.method in ("GET", "HEAD")
    if fault is Fault.BAD_VALUE:
        if is_read:
            return await not_found(request, error)
        return await kept_page(request, 422, _("提交的内容里有过长、过大或无法保存的字符，请修改后再提交。"))
    if fault is Fault.FULL:
        return await kept_page(
            request,
            INSUFFICIENT_STORAGE,
            _("服务器的存储空间满了，您提交的内容没有保存。浏览不受影响，管理员已得到通知，请稍后再试。"),
        )
    if fault is Fault.LOCKED and not is_read:
        return await kept_page(request, Conflict.status, _("同一时刻有人在改动这条记录，请再试一次。"))
    if fault is Fault.AWAY:
        return _retry(await kept_page(request, 503, _("数据库暂时没有响应，正在恢复。请稍后再试。")))
    return _retry(await kept_page(request, 503, _("这一页暂时读不出来，请稍后再试。")))


async def not_found(request: Request, error: Exception) -> Response:
    return page(request, 404, _("没有这个页面，或者您不能查看它。"))


async def too_large(request: Request, error: Exception) -> Response:
    return page(request, 413, _("提交的内容过大。"))


async def unreadable(request: Request, error: HTTPException) -> Response:
    """Return the page of a body that is no form."""
    return page(request, error.status_code, _("提交的内容无法读取，请返回上一页重试。"))


def wrong_method(request: Request, methods: set[str]) -> Response:
    """Answer a request by a method that its address does not know; `OPTIONS` is told which it knows."""
    allow = ", ".join(sorted(methods | {"OPTIONS"}, key=METHODS.index))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"allow": allow})
    answer = page(request, 405, _("这个地址不接受这种请求。"))
    answer.headers["allow"] = allow
    return answer


async def kept_page(request: Request, status: int, message: str, *, is_kept: bool = True) -> Response:
    """Return the page of an error, with the way to what was typed where that is kept."""
    if not is_kept:
        return page(request, status, message)
    path = request.url.path
    address = path if _is_page(request, path) else (_way_back(request) or ("", "/"))[1]
    if address == path and request.url.query:
        address += f"?{request.url.query}"
    kept = await hold_refused_form(request, address)
    typed: Sequence[tuple[str, str]] = ()
    if status != 401 and (kept or status in (503, INSUFFICIENT_STORAGE)):
        typed = await _typed(request)
    return page(
        request,
        status,
        message,
        kept=kept,
        texts=[value for name, value in typed if is_typed(name, value)],
    )


def page(
    request: Request, status: int, message: str, *, kept: str | None = None, texts: Sequence[str] = ()
) -> Response:
    """Return the page of an error; without the middlewares around it, its sentence."""
    if not hasattr(request.state, "browser"):
        return PlainTextResponse(message, status)
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
        request_id=getattr(request.state, "id", ""),
    )


def repeated(request: Request, location: str) -> Response:
    """Return the answer to a form that was sent before: where the first one led to."""
    if not location:
        return page(request, Conflict.status, _("这份表单正在办理，请稍后查看结果。"))
    words = _("已经提交，重复的提交没有再办理一次。")
    return flash(request, RedirectResponse(location, 303), words)


def _place(error: Exception) -> str:
    """Return where in the rooms it came up; the error's own words hold what was typed, which no log may."""
    frames = [
        frame for frame in extract_tb(error.__traceback__) if f"{os.sep}market{os.sep}" in frame.filename
    ]
    return (
        f" at {frames[-1].filename.rsplit(os.sep, 2)[-2]}/{frames[-1].name}:{frames[-1].lineno}"
        if frames
        else ""
    )


def _retry(response: Response) -> Response:
    response.headers["retry-after"] = str(RETRY_AFTER)
    return response


async def _typed(request: Request) -> Sequence[tuple[str, str]]:
    """Return what was typed into the form that was refused, also where it was not parsed yet."""
    try:
        return pairs_of(await form_data(request)) if request.method == "POST" else ()
    except HTTPException:
        return ()


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
    router: MarketRouter = request.app.router
    return router.find_route({**request.scope, "path": address, "method": "GET"})[0] is not None
