"""The desk's pages of lists and of orders to pay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import queries as budgets_queries
from market.budgets.annual_budgets import BudgetRow, list_budgets
from market.budgets.bank_files import import_results, payment_file
from market.budgets.batches import approve_batch, confirm_batch, make_batch
from market.budgets.disbursements import enter_result, order_payment
from market.budgets.forms import BatchForm, ResultForm
from market.budgets.models import Batch, Disbursement
from market.budgets.permissions import BudgetAct
from market.budgets.states import BatchStatus
from market.claims import queries as claims_queries
from market.claims.models import Claim
from market.claims.record_chain import chain_of_claim
from market.claims.states import ClaimStatus
from market.files.attachments import check_upload
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to, uploaded_files
from market.notices.holidays import calendar_for
from market.notices.models import Objection
from market.notices.queries import find_notice
from market.notices.states import UNDECIDED
from market.records.by import By

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def batches(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    groups = _groups(await budgets_queries.list_listable())
    given = await form_data_or_none(request)
    key = str((given or request.query_params).get("group") or "")
    key = key if key in groups else next(iter(groups), "")
    claims = groups.get(key, [])
    form = BatchForm(given, data={"group": key, "claims": [each.number for each in claims]})
    form.claims.choices = [(each.number, each.applicant.name) for each in claims]
    if given is not None:
        actor.require(BudgetAct.MAKE_LIST)
        slug, _colon, year = key.partition(":")
        with form.catch_invalid():
            if form.validate() and key:
                made = await make_batch(
                    slug,
                    year=int(year),
                    claim_numbers=form.claims.data or [],
                    title=form.title.data or "",
                    by=By(actor, deps(request).clock()),
                )
                done = redirect_to(request, "budgets:batch", number=made.number)
                return flash(request, done, _("批次已拟定，请复核人确认。"))
            if not key:
                form.add_error("claims", _("没有已复核、待列入的申报。"))
    status = request.query_params.get("status", "")
    status = status if status in set(BatchStatus) else ""
    return render_form(
        request,
        "budgets/batches.html",
        form,
        groups={name: rows[0] for name, rows in groups.items()},
        key=key,
        claims=claims,
        batches=await budgets_queries.list_batches(status),
        status=status,
    )


def _groups(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    """Return the claims that may stand on one list together, by programme and year."""
    return {
        key: list(rows) for key, rows in groupby(claims, key=lambda one: f"{one.programme.slug}:{one.year}")
    }


async def batch(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    found = await budgets_queries.get_batch(actor, request.path_params["number"])
    claims = await Claim.filter(batch_id=found.id).select_related("applicant").order_by("number")
    orders = (
        await Disbursement.filter(claim_id__in=[each.id for each in claims])
        .select_related("claim__applicant")
        .order_by("number")
    )
    if request.query_params.get("format") == "xlsx":
        return Response(
            payment_file(found, orders),
            media_type=XLSX,
            headers={"content-disposition": f'attachment; filename="{found.number}.xlsx"'},
        )
    notice = await find_notice("batch", found.id)
    now = deps(request).clock()
    stopped = set()
    if notice is not None:
        undecided = await Objection.filter(notice_id=notice.id, status__in=list(UNDECIDED))
        stopped = {each.entry_id for each in undecided}
    return render(
        request,
        "budgets/batch.html",
        batch=found,
        claims=claims,
        computed={each.id: await claims_queries.last_assessment(each.id) for each in claims},
        orders=orders,
        notice=notice,
        is_over=notice is not None and notice.ends_at is not None and notice.ends_at <= now,
        stopped=stopped,
        step=_step(found, claims, orders),
        budget=await _budget(found),
    )


def _step(found: Batch, claims: Sequence[Claim], orders: Sequence[Disbursement]) -> str:
    """Return the act that the list waits for: confirm, approve, order, result or none."""
    if found.status is BatchStatus.DRAFT:
        return "confirm"
    if any(each.status is ClaimStatus.PUBLICITY for each in claims):
        return "approve"
    live = {each.claim_id for each in orders if each.status != "returned"}
    payable = (ClaimStatus.APPROVED, ClaimStatus.TO_PAY)
    if any(each.status in payable and each.id not in live for each in claims):
        return "order"
    return "result" if any(each.status == "ordered" for each in orders) else ""


async def _budget(found: Batch) -> BudgetRow | None:
    rows = await list_budgets()
    return next(
        (
            row
            for row in rows
            if row.budget.programme_id == found.programme_id and row.budget.year == found.year
        ),
        None,
    )


async def confirm(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.CONFIRM_LIST)
    number = request.path_params["number"]
    done = await confirm_batch(
        number, calendar=await calendar_for(request), by=By(actor, deps(request).clock())
    )
    words = _("名单已确认，资金已预留，公示 %(notice)s 已发布。", notice=done.notice.number)
    if done.left_out:
        words += _("未列入：%(claims)s。", claims="、".join(f"{n}（{why}）" for n, why in done.left_out))
    answer = redirect_to(request, "budgets:batch", number=number)
    return flash(request, answer, words, "due" if done.left_out else "done")


async def approve(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.APPROVE)
    number = request.path_params["number"]
    approved = await approve_batch(number, by=By(actor, deps(request).clock()))
    words = _("已批准 %(count)s 项。", count=len(approved))
    return flash(request, redirect_to(request, "budgets:batch", number=number), words)


async def order(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.DISBURSE)
    number = request.path_params["number"]
    done = await order_payment(number, by=By(actor, deps(request).clock()))
    words = _("已下达 %(count)s 笔拨付。", count=len(done.orders))
    if done.held:
        words += _("暂缓：%(claims)s。", claims="、".join(f"{n}（{why}）" for n, why in done.held))
    answer = redirect_to(request, "budgets:batch", number=number)
    return flash(request, answer, words, "due" if done.held else "done")


async def results(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.DISBURSE)
    found = await budgets_queries.get_batch(actor, request.path_params["number"])
    answer = redirect_to(request, "budgets:batch", number=found.number)
    files = uploaded_files(await form_data(request), "file")
    if not files:
        return flash(request, answer, _("请选择填好银行结果的拨付单。"), "due")
    upload = await check_upload(files[0])
    done = await import_results(upload.content, by=By(actor, deps(request).clock()))
    words = _("登记 %(count)s 笔，原已登记 %(known)s 笔。", count=done.entered, known=done.known)
    if done.refused:
        rows = "；".join(_("第 %(row)s 行：%(why)s", row=row, why=why) for row, why in done.refused[:10])
        words += _("未登记：%(rows)s", rows=rows)
    elif not done.entered and not done.known:
        words = _("文件里没有一行填了银行结果。")
    words += "".join(done.notices)
    return flash(
        request, answer, words, "due" if done.refused or not (done.entered or done.known) else "done"
    )


async def disbursement(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    found = await budgets_queries.get_disbursement(actor, request.path_params["number"])
    now = deps(request).clock()
    form = ResultForm(await form_data_or_none(request), data={"ended_on": local_date(now)})
    if request.method == "POST":
        actor.require(BudgetAct.DISBURSE)
        if form.validate():
            with form.catch_invalid():
                await enter_result(
                    found.number,
                    is_paid=form.result.data == "paid",
                    ended_on=form.ended_on.data,
                    bank_reference=str(form.bank_reference.data),
                    by=By(actor, now),
                )
                done = redirect_to(request, "budgets:disbursement", number=found.number)
                return flash(request, done, _("银行结果已登记。"))
    return render_form(
        request,
        "budgets/disbursement.html",
        form,
        order=found,
        chain=await chain_of_claim(actor, found.claim, found.number),
    )


routes = [
    Route("/desk/batches", batches, name="budgets:batches", methods=["GET", "POST"]),
    Route("/desk/batches/{number}", batch, name="budgets:batch", methods=["GET"]),
    Route("/desk/batches/{number}/confirm", confirm, name="budgets:confirm_batch", methods=["POST"]),
    Route("/desk/batches/{number}/approve", approve, name="budgets:approve_batch", methods=["POST"]),
    Route("/desk/batches/{number}/order", order, name="budgets:order_payment", methods=["POST"]),
    Route("/desk/batches/{number}/results", results, name="budgets:import_results", methods=["POST"]),
    Route("/desk/disbursements/{number}", disbursement, name="budgets:disbursement", methods=["GET", "POST"]),
]
