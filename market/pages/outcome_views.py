"""The list of outcomes, one outcome with everything around it, and its subsidy estimate."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.accounts.permissions import Act
from market.accounts.web import find
from market.audit.queries import list_chain
from market.deals import queries as deals
from market.kit.clock import local_date
from market.kit.templating import render
from market.kit.web import deps, wants_part
from market.listings import queries, rules
from market.listings.kinds import OUTCOME
from market.listings.models import Outcome
from market.listings.states import LIVE
from market.notices.queries import find_notice
from market.pages import estimates, filters, lists, matches, results, words
from market.search.highlight import mark
from market.subsidies.chains import chain_of_outcome

SCOPES = {
    "needs": "pages:needs",
    "organisations": "pages:organisations",
    "brokers": "pages:brokers",
    "policies": "subsidies:programmes",
}
"""Where the scope switch of the search box leads, but for outcomes, which stay here."""


async def outcomes(request: Request) -> Response:
    """Search results; without words all outcomes, the newest first."""
    scope = request.query_params.get("scope", "")
    if scope in SCOPES:
        typed = request.query_params.get("q", "")[: lists.MOST_WORDS]
        address = str(request.app.url_path_for(SCOPES[scope]))
        return RedirectResponse(address + ("?" + urlencode({"q": typed}) if typed else ""), 303)
    now = deps(request).clock()
    asked = lists.read(filters.OUTCOMES, request.url.path, request.query_params, local_date(now))
    found = await results.search(deps(request).search, asked, OUTCOME)
    return render(
        request,
        "pages/outcomes.html",
        found.status,
        page=found.page,
        badges=await estimates.badges([each for each in found.page.items if isinstance(each, Outcome)], now),
        marked=lambda text: mark(text, found.terms),
        is_away=found.is_away,
        **found.context,
        **words.context(),
    )


async def outcome(request: Request) -> Response:
    actor, now = find(request), deps(request).clock()
    found = await queries.get_outcome_for(actor, request.path_params["number"])
    typed = request.query_params.get("amount", "")
    amount, is_amount = estimates.amount_of(typed, found.price_amount)
    matched, matched_count = await matches.of_outcome(found, actor)
    is_own = queries.is_owner(actor, found)
    is_source = found.organisation.kind is OrganisationKind.SOURCE
    return render(
        request,
        "pages/outcome.html",
        outcome=found,
        typed=typed,
        amount=amount,
        is_amount=is_amount,
        estimates=await estimates.estimates(found, amount, actor, now),
        matched=matched,
        matched_count=matched_count,
        is_own=is_own,
        missing=rules.completeness_of_outcome(found)[1] if is_own else [],
        is_live=found.status in LIVE,
        is_source=is_source,
        may_ask=found.status in LIVE and not (is_own or is_source) and _may_ask(actor),
        may_see_contacts=queries.may_see_contacts(found, actor),
        running=await deals.find_running(actor, found.id) if actor and actor.may(Act.SEE_DEALS) else None,
        notice=await find_notice("outcome", found.id),
        linked=await chain_of_outcome(actor, found),
        history=await list_chain("outcome", found.id),
        may_audit=actor is not None and actor.may(Act.READ_AUDIT),
        **words.context(),
    )


async def estimate(request: Request) -> Response:
    """The estimate card alone while an amount is typed; without scripts the whole page answers."""
    actor, now = find(request), deps(request).clock()
    number = request.path_params["number"]
    typed = request.query_params.get("amount", "")
    if not wants_part(request):
        address = str(request.app.url_path_for("pages:outcome", number=number))
        return RedirectResponse(f"{address}?{urlencode({'amount': typed[:40]})}#estimate", 303)
    found = await queries.get_outcome_for(actor, number)
    amount, is_amount = estimates.amount_of(typed, None)
    return render(
        request,
        "pages/_estimate.html",
        outcome=found,
        typed=typed,
        amount=amount,
        is_amount=is_amount,
        estimates=await estimates.estimates(found, amount, actor, now),
    )


def _may_ask(actor: Actor | None) -> bool:
    """Tell whom the enquiry is offered: a guest, who will sign in first, and a buyer who may open a deal."""
    return actor is None or (actor.may_buy and actor.may(Act.OPEN_DEAL))


routes = [
    Route("/outcomes", outcomes, name="pages:outcomes"),
    Route("/outcomes/{number}", outcome, name="pages:outcome"),
    Route("/outcomes/{number}/estimate", estimate, name="pages:estimate"),
]
