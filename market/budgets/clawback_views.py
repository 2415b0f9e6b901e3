"""The desk's pages of clawbacks."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import clawbacks
from market.budgets.clawbacks import (
    confirm_clawback,
    confirm_return,
    drop_clawback,
    record_return,
    reject_return,
)
from market.budgets.forms import ClawbackForm, ReturnForm
from market.budgets.states import BudgetAct, ClawbackStatus
from market.claims.claim_page import render_reason_page
from market.claims.queries import get_claim_at_desk
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to, uuid_or_none
from market.records.by import By


async def index(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    status = request.query_params.get("status", "")
    status = status if status in set(ClawbackStatus) else ""
    today = local_date(deps(request).clock())
    return render(
        request,
        "budgets/clawbacks.html",
        clawbacks=await clawbacks.list_clawbacks(
            status,
            is_to_confirm=request.query_params.get("receipts") == "waiting",
            overdue_on=today if request.query_params.get("overdue") == "yes" else None,
        ),
        status=status,
        today=today,
        statuses=list(ClawbackStatus),
    )


async def start(request: Request) -> Response:
    actor, now = actor_for(request, BudgetAct.START_CLAWBACK), deps(request).clock()
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    form = ClawbackForm(await form_data_or_none(request), data={"amount": claim.award_amount})
    if form.validate_on_submit():
        with form.catch_invalid():
            await clawbacks.start_clawback(
                claim.number, amount=form.amount.data, ground=str(form.reason.data), by=By(actor, now)
            )
            return flash(
                request, redirect_to(request, "budgets:clawbacks"), _("追回已发起，请批准人确认。"), "due"
            )
    return render_reason_page(request, claim, form, _("发起追回"), "budgets:start_clawback")


async def show(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    clawback = await clawbacks.get_clawback(actor, request.path_params["number"])
    data = await form_data_or_none(request)
    answer = redirect_to(request, "budgets:clawback", number=clawback.number)
    act = str(data.get("act") or "") if data is not None else ""
    if act == "confirm":
        await confirm_clawback(clawback.number, by=By(actor, now))
        return flash(request, answer, _("追回已确认，已通知申报单位缴回。"))
    if data is not None and act in ("drop", "confirm_return", "reject_return"):
        words = await _decide(act, data, clawback.number, By(actor, now))
        return flash(request, answer, words, "done" if act == "confirm_return" else "note")
    form = ReturnForm(data, data={"received_on": local_date(now)})
    if data is not None:
        actor.require(BudgetAct.DISBURSE)
        if form.validate_on_submit():
            with form.catch_invalid():
                await record_return(
                    clawback.number,
                    amount=form.amount.data,
                    received_on=form.received_on.data,
                    bank_reference=str(form.bank_reference.data),
                    by=By(actor, now),
                )
                return flash(request, answer, _("缴回已登记，请复核人确认。"))
    return render_form(
        request,
        "budgets/clawback.html",
        form,
        clawback=clawback,
        is_overdue=clawback.is_overdue(local_date(now)),
        receipts=await clawback.receipts.all()
        .select_related("proposed_by", "decided_by")
        .order_by("proposed_at"),
        returned=await clawbacks.sum_returned(clawback.id),
    )


async def _decide(act: str, data: FormData, number: str, by: By) -> str:
    """Carry out the act of a second person beside confirming the clawback; return what to tell."""
    reason = str(data.get("reason") or "").replace("\x00", "").strip()[:300]
    if act == "drop":
        await drop_clawback(number, reason=reason, by=by)
        return _("追回已撤销。")
    receipt_id = uuid_or_none(data.get("receipt"))
    if receipt_id is None:
        raise NotFound(_("没有这笔缴回。"))
    if act == "confirm_return":
        await confirm_return(number, receipt_id, by=by)
        return _("缴回已确认入账。")
    await reject_return(number, receipt_id, reason=reason, by=by)
    return _("缴回登记已退回。")


routes = [
    Route("/desk/clawbacks", index, name="budgets:clawbacks", methods=["GET"]),
    Route("/desk/clawbacks/{number}", show, name="budgets:clawback", methods=["GET", "POST"]),
    Route("/desk/{number}/clawback", start, name="budgets:start_clawback", methods=["GET", "POST"]),
]
