"""The desk's pages of clawbacks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import clawbacks
from market.budgets.clawback_handovers import decide_handover, propose_handover
from market.budgets.clawback_letters import interest_rows
from market.budgets.clawback_rates import load_rates
from market.budgets.clawback_returns import (
    confirm_return,
    interest_of,
    record_return,
    reject_return,
    what_is_owed,
)
from market.budgets.clawbacks import confirm_clawback, drop_clawback
from market.budgets.forms import ClawbackForm, HandoverForm, ReturnForm
from market.budgets.models import ClawbackReceipt
from market.budgets.states import BudgetAct, ClawbackStatus, InterestBasis
from market.claims.claim_page import render_reason_page
from market.claims.queries import get_claim_at_desk
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to, typed_text, uuid_or_none
from market.records.by import By
from market.records.decisions import Verdict


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
    form = ClawbackForm(
        await form_data_or_none(request),
        data={"amount": claim.award_amount, "interest": InterestBasis.FROM_DUE.value},
    )
    if form.validate_on_submit():
        with form.catch_invalid():
            await clawbacks.start_clawback(
                claim.number,
                amount=form.amount.data,
                ground=str(form.reason.data),
                interest=InterestBasis(form.interest.data),
                by=By(actor, now),
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
    if data is not None and act in ("confirm_handover", "reject_handover"):
        words = await _decide_handover(act, data, clawback.number, By(actor, now))
        return flash(request, answer, words, "due" if act == "confirm_handover" else "note")
    handover_form = HandoverForm(data if act == "hand_over" else None)
    if act == "hand_over":
        actor.require(BudgetAct.PROPOSE_HANDOVER)
        if handover_form.validate_on_submit():
            with handover_form.catch_invalid():
                await propose_handover(
                    clawback.number,
                    recipient=str(handover_form.recipient.data),
                    ground=str(handover_form.ground.data),
                    by=By(actor, now),
                )
                return flash(request, answer, _("移送已提出，请批准人确认。"), "due")
    form = ReturnForm(data if act != "hand_over" else None, data={"received_on": local_date(now)})
    if data is not None and act != "hand_over":
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
    receipts = (
        await clawback.receipts.all().select_related("proposed_by", "decided_by").order_by("proposed_at")
    )
    confirmed = [receipt for receipt in receipts if receipt.is_confirmed]
    today = local_date(now)
    table = await load_rates()
    rates = table.of(clawback.interest_amount, confirmed)
    principal, interest = what_is_owed(clawback, confirmed, today, rates)
    return render_form(
        request,
        "budgets/clawback.html",
        handover_form if act == "hand_over" else form,
        return_form=form,
        handover_form=handover_form,
        clawback=clawback,
        is_overdue=clawback.is_overdue(today),
        receipts=receipts,
        handovers=await clawback.handovers.all()
        .select_related("proposed_by", "decided_by")
        .order_by("proposed_at"),
        returned=sum(receipt.amount for receipt in confirmed),
        owed=(principal, interest),
        interest_rows=interest_rows(
            interest_of(clawback, confirmed, _interest_day(confirmed, today, principal), rates)
        ),
        assumption=rates.assumption,
        source=rates.source,
        entered_until=table.entered_until if table.is_behind(today) else None,
    )


def _interest_day(confirmed: Sequence[ClawbackReceipt], today: date, principal: int) -> date:
    """Return the day up to which interest is shown: the last return of principal once it is whole again."""
    days = [receipt.received_on for receipt in confirmed if receipt.amount > receipt.interest_part]
    return today if principal or not days else max(days)


async def _decide_handover(act: str, data: FormData, number: str, by: By) -> str:
    """Confirm or reject the proposed handing over; return what to tell."""
    reason = typed_text(data, "reason")
    if act == "confirm_handover":
        await decide_handover(number, Verdict.CONFIRMED, by=by)
        return _("追回已移送，移送书已签发。")
    await decide_handover(number, Verdict.REJECTED, reason=reason, by=by)
    return _("移送已退回。")


async def _decide(act: str, data: FormData, number: str, by: By) -> str:
    """Carry out the act of a second person beside confirming the clawback; return what to tell."""
    reason = typed_text(data, "reason")
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
