"""What the public reads about programmes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.templating import render
from market.programmes import describing
from market.programmes.catalogue import clauses, compiled, get_programme, list_programmes, list_versions


async def programmes(request: Request) -> Response:
    rows = await list_programmes()
    latest = {row.id: (await list_versions(row.id))[:1] for row in rows}
    terms = {row.id: compiled(latest[row.id][0]) for row in rows if latest[row.id]}
    return render(request, "programmes/programmes.html", programmes=rows, terms=terms, describing=describing)


async def programme(request: Request) -> Response:
    found = await get_programme(request.path_params["slug"])
    versions = await list_versions(found.id)
    wanted = request.query_params.get("version", "")
    shown = next((row for row in versions if row.version == wanted), versions[0])
    return render(
        request,
        "programmes/programme.html",
        programme=found,
        versions=versions,
        shown=shown,
        terms=compiled(shown),
        clauses=clauses(shown.content),
        describing=describing,
    )


routes = [
    Route("/subsidies", programmes, name="programmes:index", methods=["GET"]),
    Route("/subsidies/{slug}", programme, name="programmes:show", methods=["GET"]),
]
