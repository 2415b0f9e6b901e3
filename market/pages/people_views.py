"""The organisations and brokers of the market."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import find
from market.codes.labels import choices
from market.kit.clock import local_date
from market.kit.pagination import Cut
from market.kit.templating import render
from market.kit.web import deps, path_id
from market.listings import queries
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import Outcome
from market.pages import estimates, people, words

MOST_SHOWN = 20


async def organisations(request: Request) -> Response:
    kind = request.query_params.get("kind", "")
    typed = people.clean(request.query_params.get("q", ""))
    page = await people.list_organisations(kind, typed, Cut.of(request.query_params))
    return render(
        request,
        "pages/organisations.html",
        page=page,
        counts=await people.count_listings([each.id for each in page.items]),
        kinds=[(key, name) for key, name in choices("organisation_kind") if key in people.PUBLIC_KINDS],
        kind=kind if kind in people.PUBLIC_KINDS else "",
        typed=typed,
    )


async def organisation(request: Request) -> Response:
    actor, now = find(request), deps(request).clock()
    found = await people.get_public_organisation(path_id(request, "organisation_id"), actor)
    cut, today = Cut(size=MOST_SHOWN), local_date(now)
    outcomes = await queries.list_live_of(OUTCOME, found.id, cut)
    return render(
        request,
        "pages/organisation.html",
        organisation=found,
        outcomes=outcomes,
        badges=await estimates.badges([each for each in outcomes.items if isinstance(each, Outcome)], now),
        needs=await queries.list_live_of(NEED, found.id, cut),
        owner_name=lambda need: queries.need_owner_name(need, actor),
        days_left=lambda day: (day - today).days,
        may_see_contacts=people.may_see_contacts(found, actor),
        **words.context(),
    )


async def brokers(request: Request) -> Response:
    field = request.query_params.get("field", "")
    typed = people.clean(request.query_params.get("q", ""))
    return render(
        request,
        "pages/brokers.html",
        page=await people.list_brokers(field, typed, Cut.of(request.query_params)),
        fields=choices("field"),
        field=field if field in dict(choices("field")) else "",
        typed=typed,
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
    Route("/organisations", organisations, name="pages:organisations"),
    Route("/organisations/{organisation_id:uuid}", organisation, name="pages:organisation"),
    Route("/brokers", brokers, name="pages:brokers"),
    Route("/brokers/{profile_id:uuid}", broker, name="pages:broker"),
]
