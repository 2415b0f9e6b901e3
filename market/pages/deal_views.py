from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.permissions import Act
from market.accounts.web import actor_for
from market.codes.labels import choices
from market.contracts.standing import contract_facts, deals_waiting_for_finance
from market.deals import queries
from market.deals.models import Deal, Side
from market.deals.next_steps import ContractFacts, NextStep, Situation, next_step
from market.deals.rules import buyer_name, side_of
from market.deals.states import shown_status
from market.files.contents import ACCEPT
from market.kit.i18n import gettext as _
from market.kit.pagination import Cut
from market.kit.templating import render
from market.kit.web import deps
from market.pages.deal_room import make_room
from market.subsidies.chains import chain_of_deal

CONFIRM = "confirm"
"""Work of the finance people, told by the room of contracts, beside the kinds in `queries.TODO`."""


@dataclass(frozen=True)
class Row:
    """One deal in the list."""

    deal: Deal
    side: Side | None
    buyer: str
    status: str
    step: NextStep


async def index(request: Request) -> Response:
    actor, query = actor_for(request, Act.SEE_DEALS), request.query_params
    status, todo = query.get("status", ""), query.get("todo", "")
    page = await queries.list_deals(
        actor,
        Cut.of(query),
        status=status,
        todo=todo,
        only=await deals_waiting_for_finance(actor) if todo == CONFIRM else None,
    )
    words = {key: str(each.label) for key, each in queries.TODO.items()} | {CONFIRM: _("到账待确认")}
    return render(
        request,
        "pages/deals.html",
        page=page,
        rows=await _rows(list(page.items), actor, deps(request).clock()),
        statuses=choices("deal"),
        status=status,
        todo=todo if todo in words else "",
        todo_words=words.get(todo, ""),
    )


async def show(request: Request) -> Response:
    actor = actor_for(request, Act.SEE_DEALS)
    deal = await queries.get_deal_for(actor, request.path_params["number"])
    room = await make_room(deal, actor, deps(request).clock())
    linked = await chain_of_deal(actor, deal, deal.number)
    return render(request, "pages/deal.html", room=room, deal=deal, accept=ACCEPT, linked=linked)


async def _rows(deals: list[Deal], actor: Actor, now: datetime) -> list[Row]:
    ids = [deal.id for deal in deals]
    offers, notices = await queries.latest_offers(ids), await queries.latest_notices(ids)
    facts, made = await contract_facts(ids), []
    for deal in deals:
        notice = notices.get(deal.id)
        at = Situation(deal, offers.get(deal.id), notice, facts.get(deal.id, ContractFacts()))
        made.append(
            Row(
                deal=deal,
                side=side_of(deal, actor),
                buyer=buyer_name(deal, actor),
                status=shown_status(deal.status, notice.status if notice else None),
                step=next_step(at, now),
            )
        )
    return made


routes = [
    Route("/deals", index, name="pages:deals", methods=["GET"]),
    Route("/deals/{number}", show, name="pages:deal", methods=["GET"]),
]
