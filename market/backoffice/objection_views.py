from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import Role
from market.accounts.web import signed_in_actor
from market.kit.templating import render
from market.notices import queries
from market.notices.permissions import NoticeAct


async def index(request: Request) -> Response:
    """List the objections to decide; an auditor reads them too."""
    actor = signed_in_actor(request)
    if Role.AUDITOR not in actor.roles:
        actor.require(NoticeAct.DECIDE_OBJECTION)
    is_decided = request.query_params.get("decided") == "1"
    return render(
        request,
        "backoffice/objections.html",
        objections=await queries.list_objections(is_decided=is_decided),
        is_decided=is_decided,
    )


routes = [Route("/backoffice/objections", index, name="backoffice:objections", methods=["GET"])]
