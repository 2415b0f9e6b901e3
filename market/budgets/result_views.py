"""The desk's pages of the bank's results: entered or imported by one person, confirmed by another."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import queries as budgets_queries
from market.budgets.forms import ResultForm
from market.budgets.instructions import instruction_of
from market.budgets.models import Disbursement
from market.budgets.payment_results import (
    Reported,
    confirm_result,
    decide_take_back,
    enter_result,
    propose_take_back,
    reject_result,
    results_of,
    waiting_results,
    waiting_reversals,
)
from market.budgets.result_files import ImportResult, import_results
from market.budgets.states import BudgetAct, PaymentOutcome, ReturnReason
from market.claims.claim_payees import payee_states
from market.claims.record_chain import chain_of_claim
from market.files.attachments import check_upload
from market.kit.clock import local_date
from market.kit.errors import MarketError, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import (
    deps,
    form_data,
    form_data_or_none,
    redirect_to,
    typed_text,
    uploaded_files,
    uuid_or_none,
)
from market.records.by import By
from market.records.decisions import Verdict


async def index(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    return render(
        request,
        "budgets/results.html",
        results=await waiting_results(),
        reversals=await waiting_reversals(),
    )


async def import_file(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.DISBURSE)
    batch = await budgets_queries.get_batch(actor, request.path_params["number"])
    answer = redirect_to(request, "budgets:batch", number=batch.number)
    files = uploaded_files(await form_data(request), "file")
    if not files:
        return flash(request, answer, _("请选择银行的回单文件，或填好结果的付款文件。"), "due")
    upload = await check_upload(files[0])
    by = By(actor, deps(request).clock())
    result = await import_results(batch.number, upload.content, source=upload.name, by=by)
    tone = "due" if result.refused or not (result.entered or result.known) else "done"
    return flash(request, answer, _import_words(result), tone)


def _import_words(result: ImportResult) -> str:
    words = _("登记 %(count)s 笔，原已登记 %(known)s 笔。", count=result.entered, known=result.known)
    if result.entered:
        words += _("待复核人确认。")
    if result.refused:
        rows = "；".join(_("第 %(row)s 行：%(why)s", row=row, why=why) for row, why in result.refused[:10])
        words += _("未登记：%(rows)s", rows=rows)
    elif not result.entered and not result.known:
        words = _("文件里没有一行填了银行结果。")
    return words + "".join(result.notices)


async def confirm(request: Request) -> Response:
    """Confirm the results of a batch that another person entered: those chosen, or all."""
    actor = actor_for(request, BudgetAct.CONFIRM_RESULT)
    batch = await budgets_queries.get_batch(actor, request.path_params["number"])
    by, data = By(actor, deps(request).clock()), await form_data(request)
    chosen = set(map(str, data.getlist("result")))
    confirmed, refused = 0, []
    for result in await waiting_results(batch):
        if chosen and str(result.id) not in chosen:
            continue
        try:
            await confirm_result(result.id, by=by)
            confirmed += 1
        except MarketError as fault:
            refused.append(f"{result.order.number}：{fault}")
    words = _("已确认 %(count)s 笔银行结果。", count=confirmed)
    if refused:
        words += _("未确认：%(rows)s", rows="；".join(refused[:10]))
    answer = redirect_to(request, "budgets:batch", number=batch.number)
    return flash(request, answer, words, "due" if refused or not confirmed else "done")


async def disbursement(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    order = await budgets_queries.get_disbursement(actor, request.path_params["number"])
    now = deps(request).clock()
    data = await form_data_or_none(request)
    if data is not None and data.get("act"):
        words = await _act(data, order, By(actor, now))
        return flash(request, redirect_to(request, "budgets:disbursement", number=order.number), words)
    form = ResultForm(data, data={"ended_on": local_date(now)})
    if request.method == "POST":
        actor.require(BudgetAct.DISBURSE)
        if form.validate():
            with form.catch_invalid():
                await enter_result(order.number, _reported(form), by=By(actor, now))
                answer = redirect_to(request, "budgets:disbursement", number=order.number)
                return flash(request, answer, _("银行结果已登记，待另一人确认。"), "due")
    results = await results_of(order)
    return render_form(
        request,
        "budgets/disbursement.html",
        form,
        order=order,
        instruction=await instruction_of(order),
        results=results,
        waiting=next((result for result in results if result.verdict is None), None),
        in_force=next((result for result in results if result.is_confirmed), None),
        reversal=next((row for result in results for row in result.reversals if row.verdict is None), None),
        payee_state=(await payee_states([order.claim_id]))[order.claim_id],
        chain=await chain_of_claim(actor, order.claim, order.number),
    )


def _reported(form: ResultForm) -> Reported:
    outcome = PaymentOutcome(form.result.data)
    is_returned = outcome is PaymentOutcome.RETURNED
    reason = form.return_reason.data if is_returned else ""
    return Reported(
        outcome,
        form.ended_on.data,
        str(form.bank_reference.data),
        ReturnReason(reason) if reason else None,
        str(form.return_note.data or "") if is_returned else "",
    )


async def _act(data: FormData, order: Disbursement, by: By) -> str:
    """Carry out what the rechecker or the approver does about an order's result; return what to tell."""
    act = str(data.get("act"))
    reason = typed_text(data, "reason")
    if act == "take_back":
        await propose_take_back(order.number, ground=reason, by=by)
        return _("已提出撤销银行结果，待批准人批准。")
    if act == "confirm_take_back":
        await decide_take_back(order.number, Verdict.CONFIRMED, by=by)
        return _("银行结果已撤销，账已冲回，可以重新登记。")
    if act == "reject_take_back":
        await decide_take_back(order.number, Verdict.REJECTED, reason=reason, by=by)
        return _("不同意撤销，原结果不变。")
    result_id = uuid_or_none(data.get("result_id"))
    if result_id is None or act not in ("confirm", "reject"):
        raise NotFound(_("没有这项银行结果。"))
    if act == "confirm":
        await confirm_result(result_id, by=by)
        return _("银行结果已确认。")
    await reject_result(result_id, reason=reason, by=by)
    return _("银行结果的登记已退回。")


routes = [
    Route("/desk/results", index, name="budgets:results", methods=["GET"]),
    Route(
        "/desk/batches/{number}/results",
        import_file,
        name="budgets:import_results",
        methods=["POST"],
        body=UPLOAD,
    ),
    Route(
        "/desk/batches/{number}/results/confirm", confirm, name="budgets:confirm_results", methods=["POST"]
    ),
    Route("/desk/disbursements/{number}", disbursement, name="budgets:disbursement", methods=["GET", "POST"]),
]
