"""The desk's pages of lists and of orders to pay, with the notices and computation sheets of lists as PDF."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import queries
from market.budgets import queries as budgets_queries
from market.budgets.annual_budgets import BudgetRow, list_budgets, released_years
from market.budgets.batches import approve_batch, make_batch, return_batch
from market.budgets.disbursements import order_payment
from market.budgets.forms import BatchForm, ReturnListForm
from market.budgets.instructions import list_instructions
from market.budgets.list_confirmation import PreviewOutdated, confirm_batch, preview_batch
from market.budgets.list_documents import sharing_of
from market.budgets.list_preview import rule_mode
from market.budgets.list_publicity import corrected_entries, removed_entries
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import PaymentInstruction
from market.budgets.payment_results import waiting_results
from market.budgets.states import LIVE, BatchStatus, BudgetAct, PotMode
from market.claims import queries as claims_queries
from market.claims.claim_page import load_decided_claim
from market.claims.claim_payees import payee_states
from market.claims.letters import sheet_print
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.documents.queries import find_document
from market.documents.sentences import fill
from market.documents.states import DocumentKind
from market.documents.web import document_response, documents_about
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.pdf import pdf_response
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to
from market.notices.holiday_years import calendar_for
from market.notices.queries import find_notice
from market.programmes.models import ProgrammeTerms
from market.records.by import By
from market.records.transitions import history

CLAIMS_PER_PAGE = 100
"""Claims, with their orders, that a page of a list shows."""
WAITING_SHOWN = 20
"""Results of the bank that are shown one by one; all can be confirmed at once."""


async def index(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    groups = _groups(await budgets_queries.list_listable())
    data = await form_data_or_none(request)
    key = str((data or request.query_params).get("group") or "")
    key = key if key in groups else next(iter(groups), "")
    claims = groups.get(key, [])
    now = deps(request).clock()
    years = await released_years(key.partition(":")[0])
    form = BatchForm(
        data,
        data={
            "group": key,
            "claims": [claim.number for claim in claims],
            "fiscal_year": str(local_date(now).year) if local_date(now).year in years else "",
        },
    )
    form.fiscal_year.choices = [
        ("", _("今年已下达的预算，没有则同申报年度")),
        *((str(year), str(year)) for year in years),
    ]
    form.claims.choices = [(claim.number, claim.applicant.name) for claim in claims]
    if data is not None:
        actor.require(BudgetAct.MAKE_LIST)
        slug, _colon, year = key.partition(":")
        with form.catch_invalid():
            if form.validate() and key:
                draft = await make_batch(
                    slug,
                    year=int(year),
                    claim_numbers=form.claims.data or [],
                    title=form.title.data or "",
                    pot_mode=PotMode(form.pot_mode.data) if form.pot_mode.data else None,
                    pot_mode_reason=form.pot_mode_reason.data or "",
                    fiscal_year=int(form.fiscal_year.data) if form.fiscal_year.data else None,
                    by=By(actor, now),
                )
                answer = redirect_to(request, "budgets:batch", number=draft.number)
                return flash(request, answer, _("批次已拟定，请复核人确认。"))
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
        mode=rule_mode(claims[0].terms) if claims else None,
        batches=await budgets_queries.list_batches(status),
        status=status,
    )


def _groups(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    """Return the claims that may stand on one list together, by programme and year."""
    return {
        key: list(rows)
        for key, rows in groupby(claims, key=lambda claim: f"{claim.programme.slug}:{claim.year}")
    }


async def show(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    batch = await budgets_queries.get_batch(actor, request.path_params["number"])
    claims = (
        await claims_queries.with_shown_status(Claim.filter(batch_id=batch.id))
        .select_related("applicant")
        .order_by("number")
    )
    page_request = PageRequest(PageRequest.from_query(request.query_params).number, CLAIMS_PER_PAGE)
    now = deps(request).clock()
    preview = await preview_batch(batch, now=now) if batch.status is BatchStatus.DRAFT else None
    in_order = [line.claim for line in (*preview.funded, *preview.left_out)] if preview else claims
    start = page_request.offset
    page = page_request.page(in_order[start : start + CLAIMS_PER_PAGE], len(claims))
    shown = [claim.id for claim in page.items]
    orders = (
        await Disbursement.filter(claim__batch_id=batch.id)
        .select_related("claim__applicant")
        .order_by("number")
    )
    instructions = await list_instructions(batch)
    if request.query_params.get("format") == "xlsx" and instructions:
        return redirect_to(request, "budgets:instruction", number=instructions[0].number)
    notice = await find_notice("batch", batch.id)
    removed = await removed_entries(notice) if notice is not None else {}
    corrected = await corrected_entries(notice) if notice is not None else {}
    events = await history("batch", batch.id)
    terms = await ProgrammeTerms.get(id=claims[0].terms_id) if claims else None
    sharing = sharing_of(batch, terms).sentences() if terms and batch.pot_amount is not None else []
    return render(
        request,
        "budgets/batch.html",
        preview=preview,
        mode=batch.pot_mode or (rule_mode(terms) if terms else None),
        sharing=[fill(words) for words in sharing],
        return_event=next((event for event in events if event.status == BatchStatus.RETURNED), None),
        removed=removed,
        corrected=corrected,
        listed=[claim for claim in claims if claim.id not in removed],
        batch=batch,
        claims=claims,
        page=page,
        computed=await claims_queries.latest_assessments(shown),
        orders=[order for order in orders if order.claim_id in shown],
        instructions=instructions,
        waiting=await waiting_results(batch),
        waiting_shown=WAITING_SHOWN,
        payees=await payee_states(shown),
        notice=notice,
        is_over=notice is not None and notice.ends_at is not None and notice.ends_at <= now,
        step=_step(batch, claims, orders, instructions),
        budget=await _budget(batch),
        documents=await documents_about(request, "batch", batch.id),
        removals=await batch.removals.all().select_related("claim__applicant").order_by("claim__number"),
    )


def _step(
    batch: Batch,
    claims: Sequence[Claim],
    orders: Sequence[Disbursement],
    instructions: Sequence[PaymentInstruction],
) -> str:
    """Return the act that the list waits for: confirm, approve, release, order, result or none."""
    if batch.status is BatchStatus.RETURNED:
        return ""
    if batch.status is BatchStatus.DRAFT:
        return "confirm"
    if any(claim.status is ClaimStatus.PUBLICITY for claim in claims):
        return "approve"
    if any(instruction.verdict is None for instruction in instructions):
        return "release"
    live = {order.claim_id for order in orders if order.status in LIVE}
    payable = (ClaimStatus.APPROVED, ClaimStatus.TO_PAY)
    if any(claim.status in payable and claim.id not in live for claim in claims):
        return "order"
    return "result" if any(order.status == "ordered" for order in orders) else ""


async def _budget(batch: Batch) -> BudgetRow | None:
    rows = await list_budgets()
    return next(
        (
            row
            for row in rows
            if row.budget.programme_id == batch.programme_id and row.budget.year == batch.fiscal_year
        ),
        None,
    )


async def confirm(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.CONFIRM_LIST)
    number = request.path_params["number"]
    answer = redirect_to(request, "budgets:batch", number=number)
    data = await form_data(request)
    try:
        outcome = await confirm_batch(
            number,
            calendar=await calendar_for(request),
            by=By(actor, deps(request).clock()),
            seen=str(data.get("seen") or ""),
        )
    except PreviewOutdated as refusal:
        return flash(request, answer, str(refusal), "due")
    words = _("名单已确认，资金已预留，公示 %(notice)s 已发布。", notice=outcome.notice.number)
    if outcome.left_out:
        words += _("未列入：%(claims)s。", claims="、".join(f"{n}（{why}）" for n, why in outcome.left_out))
    return flash(request, answer, words, "due" if outcome.left_out else "done")


async def return_list(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.MAKE_LIST)
    number = request.path_params["number"]
    answer = redirect_to(request, "budgets:batch", number=number)
    form = ReturnListForm(await form_data(request))
    if not form.validate():
        return flash(request, answer, " ".join(str(error) for error in form.reason.errors), "due")
    await return_batch(number, reason=form.reason.data or "", by=By(actor, deps(request).clock()))
    return flash(request, answer, _("批次已退回，申报回到待列入。"))


async def approve(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.APPROVE)
    number = request.path_params["number"]
    remark = " ".join(str((await form_data(request)).get("remark") or "").replace("\x00", "").split())[:500]
    approved = await approve_batch(number, remark=remark, by=By(actor, deps(request).clock()))
    words = _("已批准 %(count)s 项。", count=len(approved))
    return flash(request, redirect_to(request, "budgets:batch", number=number), words)


async def order(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.DISBURSE)
    number = request.path_params["number"]
    outcome = await order_payment(number, by=By(actor, deps(request).clock()))
    words = _("已下达 %(count)s 笔拨付。", count=len(outcome.orders))
    if outcome.instruction:
        words += _("拨付指令 %(number)s 待放行。", number=outcome.instruction.number)
    if outcome.held:
        words += _("暂缓：%(claims)s。", claims="、".join(f"{n}（{why}）" for n, why in outcome.held))
    answer = redirect_to(request, "budgets:batch", number=number)
    return flash(request, answer, words, "due" if outcome.held else "done")


async def notice(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    batch = await queries.get_batch(actor, request.path_params["number"])
    issued = await find_document("batch", batch.id, (DocumentKind.NOTICE,))
    if issued is None:
        raise NotFound(_("这个批次还没有公示。"))
    return await document_response(request, issued)


async def sheets(request: Request) -> Response:
    """Return the computation sheets of all claims of a list as one PDF; issued ones as they were issued."""
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    batch = await queries.get_batch(actor, request.path_params["number"])
    content, is_issued = [], True
    for claim in await Claim.filter(batch_id=batch.id).order_by("number"):
        issued = await find_document("claim", claim.id, (DocumentKind.SHEET,))
        if issued is not None:
            content.append({"made": "", **fill(issued.content)})
        else:
            is_issued = False
            sheet = sheet_print(await load_decided_claim(claim), made=_("未签发"))
            content.append({**fill(sheet), "number": claim.number})
    if not content:
        raise NotFound(_("这个批次里没有申报。"))
    title = _("批次 %(number)s 核算表", number=batch.number)
    # A pack of issued sheets alone is the same bytes whenever it is printed.
    printed = "" if is_issued else _("打印于 %(at)s", at=moment(now))
    return await pdf_response(
        "sheet_pack.typ", {"title": title, "made": printed, "sheets": content}, f"{batch.number}-sheets"
    )


routes = [
    Route("/desk/batches", index, name="budgets:batches", methods=["GET", "POST"]),
    Route("/desk/batches/{number}", show, name="budgets:batch", methods=["GET"]),
    Route("/desk/batches/{number}/confirm", confirm, name="budgets:confirm_batch", methods=["POST"]),
    Route("/desk/batches/{number}/return", return_list, name="budgets:return_batch", methods=["POST"]),
    Route("/desk/batches/{number}/approve", approve, name="budgets:approve_batch", methods=["POST"]),
    Route("/desk/batches/{number}/order", order, name="budgets:order_payment", methods=["POST"]),
    Route("/desk/batches/{number}/sheets.pdf", sheets, name="budgets:sheets_pdf", methods=["GET"]),
    Route("/desk/batches/{number}/notice.pdf", notice, name="budgets:notice_pdf", methods=["GET"]),
]
