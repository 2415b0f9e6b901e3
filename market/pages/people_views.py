"""One organisation or broker of the market."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import optional_actor
from market.kit.clock import local_date
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps, path_id
from market.listings import queries
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import Outcome
from market.pages import estimates, people, words

MOST_SHOWN = 20


async def organisation(request: Request) -> Response:
    actor, now = optional_actor(request), deps(request).clock()
    found = await people.get_public_organisation(path_id(request, "organisation_id"), actor)
    page_request, today = PageRequest(size=MOST_SHOWN), local_date(now)
    outcomes = await queries.list_live_of(OUTCOME, found.id, page_request)
    return render(
        request,
        "pages/organisation.html",
        organisation=found,
        outcomes=outcomes,
        badges=await estimates.badges([each for each in outcomes.items if isinstance(each, Outcome)], now),
        needs=await queries.list_live_of(NEED, found.id, page_request),
        owner_name=lambda need: queries.need_owner_name(need, actor),
        days_left=lambda day: (day - today).days,
        may_see_contacts=people.may_see_contacts(found, actor),
        **words.context(),
    )


async def broker(request: Request) -> Response:
    found = await people.get_public_broker(path_id(request, "profile_id"))
    return render(
        request,
        "pages/broker.html",
        profile=found,
        agency=await people.agency_of(found.user_id),
        record=await people.record_of(found.user_id),
    )


routes = [
    Route("/organisations/{organisation_id:uuid}", organisation, name="pages:organisation"),
    Route("/brokers/{profile_id:uuid}", broker, name="pages:broker"),
]
