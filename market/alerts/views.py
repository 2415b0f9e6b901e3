"""Pages of saved searches, and the unsubscribe page of alert mails."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.alerts import saved_searches
from market.alerts.states import AlertAct
from market.codes.labels import choices
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import GUEST_FORM, Route
from market.kit.templating import render
from market.kit.web import deps, form_data, path_id, redirect_to
from market.records.by import By


async def index(request: Request) -> Response:
    actor = actor_for(request, AlertAct.SAVE_SEARCH)
    return render(
        request,
        "alerts/index.html",
        searches=await saved_searches.list_own(actor),
        frequencies=choices("alert_frequency"),
        scopes=dict(choices("search_scope")),
    )


async def save(request: Request) -> Response:
    actor, form = actor_for(request, AlertAct.SAVE_SEARCH), await form_data(request)
    _saved, is_new = await saved_searches.save(
        str(form.get("scope", "")),
        str(form.get("query", "")),
        str(form.get("frequency", "")),
        by=By(actor, deps(request).clock()),
    )
    words = _("已保存，有新结果时通知您。") if is_new else _("这个搜索早已保存，提醒方式已更新。")
    return flash(request, redirect_to(request, "alerts:index"), words)


async def change(request: Request) -> Response:
    actor, form = actor_for(request, AlertAct.SAVE_SEARCH), await form_data(request)
    await saved_searches.change(
        path_id(request, "search_id"),
        str(form.get("frequency", "")),
        by=By(actor, deps(request).clock()),
    )
    return flash(request, redirect_to(request, "alerts:index"), _("提醒方式已更新。"))


async def remove(request: Request) -> Response:
    actor = actor_for(request, AlertAct.SAVE_SEARCH)
    await saved_searches.remove(path_id(request, "search_id"), actor=actor)
    return flash(request, redirect_to(request, "alerts:index"), _("已删除。"))


async def unsubscribe(request: Request) -> Response:
    """Show the confirmation of an unsubscribe link, or unsubscribe on POST; needs no session."""
    search_id = request.query_params.get("search", "")[:40]
    token = request.query_params.get("token", "")[:64]
    secret = deps(request).settings.secret_key
    is_done = request.method == "POST"
    act = saved_searches.unsubscribe if is_done else saved_searches.get_signed
    saved = await act(search_id, token, secret=secret)
    return render(request, "alerts/unsubscribe.html", saved=saved, is_done=is_done)


routes = [
    Route("/my/searches", index, name="alerts:index"),
    Route("/my/searches", save, name="alerts:save", methods=["POST"]),
    Route("/my/searches/{search_id:uuid}", change, name="alerts:change", methods=["POST"]),
    Route("/my/searches/{search_id:uuid}/remove", remove, name="alerts:remove", methods=["POST"]),
    Route(
        "/alerts/unsubscribe",
        unsubscribe,
        name="alerts:unsubscribe",
        methods=["GET", "POST"],
        body=GUEST_FORM,
    ),
]
