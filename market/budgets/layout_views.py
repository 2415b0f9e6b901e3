"""The desk's pages of the layouts of payment files."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets.forms import LayoutForm
from market.budgets.layout_versions import (
    decide_layout,
    draft_layout,
    layout_of,
    layouts_in_force,
    list_versions,
)
from market.budgets.payment_layouts import (
    LINE_FIELDS,
    SHARED_FIELDS,
    Layout,
    columns_text,
    read_columns,
    read_rows,
    rows_text,
)
from market.budgets.permissions import BudgetAct
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.records.by import By
from market.records.decisions import Verdict


async def index(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    return render(request, "budgets/layouts.html", layouts=await layouts_in_force())


async def show(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    key, by = request.path_params["key"], By(actor, deps(request).clock())
    versions = await list_versions(key)
    layout = (await layouts_in_force())[key]
    data = await form_data_or_none(request)
    if data is not None and data.get("act"):
        return await _decide(request, key, data, by)
    if data is not None:
        actor.require(BudgetAct.DRAFT_LAYOUT)
    form = LayoutForm(data, data=_values(layout))
    if form.validate_on_submit():
        with form.catch_invalid():
            await draft_layout(key, _content(form), by=by)
            answer = redirect_to(request, "budgets:layout", key=key)
            return flash(request, answer, _("版式的修改已提交，待另一人确认。"), "due")
    waiting = versions[0] if versions and versions[0].verdict is None else None
    return render_form(
        request,
        "budgets/layout.html",
        form,
        layout=layout,
        versions=versions,
        waiting=waiting,
        draft=layout_of(waiting) if waiting else None,
        line_fields=LINE_FIELDS,
        shared_fields=SHARED_FIELDS,
    )


async def _decide(request: Request, key: str, data: FormData, by: By) -> Response:
    answer = redirect_to(request, "budgets:layout", key=key)
    if data.get("act") == "confirm":
        await decide_layout(key, Verdict.CONFIRMED, by=by)
        return flash(request, answer, _("版式已确认，以后放行的指令使用。"))
    reason = str(data.get("reason") or "").replace("\x00", "").strip()[:300]
    await decide_layout(key, Verdict.REJECTED, reason=reason, by=by)
    return flash(request, answer, _("版式的修改已退回。"), "note")


def _values(layout: Layout) -> dict[str, Any]:
    return {
        "name": layout.name,
        "encoding": layout.encoding,
        "guard_digits": layout.guard_digits,
        "head": rows_text(layout.head),
        "columns": columns_text(layout.columns),
        "foot": rows_text(layout.foot),
    }


def _content(form: LayoutForm) -> dict[str, Any]:
    return {
        "name": form.name.data,
        "encoding": form.encoding.data,
        "guard_digits": form.guard_digits.data,
        "head": read_rows(str(form.head.data or "")),
        "columns": read_columns(str(form.columns.data or "")),
        "foot": read_rows(str(form.foot.data or "")),
    }


routes = [
    Route("/desk/layouts", index, name="budgets:layouts", methods=["GET"]),
    Route("/desk/layouts/{key}", show, name="budgets:layout", methods=["GET", "POST"]),
]
