"""The desk's pages of clawbacks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import clawbacks
from market.budgets.clawbacks import confirm_clawback, drop_clawback, record_return
from market.budgets.forms import ClawbackForm, ReturnForm
from market.budgets.permissions import BudgetAct
from market.budgets.states import ClawbackStatus
from market.claims.queries import get_claim_at_desk
from market.claims.reason_page import render_reason_page
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.records.by import By


async def clawback_list(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    status = request.query_params.get("status", "")
    status = status if status in set(ClawbackStatus) else ""
    return render(
        request,
        "budgets/clawbacks.html",
        clawbacks=await clawbacks.list_clawbacks(status),
        status=status,
        statuses=list(ClawbackStatus),
    )


async def start_clawback(request: Request) -> Response:
    actor, now = actor_for(request, BudgetAct.START_CLAWBACK), deps(request).clock()
    found = await get_claim_at_desk(actor, request.path_params["number"])
    form = ClawbackForm(await form_data_or_none(request), data={"amount": found.award_amount})
    if form.validate_on_submit():
        with form.catch_invalid():
            await clawbacks.start_clawback(
                found.number, amount=form.amount.data, reason=str(form.reason.data), by=By(actor, now)
            )
            return flash(
                request, redirect_to(request, "budgets:clawbacks"), _("追回已发起，请批准人确认。"), "due"
            )
    return render_reason_page(request, found, form, _("发起追回"), "budgets:start_clawback")


async def clawback(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    found = await clawbacks.get_clawback(actor, request.path_params["number"])
    given = await form_data_or_none(request)
    done = redirect_to(request, "budgets:clawback", number=found.number)
    act = str(given.get("act") or "") if given is not None else ""
    if act == "confirm":
        await confirm_clawback(found.number, by=By(actor, now))
        return flash(request, done, _("追回已确认，已通知申报单位缴回。"))
    if act == "drop":
        await drop_clawback(found.number, by=By(actor, now))
        return flash(request, done, _("追回已撤销。"), "note")
    form = ReturnForm(given, data={"received_on": local_date(now)})
    if given is not None:
        actor.require(BudgetAct.DISBURSE)
        if form.validate_on_submit():
            with form.catch_invalid():
                await record_return(
                    found.number,
                    amount=form.amount.data,
                    received_on=form.received_on.data,
                    bank_reference=str(form.bank_reference.data),
                    by=By(actor, now),
                )
                return flash(request, done, _("缴回已登记入账。"))
    return render_form(
        request,
        "budgets/clawback.html",
        form,
        clawback=found,
        receipts=await found.receipts.all().order_by("entered_at"),
        returned=await clawbacks.returned(found.id),
    )


routes = [
    Route("/desk/clawbacks", clawback_list, name="budgets:clawbacks", methods=["GET"]),
    Route("/desk/clawbacks/{number}", clawback, name="budgets:clawback", methods=["GET", "POST"]),
    Route("/desk/{number}/clawback", start_clawback, name="budgets:start_clawback", methods=["GET", "POST"]),
]
