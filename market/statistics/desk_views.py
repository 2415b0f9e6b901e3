"""Pages of the department: months and their reports, versions of the definition."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.kit.errors import Conflict
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, typed_text
from market.records.by import By
from market.records.decisions import typed_verdict
from market.statistics import bulletins, definitions
from market.statistics.forms import DefinitionForm, OrderForm
from market.statistics.models import StatisticsMonth
from market.statistics.periods import month_words
from market.statistics.states import StatisticsAct


async def index(request: Request) -> Response:
    """Show months, reports and versions of the definition, what waits first."""
    actor_for(request, StatisticsAct.READ_STATISTICS)
    return render(
        request,
        "statistics/desk.html",
        unreported=await bulletins.list_unreported(),
        running=await StatisticsMonth.filter(closed_at=None).order_by("month"),
        bulletins=await bulletins.list_all(),
        proposals=await definitions.list_proposals(),
        first=definitions.first_definition(),
        month_words=month_words,
    )


async def order(request: Request) -> Response:
    """Have a report made."""
    actor = actor_for(request, StatisticsAct.RUN_STATISTICS)
    waiting = await bulletins.list_unreported()
    asked = request.query_params.get("month", "")[:7]
    first = asked or (f"{waiting[0].month:%Y-%m}" if waiting else "")
    form = OrderForm(await form_data_or_none(request), data={"month": first})
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            by = By(actor, deps(request).clock())
            await bulletins.order_bulletin(form.chosen_month(), str(form.note.data or ""), by=by)
            words = _("正在编制，完成后等批准人核定。")
            return flash(request, redirect_to(request, "statistics:desk"), words)
    return render_form(request, "statistics/order.html", form)


async def new_definition(request: Request) -> Response:
    actor = actor_for(request, StatisticsAct.RUN_STATISTICS)
    form = DefinitionForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            await definitions.propose_definition(
                form.valid_from.data,
                form.chosen_event(),
                str(form.text.data),
                str(form.basis.data),
                by=By(actor, deps(request).clock()),
            )
            return flash(request, redirect_to(request, "statistics:desk"), _("口径已提出，等批准人确认。"))
    return render_form(request, "statistics/definition_form.html", form)


async def decide_definition(request: Request) -> Response:
    actor = actor_for(request, StatisticsAct.DECIDE_STATISTICS)
    data = await form_data(request)
    definition = await definitions.decide_definition(
        path_id(request, "definition_id"),
        typed_verdict(data),
        reason=typed_text(data, "reason"),
        by=By(actor, deps(request).clock()),
    )
    words = _("口径已确认。") if definition.is_confirmed else _("已退回。")
    return flash(request, redirect_to(request, "statistics:desk"), words)


routes = [
    Route("/backoffice/statistics", index, name="statistics:desk", methods=["GET"]),
    Route("/backoffice/statistics/order", order, name="statistics:order", methods=["GET", "POST"]),
    Route(
        "/backoffice/statistics/definitions/new",
        new_definition,
        name="statistics:new_definition",
        methods=["GET", "POST"],
    ),
    Route(
        "/backoffice/statistics/definitions/{definition_id}/decide",
        decide_definition,
        name="statistics:decide_definition",
        methods=["POST"],
    ),
]
