"""Exports of lists: at once, or by a job whose progress a page shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from market.accounts.actors import Actor
from market.accounts.web import address_of, optional_actor, signed_in_actor
from market.kit import rate_limits
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.kit.routing import GUEST_FORM, Route
from market.kit.templating import render
from market.kit.web import deps, form_data, path_id, redirect_to
from market.kit.workbooks.writing import WORKBOOK, write_workbook
from market.pages import list_exports, search_results
from market.pages.models import ListExport
from market.pages.search_results import SCOPES, Scope

GUEST_EXPORTS_AN_HOUR = 600
"""Exports of guests from one address of the network, behind which a whole campus may sit."""
LONG_EXPORTS_AN_HOUR, GUEST_LONG_EXPORTS_AN_HOUR = 6, 60
"""Of a person, and of the guests of one address of the network."""
MOST_QUERY = 16_000
"""Characters of a query string that are read."""


def short_export(scope: Scope, *, direct: int = list_exports.DIRECT) -> Callable[[Request], Any]:
    """Return the view that answers with the rows of a list, or leads to its long export when it has more."""

    async def export(request: Request) -> Response:
        """Export exactly the rows that the list with these filters has."""
        request.scope["query_string"] = request.scope["query_string"][:MOST_QUERY]
        actor = optional_actor(request)
        if actor is None:
            await rate_limits.count_attempt(
                f"export:{address_of(request)}", limit=GUEST_EXPORTS_AN_HOUR, window_seconds=3600
            )
        params = await search_results.parse_params(request, scope)
        if await list_exports.count_rows(deps(request), actor, params) > direct:
            query = params.address(page=[]).partition("?")[2]
            address = str(request.app.url_path_for("pages:long_export", scope=scope.key))
            return RedirectResponse(address + (f"?{query}" if query else ""), 303)
        searcher = await search_results.searcher_of(request, params)
        batches = search_results.iterate_records(searcher, params, scope)
        table = list_exports.table_of(deps(request), actor, scope, batches)
        headers = {"content-disposition": f'attachment; filename="{scope.key}.xlsx"'}
        return StreamingResponse(write_workbook(table), media_type=WORKBOOK, headers=headers)

    return export


async def long_export(request: Request) -> Response:
    """Say how long a list is and ask whether it is to be written; POST has a job write it."""
    key, actor, given = request.path_params["scope"], optional_actor(request), request.query_params
    if request.method == "POST":
        given = QueryParams(str((await form_data(request)).get("query") or "")[:MOST_QUERY])
    total, query, page = await _measure(request, key, actor, given)
    if request.method == "POST":
        await rate_limits.count_attempt(
            f"long_export:{actor.user_id if actor else address_of(request)}",
            limit=LONG_EXPORTS_AN_HOUR if actor else GUEST_LONG_EXPORTS_AN_HOUR,
            window_seconds=3600,
        )
        now = deps(request).clock()
        export = await list_exports.start_export(key, query, total, actor=actor, now=now)
        return redirect_to(request, "pages:export", export_id=export.id)
    return render(
        request,
        "pages/long_export.html",
        list_label=list_exports.label_of(key),
        total=total,
        query=query,
        page=page,
        is_filtered=key in SCOPES,
    )


async def _measure(
    request: Request, key: str, actor: Actor | None, given: QueryParams
) -> tuple[int, str, str]:
    """Return how many rows a list has, its query, and the address of the page on which it is read.

    Raises:
        NotFound: there is no such list, or the person may not read it.
    """
    if source := rooms().exports.get(key):
        signed_in = signed_in_actor(request)
        page = await source.page(signed_in, given)
        return await source.count(signed_in, given), str(given)[:MOST_QUERY], page
    scope = SCOPES.get(key)
    if scope is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    params = await search_results.params_for(deps(request), actor, scope, f"/{scope.key}", given)
    total = await list_exports.count_rows(deps(request), actor, params)
    return total, params.address(page=[]).partition("?")[2], params.address()


async def show(request: Request) -> Response:
    """Show how far an export is, and where its workbook is."""
    export = await _own_export(request)
    label = list_exports.label_of(export.scope)
    if source := rooms().exports.get(export.scope):
        page = await source.page(signed_in_actor(request), QueryParams(export.query))
    else:
        page = str(request.app.url_path_for(SCOPES[export.scope].route))
        page += f"?{export.query}" if export.query else ""
    answer = render(request, "pages/export.html", export=export, list_label=label, page=page)
    answer.headers["cache-control"] = "private, no-store"
    return answer


async def fetch(request: Request) -> Response:
    """Answer with the workbook of an export."""
    export = await _own_export(request)
    try:
        if export.size is None:
            raise FileNotFoundError
        content = await deps(request).store.stream(list_exports.file_name(export))
    except FileNotFoundError:
        raise NotFound(_("没有这份导出，或者它已经过期。")) from None
    headers = {
        "content-disposition": f'attachment; filename="{export.scope}.xlsx"',
        "cache-control": "private, no-store",
        "content-length": str(export.size),
    }
    return StreamingResponse(content, media_type=WORKBOOK, headers=headers)


async def _own_export(request: Request) -> ListExport:
    actor, now = optional_actor(request), deps(request).clock()
    return await list_exports.get_export_for(actor, path_id(request, "export_id"), now=now)


routes = [
    *(
        Route(f"/{scope.key}.xlsx", short_export(scope), name=f"{scope.route}_xlsx")
        for scope in SCOPES.values()
    ),
    Route(
        "/exports/list/{scope}",
        long_export,
        name="pages:long_export",
        methods=["GET", "POST"],
        body=GUEST_FORM,
    ),
    Route("/exports/{export_id:uuid}", show, name="pages:export", methods=["GET"]),
    Route("/exports/{export_id:uuid}/file", fetch, name="pages:export_file", methods=["GET"]),
]
