from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import actor_for, signed_in_actor
from market.claims.record_chain import chain_of_deal
from market.codes.labels import choices
from market.deals import queries
from market.deals.permissions import DealAct
from market.files.uploads import ACCEPT
from market.kit.database import in_transaction
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps
from market.pages.deal_room import make_room
from market.pages.deal_steps import WAITING, rows_of


async def index(request: Request) -> Response:
    actor, query, now = actor_for(request, DealAct.SEE_DEALS), request.query_params, deps(request).clock()
    status, todo = query.get("status", ""), query.get("todo", "")
    page = await queries.list_deals(
        actor,
        PageRequest.from_query(query),
        status=status,
        todo=todo,
        only=await WAITING[todo].deals(actor, now) if todo in WAITING else None,
    )
    words = {key: str(todo_filter.label) for key, todo_filter in queries.TODO_FILTERS.items()}
    words |= {key: str(waiting.label) for key, waiting in WAITING.items()}
    return render(
        request,
        "pages/deals.html",
        page=page,
        rows=await rows_of(list(page.items), actor, now),
        statuses=choices("deal"),
        status=status,
        todo=todo if todo in words else "",
        todo_words=words.get(todo, ""),
    )


async def show(request: Request) -> Response:
    actor = signed_in_actor(request)
    # One connection for all that the page reads: nothing is reset between, and nothing changes meanwhile.
    async with in_transaction():
        deal = await queries.get_deal_for(actor, request.path_params["number"])
        room = await make_room(deal, actor, deps(request).clock(), request.query_params.get("all", ""))
        linked = await chain_of_deal(actor, deal, deal.number)
    return render(request, "pages/deal.html", room=room, deal=deal, accept=ACCEPT, linked=linked)


routes = [
    Route("/deals", index, name="pages:deals", methods=["GET"]),
    Route("/deals/{number}", show, name="pages:deal", methods=["GET"]),
]
