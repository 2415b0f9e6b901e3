"""One need with everything around it."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import optional_actor
from market.audit.queries import list_chain
from market.deals.permissions import DealAct
from market.kit.clock import local_date
from market.kit.templating import render
from market.kit.web import deps
from market.listings import queries, rules
from market.listings.models import Need
from market.listings.states import LIVE
from market.pages import listing_labels, matches


async def need(request: Request) -> Response:
    actor, today = optional_actor(request), local_date(deps(request).clock())
    need = await queries.get_need_for(actor, request.path_params["number"])
    brokers = await matches.brokers_of(need.id) if need.is_masked else set()
    matched, matched_count = await matches.of_need(
        need, actor, is_all=request.query_params.get("matches") == "all"
    )
    is_own = queries.is_owner(actor, need)
    return render(
        request,
        "pages/need.html",
        need=need,
        owner_name=queries.need_owner_name(need, actor, brokers=brokers),
        is_owner_visible=queries.is_owner_visible(need, actor, brokers=brokers),
        days_left=_days_left(need, today),
        matched=matched,
        matched_count=matched_count,
        is_own=is_own,
        missing=rules.completeness_of_need(need)[1] if is_own else [],
        is_live=need.status in LIVE,
        may_answer=need.status in LIVE and not is_own and _may_answer(actor),
        may_see_contacts=queries.may_see_contacts(need, actor),
        history=await list_chain("need", need.id),
        may_audit=actor is not None and actor.may(AccountAct.READ_AUDIT),
        region=listing_labels.need_region(need),
        budget=listing_labels.budget_text(need),
        **listing_labels.context(),
    )


def _days_left(need: Need, today: date) -> int | None:
    return (need.deadline_on - today).days if need.deadline_on else None


def _may_answer(actor: Actor | None) -> bool:
    """Tell whom the answer is offered: a guest, who will sign in first, and a seller who may open a deal."""
    return actor is None or (actor.may_sell and actor.may(DealAct.OPEN_DEAL))


routes = [
    Route("/needs/{number}", need, name="pages:need"),
]
