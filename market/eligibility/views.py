"""The operator's page of organisations that the word of a programme has not reached."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.codes import regions
from market.eligibility import queries
from market.eligibility.runs import request_run
from market.eligibility.states import EligibilityAct
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, redirect_to
from market.programmes.catalogue import list_programmes
from market.records.by import By


async def unreached(request: Request) -> Response:
    actor = actor_for(request, EligibilityAct.SEE_UNREACHED)
    query = request.query_params
    city, programme = query.get("city", ""), query.get("programme", "")
    cities = [(code[:4], regions.name(code)) for code in regions.cities_of(regions.GUANGXI)]
    programmes = await list_programmes()
    city = city if city in dict(cities) else ""
    programme = programme if programme in {row.slug for row in programmes} else ""
    return render(
        request,
        "eligibility/unreached.html",
        page=await queries.list_unreached(PageRequest.from_query(query), city=city, programme=programme),
        run=await queries.last_run(),
        cities=cities,
        programmes=[(row.slug, _(row.name)) for row in programmes],
        city=city,
        programme=programme,
        may_run=actor.may(EligibilityAct.RUN_ELIGIBILITY),
    )


async def run(request: Request) -> Response:
    """Have all organisations judged now."""
    actor = actor_for(request, EligibilityAct.RUN_ELIGIBILITY)
    await request_run(by=By(actor, deps(request).clock()))
    answer = redirect_to(request, "eligibility:unreached")
    return flash(request, answer, _("已开始核对，核完后本页会更新。"))


routes = [
    Route("/backoffice/eligibility", unreached, name="eligibility:unreached", methods=["GET"]),
    Route("/backoffice/eligibility", run, name="eligibility:run", methods=["POST"]),
]
