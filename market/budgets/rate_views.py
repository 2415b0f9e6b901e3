"""The desk's page of the rates of interest on clawbacks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets.clawback_rates import decide_rate, list_rates, load_rates, propose_rate
from market.budgets.forms import RateForm
from market.budgets.states import BudgetAct
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to, typed_text, uuid_or_none
from market.records.by import By
from market.records.decisions import Verdict


async def index(request: Request) -> Response:
    """Show the rates; propose one, or decide on one that waits."""
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    data = await form_data_or_none(request)
    answer, act = redirect_to(request, "budgets:rates"), ""
    if data is not None:
        act = str(data.get("act") or "")
    if data is not None and act in ("confirm", "reject"):
        rate_id = uuid_or_none(data.get("rate_id"))
        if rate_id is None:
            raise NotFound(_("没有这条利率。"))
        reason = typed_text(data, "reason")
        verdict = Verdict.CONFIRMED if act == "confirm" else Verdict.REJECTED
        await decide_rate(rate_id, verdict, reason="" if act == "confirm" else reason, by=By(actor, now))
        if verdict is Verdict.REJECTED:
            return flash(request, answer, _("利率已退回。"), "note")
        return flash(request, answer, _("利率已确认，以后的利息按它计算。"))
    form = RateForm(data)
    if data is not None:
        actor.require(BudgetAct.ENTER_RATE)
        with form.catch_invalid():
            if form.validate():
                await propose_rate(
                    begins_on=form.begins_on.data,
                    basis_points=form.rate.data,
                    announcement=str(form.announcement.data),
                    announced_on=form.announced_on.data,
                    ground=str(form.ground.data),
                    by=By(actor, now),
                )
                return flash(request, answer, _("利率已录入，请批准人确认。"), "due")
    table = await load_rates()
    return render_form(
        request,
        "budgets/rates.html",
        form,
        rates=await list_rates(),
        assumption=table.known_at().assumption,
        entered_until=table.entered_until if table.is_behind(local_date(now)) else None,
    )


routes = [Route("/desk/rates", index, name="budgets:rates", methods=["GET", "POST"])]
