"""What an enterprise does for its claims, and the public calculator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, optional_actor, signed_in_actor
from market.claims import applications, claim_facts, queries
from market.claims.applications import create_claim
from market.claims.award_estimates import CalculatorInput, calculate
from market.claims.claim_facts import CLAWED_BACK, required_facts, required_totals
from market.claims.claim_page import claim_page
from market.claims.claimable import list_claimable, preview_award, read_selection
from market.claims.evidence_log import Paper, withdraw_evidence
from market.claims.evidence_log import add_evidence as add_paper
from market.claims.forms import (
    CalculatorForm,
    ClaimForm,
    EvidenceForm,
    FactsForm,
    SalesForm,
    SubmitForm,
    TotalsForm,
    WithdrawalForm,
)
from market.claims.models import Claim, SalesReport
from market.claims.queries import ClaimFilter, get_claim_for
from market.claims.record_chain import chain_of_contract
from market.claims.round_claims import avoidance_of
from market.claims.states import ClaimAct, ClaimStatus, require_editable
from market.codes.regions import GUANGXI
from market.documents.web import documents_about
from market.files.attachments import check_upload
from market.files.uploads import ACCEPT
from market.kit.clock import local_date
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.forms import record_number_from
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import (
    deps,
    form_data,
    form_data_or_none,
    redirect_to,
    uploaded_files,
    uuid_or_none,
    wants_partial,
)
from market.programmes.call_queries import Submission, submission_of
from market.programmes.catalogue import compiled
from market.programmes.texts import named
from market.records.by import By


async def calculator(request: Request) -> Response:
    is_submitted = "amount" in request.query_params
    form = CalculatorForm(
        request.query_params if is_submitted else None, data=_suggested(optional_actor(request))
    )
    is_read = form.validate() if is_submitted else True
    estimates = []
    if is_read:
        estimates = await calculate(_calculator_input(form), deps(request).clock())
    part = wants_partial(request)
    return render(
        request,
        "claims/_estimates.html" if part else "claims/calculator.html",
        200 if is_read or part else 422,
        form=form,
        estimates=estimates,
        is_read=is_read,
    )


def _suggested(actor: Actor | None) -> dict[str, object]:
    region = actor.organisation_region if actor and actor.organisation_region else "450100"
    return {"amount": 120_000_000, "region": region, "role": "buyer"}


def _calculator_input(form: CalculatorForm) -> CalculatorInput:
    return CalculatorInput(
        amount=form.amount.data or 0,
        region=form.region.data or GUANGXI,
        role=form.role.data or "buyer",
        kind=form.kind.data or None,
        new_sales=form.new_sales.data,
        established_on=form.established_on.data,
        seller_kind=form.seller_kind.data or None,
        seller_region=form.seller_region.data or None,
        field=form.field.data or None,
        mode=form.mode.data or None,
        grade=form.grade.data or None,
        used_in=form.used_in.data or None,
        signed_on=form.signed_on.data,
        registered_on=form.registered_on.data,
        received=form.received.data,
        received_on=form.received_on.data,
        is_related=_answer(form.is_related.data),
        is_publicly_funded=_answer(form.is_publicly_funded.data),
        vat_payable=form.vat_payable.data,
        vat_paid=form.vat_paid.data,
    )


def _answer(text: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(text or "")


async def report_sales(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.REPORT_SALES)
    contract = await queries.get_bought_contract_for(actor, request.path_params["number"])
    now = deps(request).clock()
    form = SalesForm(await form_data_or_none(request), data={"year": local_date(now).year})
    if form.validate_on_submit():
        with form.catch_invalid():
            await applications.report_sales(
                contract.number,
                year=form.year.data or 0,
                amount=form.amount.data,
                note=form.note.data or "",
                by=By(actor, now),
            )
            answer = redirect_to(request, "claims:report_sales", number=contract.number)
            return flash(request, answer, _("新增销售收入已填报。"))
    return render_form(
        request,
        "claims/sales.html",
        form,
        contract=contract,
        reports=await SalesReport.filter(contract_id=contract.id).order_by("-year"),
        chain=await chain_of_contract(actor, contract.id, ""),
    )


async def index(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    query = request.query_params
    if actor.may(AccountAct.SEE_DESK):
        return RedirectResponse(f"{request.app.url_path_for('claims:queue')}?{query}", 303)
    claim_filter = ClaimFilter(
        status=query.get("status", ""),
        contract=query.get("contract", "").replace("\x00", "")[:20],
        applicant_id=actor.organisation_id,
    )
    if actor.organisation_id is None or not actor.acts_for(actor.organisation_id):
        return render(request, "claims/claims.html", page=None, counts={}, status="", may_claim=False)
    page, amount = await queries.list_claims(PageRequest.from_query(query), claim_filter)
    return render(
        request,
        "claims/claims.html",
        page=page,
        amount=amount,
        counts=await queries.count_by_status(claim_filter),
        status=claim_filter.status,
        may_claim=actor.may(ClaimAct.WRITE_CLAIM),
        claimable=await list_claimable(actor, deps(request).clock()),
    )


async def new(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    now = deps(request).clock()
    data = await form_data(request) if request.method == "POST" else request.query_params
    selection = await read_selection(actor, data, now)
    form = ClaimForm(data if request.method == "POST" else None, data=selection.data)
    form.programme.choices = selection.programmes
    form.contracts.choices = selection.contracts
    if form.validate_on_submit():
        with form.catch_invalid():
            draft = await create_claim(
                form.programme.data,
                year=form.year.data or 0,
                contract_numbers=form.contracts.data or [],
                by=By(actor, now),
            )
            answer = redirect_to(request, "claims:show", number=draft.number)
            return flash(request, answer, _("申报已建立，合同、到账和登记证明已自动带入。"))
    preview, document = await preview_award(actor, selection)
    programme = selection.programme
    call = await submission_of(programme.slug, selection.year, now) if programme else None
    is_part = wants_partial(request)
    template = "claims/_preview.html" if is_part else "claims/new_claim.html"
    return render_form(
        request,
        template,
        form,
        chosen=selection,
        preview=preview,
        is_part=is_part,
        document=document,
        call=call,
    )


async def show(request: Request) -> Response:
    actor = signed_in_actor(request)
    claim = await get_claim_for(actor, request.path_params["number"])
    return await _render_claim(request, actor, claim)


async def _render_claim(
    request: Request,
    actor: Actor,
    claim: Claim,
    *,
    evidence_form: EvidenceForm | None = None,
    submit_form: SubmitForm | None = None,
    facts_form: FactsForm | None = None,
    totals_form: TotalsForm | None = None,
    withdrawal_form: WithdrawalForm | None = None,
) -> Response:
    refused_form = evidence_form or submit_form or facts_form or totals_form or withdrawal_form
    page = await claim_page(actor, claim, deps(request).clock())
    clawbacks = claim.clawbacks.filter(status__in=list(CLAWED_BACK)).prefetch_related("receipts")
    return render(
        request,
        "claims/claim.html",
        422 if refused_form and refused_form.errors else 200,
        page=page,
        may_write=actor.may(ClaimAct.WRITE_CLAIM),
        evidence_form=evidence_form or EvidenceForm(),
        submit_form=submit_form or SubmitForm(),
        withdrawal_form=withdrawal_form or WithdrawalForm(),
        facts_form=facts_form or FactsForm(),
        totals_form=totals_form or _totals_form(claim),
        required_facts=required_facts(compiled(claim.terms)),
        flag_words={fact: named(fact).render(_) for fact in required_facts(compiled(claim.terms))},
        clawbacks=await clawbacks if page.parts.has("clawbacks") else [],
        accept=ACCEPT,
        avoidance=await avoidance_of(actor, claim),
        call=await _submission(claim, deps(request).clock()),
        documents=await documents_about(request, "claim", claim.id) if page.parts.has("documents") else [],
    )


async def _submission(claim: Claim, now: datetime) -> Submission | None:
    """Return when a draft may be submitted; nothing of what was submitted, or has no call."""
    is_draft = claim.status is ClaimStatus.DRAFT
    return await submission_of(claim.programme.slug, claim.year, now) if is_draft else None


async def add_evidence(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    claim = await get_claim_for(actor, request.path_params["number"])
    data, now = await form_data(request), deps(request).clock()
    if removed := uuid_or_none(data.get("remove")):
        withdrawal = WithdrawalForm(data)
        with withdrawal.catch_invalid():
            reason = str(withdrawal.reason.data or "")
            await withdraw_evidence(claim.number, removed, reason=reason, by=By(actor, now))
            answer = redirect_to(request, "claims:show", number=claim.number)
            return flash(request, answer, _("材料已撤下。"), "note")
        return await _render_claim(request, actor, claim, withdrawal_form=withdrawal)
    form = EvidenceForm(data)
    if form.validate():
        with form.catch_invalid():
            files = uploaded_files(data, "file")
            paper = Paper(
                kind=form.kind.data,
                number=form.number.data or "",
                dated_on=form.dated_on.data,
                amount=form.amount.data,
                replaces_id=uuid_or_none(form.replaces.data),
                explanation=form.explanation.data or "",
            )
            await add_paper(
                claim.number,
                paper,
                upload=await check_upload(files[0]) if files else None,
                by=By(actor, now),
                store=deps(request).store,
            )
            return flash(request, redirect_to(request, "claims:show", number=claim.number), _("材料已添加。"))
    return await _render_claim(request, actor, claim, evidence_form=form)


async def state_facts(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    claim = await get_claim_for(actor, request.path_params["number"])
    data = await form_data(request)
    required = required_facts(compiled(claim.terms))
    equity = FactsForm(data)
    if not equity.validate():
        return await _render_claim(request, actor, claim, facts_form=equity)
    flags = {
        fact.removeprefix("flags."): data.get(fact) == "yes"
        for fact in required
        if fact.startswith("flags.") and data.get(fact) in ("yes", "no")
    }
    try:
        await claim_facts.declare_facts(
            claim.number,
            record_number_from(data, "contract"),
            grade=str(data.get("grade") or "") or None,
            paid_in_equity=equity.paid_in_equity.data,
            flags=flags,
            by=By(actor, deps(request).clock()),
        )
    except Invalid as refused:
        equity.add_error("paid_in_equity", str(refused))
        return await _render_claim(request, actor, claim, facts_form=equity)
    return flash(
        request, redirect_to(request, "claims:show", number=claim.number), _("补充事实已保存，试算已更新。")
    )


def _totals_form(claim: Claim, data: ImmutableMultiDict[str, Any] | None = None) -> TotalsForm:
    form = TotalsForm(data, data=claim.stated)
    form.keep(required_totals(compiled(claim.terms)))
    return form


async def state_totals(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    claim = await get_claim_for(actor, request.path_params["number"])
    form = _totals_form(claim, await form_data(request))
    if not form.validate():
        return await _render_claim(request, actor, claim, totals_form=form)
    await claim_facts.declare_totals(claim.number, form.data, by=By(actor, deps(request).clock()))
    answer = redirect_to(request, "claims:show", number=claim.number)
    return flash(request, answer, _("年度总额已保存，试算已更新。"))


async def submit_claim(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    claim = await get_claim_for(actor, request.path_params["number"])
    require_editable(claim.status)
    form = SubmitForm(await form_data(request))
    form.validate()
    if not form.declaration.data:
        form.add_error("declaration", _("请先声明所填内容真实、完整。"))
    form.ask_about((await claim_page(actor, claim, deps(request).clock())).lacking)
    if form.errors:
        return await _render_claim(request, actor, claim, submit_form=form)
    with form.catch_invalid():
        await applications.submit_claim(
            claim.number, is_declared=form.declaration.data, by=By(actor, deps(request).clock())
        )
        answer = redirect_to(request, "claims:show", number=claim.number)
        return flash(request, answer, _("申报已提交，由核算人受理。"))
    return await _render_claim(request, actor, claim, submit_form=form)


async def withdraw_claim(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    number = request.path_params["number"]
    await applications.withdraw_claim(number, by=By(actor, deps(request).clock()))
    answer = redirect_to(request, "claims:show", number=number)
    return flash(request, answer, _("申报已撤回，合同可以重新申报。"), "note")


routes = [
    Route("/subsidies/calculator", calculator, name="claims:calculator", methods=["GET"]),
    Route("/contracts/{number}/sales", report_sales, name="claims:report_sales", methods=["GET", "POST"]),
    Route("/claims", index, name="claims:index", methods=["GET"]),
    Route("/claims/new", new, name="claims:new", methods=["GET", "POST"]),
    Route("/claims/{number}", show, name="claims:show", methods=["GET"]),
    Route(
        "/claims/{number}/evidence", add_evidence, name="claims:add_evidence", methods=["POST"], body=UPLOAD
    ),
    Route("/claims/{number}/facts", state_facts, name="claims:declare_facts", methods=["POST"]),
    Route("/claims/{number}/totals", state_totals, name="claims:declare_totals", methods=["POST"]),
    Route("/claims/{number}/submit", submit_claim, name="claims:submit", methods=["POST"]),
    Route("/claims/{number}/withdraw", withdraw_claim, name="claims:withdraw", methods=["POST"]),
]
