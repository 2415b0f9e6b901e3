from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import actor_for
from market.backoffice import search_maintenance
from market.backoffice.permissions import BackofficeAct
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to
from market.records.by import By

MOST_ID = 2**63 - 1


async def search(request: Request) -> Response:
    actor_for(request, BackofficeAct.RUN_JOBS)
    if request.method == "POST":
        return await _act(request)
    engine = deps(request).search
    statuses, tenancy = await search_maintenance.index_statuses(engine)
    return render(
        request,
        "backoffice/search.html",
        statuses=statuses,
        is_there=tenancy is not None,
        prefix=tenancy.prefix if tenancy else "",
        drift=search_maintenance.drift_lines(tenancy) if tenancy else [],
        quarantined=await search_maintenance.list_quarantined(),
        engine=engine.name,
    )


async def _act(request: Request) -> Response:
    """Do what the one button that was pressed asks for."""
    actor, form, now = (
        actor_for(request, BackofficeAct.RUN_JOBS),
        await form_data(request),
        deps(request).clock(),
    )
    index, entry = str(form.get("rebuild") or ""), str(form.get("retry") or "")
    if index:
        await search_maintenance.rebuild(index, by=By(actor, now))
        words = _("重建已排队，由后台任务完成；期间搜索照常。")
    elif entry.isascii() and entry.isdigit() and len(entry) < 20 and int(entry) <= MOST_ID:
        await search_maintenance.retry(int(entry), by=By(actor, now))
        words = _("已排队重试。若仍不成功，会带着原因回到这里。")
    else:
        raise NotFound(_("没有这个操作。"))
    return flash(request, redirect_to(request, "backoffice:search"), words)


routes = [Route("/backoffice/search", search, name="backoffice:search", methods=["GET", "POST"])]
