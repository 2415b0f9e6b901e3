"""The desk's page of budgets."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets.annual_budgets import draft_budget, list_budgets, release_budget
from market.budgets.forms import BudgetForm
from market.kit.clock import local_date
from market.kit.errors import Forbidden
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to, uuid_or_none
from market.programmes.catalogue import list_programmes
from market.programmes.permissions import ProgrammeAct
from market.records.by import By


async def index(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    now = deps(request).clock()
    data = await form_data_or_none(request)
    if data is not None and data.get("release"):
        budget_id = uuid_or_none(data.get("release"))
        if budget_id is None:
            raise Forbidden(_("没有这项预算。"))
        await release_budget(budget_id, by=By(actor, now))
        return flash(request, redirect_to(request, "budgets:index"), _("预算已下达并入账。"))
    form = BudgetForm(data, data={"year": local_date(now).year})
    form.programme.choices = [
        ("", _("请选择")),
        *((programme.slug, _(programme.name)) for programme in await list_programmes()),
    ]
    if data is not None:
        actor.require(ProgrammeAct.DRAFT_TERMS)
        if form.validate():
            await draft_budget(
                form.programme.data, year=form.year.data or 0, amount=form.amount.data, by=By(actor, now)
            )
            return flash(request, redirect_to(request, "budgets:index"), _("预算已拟定，请批准人下达。"))
    return render_form(
        request,
        "budgets/budgets.html",
        form,
        budgets=await list_budgets(),
    )


routes = [
    Route("/desk/budgets", index, name="budgets:index", methods=["GET", "POST"]),
]
