"""Where each person begins after signing in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.messages import list_messages
from market.accounts.web import signed_in_actor
from market.kit.templating import render
from market.kit.web import deps
from market.pages.dashboards import board

NEWEST = 5


async def dashboard(request: Request) -> Response:
    actor = signed_in_actor(request)
    messages, _total = await list_messages(actor.user_id, offset=0, limit=NEWEST)
    return render(
        request,
        "pages/dashboard.html",
        board=await board(actor, deps(request).clock()),
        messages=messages,
    )


routes = [Route("/dashboard", dashboard, name="pages:dashboard")]
