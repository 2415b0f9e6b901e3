"""Pages about the site, and probes and metrics for machines."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from market.audit.queries import list_roots
from market.kit.errors import NotFound
from market.kit.i18n import LOCALES
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.telemetry import exposition
from market.kit.templating import render
from market.kit.web import deps, safe_path
from market.pages.readiness import readiness


async def help_page(request: Request) -> Response:
    return render(request, "pages/help.html")


async def accessibility(request: Request) -> Response:
    return render(request, "pages/accessibility.html")


async def audit_roots(request: Request) -> Response:
    """List the published daily roots, by which anybody can verify an export of the log."""
    page_request = PageRequest.from_query(request.query_params)
    roots, total = await list_roots(offset=page_request.offset, limit=page_request.size)
    return render(request, "pages/audit_roots.html", page=page_request.page(roots, total))


async def language(request: Request) -> Response:
    """Store the language of the pages in a cookie and redirect to where the person was."""
    locale = request.path_params["locale"]
    if locale not in LOCALES:
        raise NotFound(_("没有这种语言。"))
    response = RedirectResponse(safe_path(request.query_params.get("next")), 303)
    response.set_cookie(
        "locale", locale, max_age=365 * 86400, samesite="lax", secure=deps(request).settings.is_secure
    )
    return response


async def healthz(request: Request) -> Response:
    """Answer the liveness probe."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Answer the readiness probe: 503 without the database; the other states are informative."""
    states = await readiness(deps(request))
    return JSONResponse(states, 200 if states["database"] == "ok" else 503)


async def metrics(request: Request) -> Response:
    """Expose counts and durations by route, for Prometheus: in the demo to all, else to who has the token.

    Raises:
        NotFound: the token is missing or wrong, or none is set.
    """
    settings = deps(request).settings
    given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    token = (settings.metrics_token or "").encode()
    if not settings.is_demo and not (token and hmac.compare_digest(given, token)):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return Response(exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


routes = [
    Route("/help", help_page, name="pages:help"),
    Route("/accessibility", accessibility, name="pages:accessibility"),
    Route("/audit-roots", audit_roots, name="pages:audit_roots"),
    Route("/language/{locale}", language, name="pages:language"),
    Route("/healthz", healthz, name="pages:healthz", is_probe=True),
    Route("/readyz", readyz, name="pages:readyz", is_probe=True),
    Route("/metrics", metrics, name="pages:metrics", is_probe=True),
]
