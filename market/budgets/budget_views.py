"""The desk's page of budgets."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets.annual_budgets import (
    BudgetDetails,
    confirm_change,
    draft_budget,
    effect_on,
    get_budget,
    list_budgets,
    list_changes,
    paid_by_month,
    parse_months,
    propose_change,
    reject_change,
    release_budget,
)
from market.budgets.forms import BudgetChangeForm, BudgetForm
from market.budgets.models import Budget
from market.budgets.states import BudgetChangeKind
from market.kit.clock import local_date
from market.kit.errors import Forbidden, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to, typed_text, uuid_or_none
from market.programmes.catalogue import list_programmes
from market.programmes.states import ProgrammeAct
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
        with form.catch_invalid():
            if form.validate():
                await draft_budget(
                    form.programme.data,
                    year=form.year.data or 0,
                    amount=form.amount.data,
                    details=_details(form),
                    by=By(actor, now),
                )
                return flash(request, redirect_to(request, "budgets:index"), _("预算已拟定，请批准人下达。"))
    budgets = await list_budgets()
    year = request.query_params.get("year", "")
    return render_form(
        request,
        "budgets/budgets.html",
        form,
        years=sorted({row.budget.year for row in budgets}, reverse=True),
        year=year,
        budgets=[row for row in budgets if year in ("", str(row.budget.year))],
    )


def _details(form: BudgetForm) -> BudgetDetails:
    return BudgetDetails(
        form.source.data or "",
        form.functional_code.data or "",
        form.economic_code.data or "",
        parse_months(form.months.data or ""),
    )


async def show(request: Request) -> Response:
    """Show one budget with its months and changes; propose a change, or decide on one."""
    actor = actor_for(request, AccountAct.SEE_DESK)
    slug, year = request.path_params["slug"], request.path_params["year"]
    row = await get_budget(slug, year)
    by = By(actor, deps(request).clock())
    data = await form_data_or_none(request)
    answer = redirect_to(request, "budgets:budget", slug=slug, year=year)
    if data is not None and data.get("change"):
        change_id = uuid_or_none(data.get("change"))
        if change_id is None:
            raise NotFound(_("没有这项预算变更。"))
        if data.get("act") == "reject":
            await reject_change(change_id, reason=typed_text(data, "reason", 500), by=by)
            return flash(request, answer, _("预算变更已退回。"))
        await confirm_change(change_id, by=by)
        return flash(request, answer, _("预算变更已确认并入账。"))
    form = BudgetChangeForm(data)
    if data is not None:
        actor.require(ProgrammeAct.DRAFT_TERMS)
        with form.catch_invalid():
            if form.validate():
                await propose_change(
                    slug,
                    year=year,
                    kind=BudgetChangeKind(form.kind.data),
                    amount=form.amount.data,
                    document_number=form.document_number.data or "",
                    ground=form.ground.data or "",
                    by=by,
                )
                return flash(request, answer, _("预算变更已提出，请批准人确认。"))
    changes = await list_changes(row.budget)
    paid = await paid_by_month(row.budget)
    return render_form(
        request,
        "budgets/budget.html",
        form,
        row=row,
        changes=[(change, effect_on(change, row.budget)) for change in changes],
        months=_months(row.budget, paid),
    )


def _months(budget: Budget, paid: Mapping[str, int]) -> list[tuple[str, int | None, int]]:
    """Return month, plan and payments; payments outside the year come after its twelve months."""
    names = [f"{budget.year}-{number:02d}" for number in range(1, 13)]
    planned = dict(zip(names, budget.months or [], strict=False))
    return [
        (month, planned.get(month), paid.get(month, 0))
        for month in [*names, *sorted(month for month in paid if month not in names)]
    ]


routes = [
    Route("/desk/budgets/{slug}/{year:int}", show, name="budgets:budget", methods=["GET", "POST"]),
    Route("/desk/budgets", index, name="budgets:index", methods=["GET", "POST"]),
]
