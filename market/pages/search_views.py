"""The search pages: five scopes, one page, and the same rows as a feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from tortoise.functions import Count

from market.accounts.web import optional_actor
from market.codes.numbers import record_number
from market.deals.openings import count_interests, count_responses
from market.kit.clock import local_date
from market.kit.quotas import QuotaClass
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.listings import masking
from market.listings.models import Outcome
from market.listings.queries import live
from market.listings.states import ListingAct, OutcomeStatus
from market.pages import estimates, listing_labels, search_exports, search_results
from market.pages.identifiers import find_exactly, find_record
from market.pages.search_results import (
    BROKERS,
    NEEDS,
    ORGANISATIONS,
    OUTCOMES,
    POLICIES,
    SCOPES,
    Scope,
    SearchResults,
    find_suggestions,
)
from market.programmes import summaries
from market.programmes.catalogue import compiled, list_versions
from market.programmes.models import Programme
from market.search.search_params import LONGEST_TEXT

MOST_ADDRESS = 16_000


def _page(scope: Scope) -> Callable[[Request], Any]:
    async def show(request: Request) -> Response:
        """Show the results of a search; without words all records, the newest first."""
        _truncate_query(request)
        scope_key = request.query_params.get("scope", "")
        if scope_key in SCOPES and scope_key != scope.key:
            return _redirect_to_scope(request, SCOPES[scope_key])
        params = await search_results.parse_params(request, scope)
        searches = await search_results.searcher_of(request, params)
        results = await search_results.search(deps(request).search, searches, params, scope)
        context = {**results.context(), **await _row_context(request, results), **listing_labels.context()}
        context["found"] = await find_record(optional_actor(request), params.words) if params.words else None
        return render(request, "pages/search.html", results.status, **context)

    return show


def _feed(scope: Scope) -> Callable[[Request], Any]:
    async def feed(request: Request) -> Response:
        """Answer with the newest records of a search, for a feed reader."""
        _truncate_query(request)
        params = replace(await search_results.parse_params(request, scope), sort=search_exports.newest(scope))
        results = await search_results.search(deps(request).search, deps(request).search, params, scope)
        body = search_exports.atom_feed(
            results, optional_actor(request), deps(request).settings.base_url, deps(request).clock()
        )
        return Response(body, results.status, media_type="application/atom+xml")

    return feed


async def find(request: Request) -> Response:
    """Lead from the box at the head of every page to what was named, else to the search of listings."""
    _truncate_query(request)
    typed = request.query_params.get("q", "").strip()[:LONGEST_TEXT]
    if address := await find_exactly(optional_actor(request), typed):
        return RedirectResponse(address, 303)
    is_need = (record_number(typed) or "").startswith("XQ")
    return _redirect_to_scope(request, NEEDS if is_need else OUTCOMES)


async def suggest(request: Request) -> Response:
    """Answer with titles that contain what is being typed, for the search box."""
    _truncate_query(request)
    typed = request.query_params.get("q", "")[:LONGEST_TEXT]
    index = request.query_params.get("index", "")
    return JSONResponse(await find_suggestions(deps(request).search, index, typed))


def _truncate_query(request: Request) -> None:
    """Cut an address that is far longer than any of ours, before time is spent on reading it."""
    request.scope["query_string"] = request.scope["query_string"][:MOST_ADDRESS]


def _redirect_to_scope(request: Request, scope: Scope) -> Response:
    """Redirect to the scope that was chosen in the home page's search box."""
    typed = request.query_params.get("q", "")[:LONGEST_TEXT]
    address = str(request.app.url_path_for(scope.route))
    return RedirectResponse(address + ("?" + urlencode({"q": typed}, errors="replace") if typed else ""), 303)


async def _row_context(request: Request, results: SearchResults) -> dict[str, Any]:
    """Return the further context that the rows of this scope need."""
    actor, now = optional_actor(request), deps(request).clock()
    rows = [*results.page.items, *results.related]
    context: dict[str, Any] = {
        "badges": await estimates.badges([row for row in rows if isinstance(row, Outcome)], now),
        "may_post": actor is None or (actor.may_buy and actor.may(ListingAct.WRITE_LISTING)),
        "owner_name": lambda need: masking.need_owner_name(need, actor),
        "days_left": _days_left(now),
        "query": results.params.address().partition("?")[2],
        "tallies": await _sort_counts(results, [row.id for row in rows]),
    }
    if results.scope is ORGANISATIONS:
        context["counts"] = await _count_outcomes([row.id for row in rows])
    if results.scope is POLICIES:
        programmes = [row for row in rows if isinstance(row, Programme)]
        newest = {row.id: (await list_versions(row.id))[:1] for row in programmes}
        context["terms"] = {key: compiled(versions[0]) for key, versions in newest.items() if versions}
        context["summaries"] = summaries
    return context


async def _sort_counts(results: SearchResults, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return the counts that the rows are in order by, where they are."""
    counts = {"interest": count_interests, "responses": count_responses}.get(results.params.sort)
    return await counts(ids) if counts else {}


async def _count_outcomes(ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many outcomes each of these organisations has on offer.

    Needs are not counted: a masked one would give itself away.
    """
    rows = (
        await Outcome.filter(organisation_id__in=list(ids), status__in=live(OutcomeStatus))
        .annotate(n=Count("id"))
        .group_by("organisation_id")
        .values("organisation_id", "n")
    )
    return {row["organisation_id"]: int(row["n"]) for row in rows}


def _days_left(now: datetime) -> Callable[[Any], int]:
    today = local_date(now)
    return lambda day: (day - today).days


routes = [
    route
    for scope in (OUTCOMES, NEEDS, ORGANISATIONS, BROKERS, POLICIES)
    for route in (
        Route(f"/{scope.key}", _page(scope), name=scope.route, quota=QuotaClass.SEARCH),
        Route(f"/{scope.key}.atom", _feed(scope), name=f"{scope.route}_atom", quota=QuotaClass.SEARCH),
    )
] + [
    Route("/find", find, name="pages:find", quota=QuotaClass.SEARCH),
    Route("/suggest", suggest, name="pages:suggest"),
]
