"""What the public reads about programmes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.templating import render
from market.programmes import summaries
from market.programmes.catalogue import clauses, compiled, get_programme, list_programmes, list_versions


async def index(request: Request) -> Response:
    rows = await list_programmes()
    latest = {row.id: (await list_versions(row.id))[:1] for row in rows}
    terms = {row.id: compiled(latest[row.id][0]) for row in rows if latest[row.id]}
    return render(request, "programmes/programmes.html", programmes=rows, terms=terms, summaries=summaries)


async def show(request: Request) -> Response:
    programme = await get_programme(request.path_params["slug"])
    versions = await list_versions(programme.id)
    version = request.query_params.get("version", "")
    terms_row = next((row for row in versions if row.version == version), versions[0])
    return render(
        request,
        "programmes/programme.html",
        programme=programme,
        versions=versions,
        shown=terms_row,
        terms=compiled(terms_row),
        clauses=clauses(terms_row.content),
        summaries=summaries,
    )


routes = [
    Route("/subsidies", index, name="programmes:index", methods=["GET"]),
    Route("/subsidies/{slug}", show, name="programmes:show", methods=["GET"]),
]
