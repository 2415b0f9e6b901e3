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
from market.pages import estimates, listing_labels, public_profiles

MOST_SHOWN = 20


async def organisation(request: Request) -> Response:
    actor, now = optional_actor(request), deps(request).clock()
    organisation = await public_profiles.get_public_organisation(path_id(request, "organisation_id"), actor)
    page_request, today = PageRequest(size=MOST_SHOWN), local_date(now)
    outcomes = await queries.list_live_of(OUTCOME, organisation.id, page_request)
    return render(
        request,
        "pages/organisation.html",
        organisation=organisation,
        outcomes=outcomes,
        badges=await estimates.badges(
            [outcome for outcome in outcomes.items if isinstance(outcome, Outcome)], now
        ),
        needs=await queries.list_live_of(NEED, organisation.id, page_request),
        owner_name=lambda need: queries.need_owner_name(need, actor),
        days_left=lambda day: (day - today).days,
        may_see_contacts=public_profiles.may_see_contacts(organisation, actor),
        **listing_labels.context(),
    )


async def broker(request: Request) -> Response:
    profile = await public_profiles.get_public_broker(path_id(request, "profile_id"))
    return render(
        request,
        "pages/broker.html",
        profile=profile,
        agency=await public_profiles.agency_of(profile.user_id),
        record=await public_profiles.broker_record(profile.user_id),
    )


routes = [
    Route("/organisations/{organisation_id:uuid}", organisation, name="pages:organisation"),
    Route("/brokers/{profile_id:uuid}", broker, name="pages:broker"),
]
