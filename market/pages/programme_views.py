"""The page of a programme: its rules by clause, its calls, and the policies that found it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.kit.clock import local_date
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.policies.queries import policies_of
from market.programmes import summaries
from market.programmes.call_queries import windows
from market.programmes.call_windows import current_windows
from market.programmes.catalogue import clauses, compiled, get_programme, list_versions


async def show(request: Request) -> Response:
    programme = await get_programme(request.path_params["slug"])
    versions = await list_versions(programme.id)
    version = request.query_params.get("version", "")
    terms_row = next((row for row in versions if row.version == version), versions[0])
    now = deps(request).clock()
    calls = current_windows((await windows([programme.slug])).get(programme.slug, ()), now)
    return render(
        request,
        "programmes/programme.html",
        programme=programme,
        versions=versions,
        shown=terms_row,
        terms=compiled(terms_row),
        clauses=clauses(terms_row.content),
        summaries=summaries,
        calls=calls,
        today=local_date(now),
        policies=await policies_of(programme.id),
    )


routes = [Route("/subsidies/{slug}", show, name="programmes:show", methods=["GET"])]
