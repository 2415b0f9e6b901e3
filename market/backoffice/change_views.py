"""Pages of the operator: changes to published listings, those that wait and those that went live at once."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import HiddenField

from market.accounts.web import actor_for
from market.kit.flash import flash
from market.kit.form_fields import LongTextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, uuid_or_none
from market.listings import change_queries, changes
from market.listings.states import ChangeStatus, ListingAct
from market.records.by import By

SHOWN = {
    "": (ChangeStatus.PENDING,),
    "applied": (ChangeStatus.APPLIED,),
    "decided": tuple(s for s in ChangeStatus if s not in (ChangeStatus.PENDING, ChangeStatus.APPLIED)),
}


class ChangeForm(BaseForm):
    """The operator's decision on a change."""

    revision = HiddenField()
    decision = HiddenField()
    reason = LongTextField(lazy("理由"), max_length=1000)

    @property
    def seen_revision(self) -> int:
        text = str(self.revision.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def index(request: Request) -> Response:
    """List changes; take those that went live at once as seen."""
    actor = actor_for(request, ListingAct.MODERATE)
    if request.method == "POST":
        data = await form_data(request)
        ids = [identity for text in data.getlist("change") if (identity := uuid_or_none(text))]
        count = await changes.mark_seen(ids, by=By(actor, deps(request).clock()))
        response = redirect_to(request, "backoffice:changes")
        response.headers["location"] += "?show=applied"
        return flash(request, response, _("已过目 %(count)s 项。", count=count))
    show = request.query_params.get("show", "")
    show = show if show in SHOWN else ""
    counts = await change_queries.count_changes()
    return render(
        request,
        "backoffice/changes.html",
        page=await change_queries.list_changes(SHOWN[show], PageRequest.from_query(request.query_params)),
        show=show,
        tabs=[
            ("", _("待审核"), counts.get("pending", 0)),
            ("applied", _("已生效，待过目"), counts.get("applied", 0)),
            ("decided", _("已处理"), sum(counts.get(status.value, 0) for status in SHOWN["decided"])),
        ],
    )


async def change(request: Request) -> Response:
    """Show one change beside what everybody reads now, and take the decision."""
    actor = actor_for(request, ListingAct.MODERATE)
    row = await change_queries.get_change(path_id(request, "change_id"))
    form: Any = ChangeForm(await form_data_or_none(request))
    if form.validate_on_submit():
        by, reason = By(actor, deps(request).clock()), form.reason.data or ""
        with form.catch_invalid():
            if form.decision.data == "accept":
                await changes.accept(row.change.id, seen_revision=form.seen_revision, by=by)
                message = _("已通过，公开页面已更新。")
            elif form.decision.data == "revert":
                await changes.revert(row.change.id, reason, by=by)
                message = _("已恢复原样，作者会收到理由。")
            elif form.decision.data == "see":
                await changes.mark_seen([row.change.id], by=by)
                message = _("已过目。")
            else:
                await changes.reject(row.change.id, reason, seen_revision=form.seen_revision, by=by)
                message = _("没有通过，作者会收到理由。")
            return flash(request, redirect_to(request, "backoffice:changes"), message)
    return render_form(request, "backoffice/change.html", form, row=row, change=row.change)


routes = [
    Route("/backoffice/changes", index, name="backoffice:changes", methods=["GET", "POST"]),
    Route("/backoffice/changes/{change_id:uuid}", change, name="backoffice:change", methods=["GET", "POST"]),
]
