"""The list of deals with whose turn it is, cards of what waits, and the page of one deal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for, signed_in_actor
from market.claims.record_chain import chain_of_deal
from market.codes.labels import choices
from market.contracts.contract_progress import contract_facts, deals_waiting_for_finance
from market.deals import queries
from market.deals.brokerage import deals_to_follow_up
from market.deals.messages import unread_counts
from market.deals.models import Deal, Side
from market.deals.next_steps import ContractFacts, NextStep, Situation, next_step
from market.deals.parties import buyer_name, side_of
from market.deals.states import DealAct, shown_status
from market.files.uploads import ACCEPT
from market.kit.clock import local_date
from market.kit.database import in_transaction
from market.kit.i18n import Lazy, lazy
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.pages.deal_room import build_room


@dataclass(frozen=True)
class Row:
    """One deal in the list."""

    deal: Deal
    side: Side | None
    buyer: str
    status: str
    step: NextStep
    unread: int


async def rows_of(deals: list[Deal], actor: Actor, now: datetime) -> list[Row]:
    """Return the rows of these deals, whose parties are fetched, in a fixed number of queries."""
    ids = [deal.id for deal in deals]
    offers, notices = await queries.latest_offers(ids), await queries.latest_notices(ids)
    facts, unread = await contract_facts(ids), await unread_counts(actor.user_id, ids)
    rows = []
    for deal in deals:
        notice = notices.get(deal.id)
        at = Situation(deal, offers.get(deal.id), notice, facts.get(deal.id, ContractFacts()))
        rows.append(
            Row(
                deal=deal,
                side=side_of(deal, actor),
                buyer=buyer_name(deal, actor),
                status=shown_status(deal.status, notice.status if notice else None),
                step=next_step(at, now),
                unread=unread.get(deal.id, 0),
            )
        )
    return rows


async def late_deals(actor: Actor, now: datetime) -> set[UUID]:
    """Return the deals whose next step is the person's side's and past its day."""
    rows = await rows_of(await queries.list_live_deals(actor), actor, now)
    return {row.deal.id for row in rows if row.step.is_late and row.step.is_for(row.side)}


async def unread_deals(actor: Actor, now: datetime) -> set[UUID]:
    """Return the deals in which the person has messages to read."""
    ids = [deal.id for deal in await queries.list_live_deals(actor)]
    return set(await unread_counts(actor.user_id, ids))


async def _waiting_for_finance(actor: Actor, now: datetime) -> set[UUID]:
    return await deals_waiting_for_finance(actor)


async def _follow_up_today(actor: Actor, now: datetime) -> set[UUID]:
    return (await deals_to_follow_up(actor.user_id, local_date(now)))[0]


async def _follow_up_late(actor: Actor, now: datetime) -> set[UUID]:
    return (await deals_to_follow_up(actor.user_id, local_date(now)))[1]


@dataclass(frozen=True)
class Waiting:
    """A set of deals computed from more than their columns: a filter of the list and a workbench card."""

    label: Lazy
    deals: Callable[[Actor, datetime], Awaitable[set[UUID]]]
    act: StrEnum = DealAct.SEE_DEALS
    tone: str = "due"


WAITING = {
    "late": Waiting(lazy("超期未办"), late_deals, tone="wrong"),
    "follow_up_late": Waiting(lazy("超期未跟进"), _follow_up_late, DealAct.FOLLOW_UP, "wrong"),
    "follow_up": Waiting(lazy("今日跟进"), _follow_up_today, DealAct.FOLLOW_UP),
    "unread": Waiting(lazy("有未读留言"), unread_deals, DealAct.WRITE_MESSAGE),
    "confirm": Waiting(lazy("到账待确认"), _waiting_for_finance),
}


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
    labels = {key: str(todo_filter.label) for key, todo_filter in queries.TODO_FILTERS.items()}
    labels |= {key: str(waiting.label) for key, waiting in WAITING.items()}
    return render(
        request,
        "pages/deals.html",
        page=page,
        rows=await rows_of(list(page.items), actor, now),
        statuses=choices("deal"),
        status=status,
        todo=todo if todo in labels else "",
        todo_words=labels.get(todo, ""),
    )


async def show(request: Request) -> Response:
    actor = signed_in_actor(request)
    # One connection for all that the page reads: nothing is reset between, and nothing changes meanwhile.
    async with in_transaction():
        deal = await queries.get_deal_for(actor, request.path_params["number"])
        room = await build_room(deal, actor, deps(request).clock(), request.query_params.get("all", ""))
        linked = await chain_of_deal(actor, deal, deal.number)
    return render(request, "pages/deal.html", room=room, deal=deal, accept=ACCEPT, linked=linked)


routes = [
    Route("/deals", index, name="pages:deals", methods=["GET"]),
    Route("/deals/{number}", show, name="pages:deal", methods=["GET"]),
]
