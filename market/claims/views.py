"""What an enterprise does for its claims, and the public calculator."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, optional_actor, signed_in_actor
from market.claims import applications, declared_facts, queries
from market.claims.applications import create_claim, remove_evidence
from market.claims.award_estimates import Asked, calculate
from market.claims.claim_page import claim_page
from market.claims.claimable import chosen_in, list_claimable, preview_of
from market.claims.declared_facts import asked_facts, asked_totals
from market.claims.forms import (
    CalculatorForm,
    ClaimForm,
    EvidenceForm,
    FactsForm,
    SalesForm,
    SubmitForm,
    TotalsForm,
)
from market.claims.models import Claim, SalesReport
from market.claims.permissions import ClaimAct
from market.claims.queries import Wanted, get_claim_for
from market.claims.record_chain import chain_of_contract
from market.codes.regions import GUANGXI
from market.files.contents import ACCEPT
from market.files.services import check_upload
from market.kit.clock import local_date
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.forms import record_number_from
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to, uploaded_files, wants_partial
from market.programmes.catalogue import compiled
from market.programmes.texts import named
from market.records.by import By


async def calculator(request: Request) -> Response:
    asked = "amount" in request.query_params
    form = CalculatorForm(request.query_params if asked else None, data=_suggested(optional_actor(request)))
    is_read = form.validate() if asked else True
    estimates = []
    if is_read:
        estimates = await calculate(_asked(form), deps(request).clock())
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


def _asked(form: CalculatorForm) -> Asked:
    return Asked(
        amount=form.amount.data or 0,
        region=form.region.data or GUANGXI,
        role=form.role.data or "buyer",
        kind=form.kind.data or None,
        new_sales=form.new_sales.data,
        established_on=form.established_on.data,
        seller_kind=form.seller_kind.data or None,
        seller_region=form.seller_region.data or None,
        field=form.field.data or None,
        vat_payable=form.vat_payable.data,
        vat_paid=form.vat_paid.data,
    )


async def report_sales(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.REPORT_SALES)
    contract = await queries.get_bought_contract_for(actor, request.path_params["number"])
    now = deps(request).clock()
    form = SalesForm(
        await form_data(request) if request.method == "POST" else None, data={"year": local_date(now).year}
    )
    if request.method == "POST" and form.validate():
        try:
            await applications.report_sales(
                contract.number,
                year=form.year.data or 0,
                amount=form.amount.data,
                note=form.note.data or "",
                by=By(actor, now),
            )
            done = redirect_to(request, "claims:report_sales", number=contract.number)
            return flash(request, done, _("新增销售收入已填报。"))
        except Invalid as refused:
            form.add_error(refused.field or "", str(refused))
    return render(
        request,
        "claims/sales.html",
        422 if form.errors else 200,
        form=form,
        contract=contract,
        reports=await SalesReport.filter(contract_id=contract.id).order_by("-year"),
        chain=await chain_of_contract(actor, contract.id, ""),
    )


async def claims(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    asked = request.query_params
    if actor.may(AccountAct.SEE_DESK):
        return RedirectResponse(f"{request.app.url_path_for('claims:queue')}?{asked}", 303)
    wanted = Wanted(
        status=asked.get("status", ""),
        contract=asked.get("contract", "").replace("\x00", "")[:20],
        applicant_id=actor.organisation_id,
    )
    if actor.organisation_id is None or not actor.acts_for(actor.organisation_id):
        return render(request, "claims/claims.html", page=None, counts={}, status="", may_claim=False)
    page, amount = await queries.list_claims(PageRequest.from_query(asked), wanted)
    return render(
        request,
        "claims/claims.html",
        page=page,
        amount=amount,
        counts=await queries.count_by_status(wanted),
        status=wanted.status,
        may_claim=actor.may(ClaimAct.WRITE_CLAIM),
        claimable=await list_claimable(actor, deps(request).clock()),
    )


async def new_claim(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    now = deps(request).clock()
    given = await form_data(request) if request.method == "POST" else request.query_params
    chosen = await chosen_in(actor, given, now)
    form = ClaimForm(given if request.method == "POST" else None, data=chosen.data)
    form.programme.choices = chosen.programmes
    form.contracts.choices = chosen.contracts
    if request.method == "POST" and form.validate():
        try:
            made = await create_claim(
                form.programme.data,
                year=form.year.data or 0,
                contract_numbers=form.contracts.data or [],
                by=By(actor, now),
            )
            done = redirect_to(request, "claims:show", number=made.number)
            return flash(request, done, _("申报已建立，合同、到账和登记证明已自动带入。"))
        except Invalid as refused:
            form.add_error(refused.field or "", str(refused))
    preview, document = await preview_of(actor, chosen)
    is_part = wants_partial(request)
    template = "claims/_preview.html" if is_part else "claims/new_claim.html"
    return render(
        request,
        template,
        422 if form.errors else 200,
        form=form,
        chosen=chosen,
        preview=preview,
        is_part=is_part,
        document=document,
    )


async def claim(request: Request) -> Response:
    actor = signed_in_actor(request)
    found = await get_claim_for(actor, request.path_params["number"])
    return await _claim(request, actor, found)


async def _claim(
    request: Request,
    actor: Actor,
    found: Claim,
    *,
    evidence_form: EvidenceForm | None = None,
    submit_form: SubmitForm | None = None,
    facts_form: FactsForm | None = None,
    totals_form: TotalsForm | None = None,
) -> Response:
    given = evidence_form or submit_form or facts_form or totals_form
    return render(
        request,
        "claims/claim.html",
        422 if given and given.errors else 200,
        page=await claim_page(actor, found, deps(request).clock()),
        may_write=actor.may(ClaimAct.WRITE_CLAIM),
        evidence_form=evidence_form or EvidenceForm(),
        submit_form=submit_form or SubmitForm(),
        facts_form=facts_form or FactsForm(),
        totals_form=totals_form or _totals_form(found),
        asked=asked_facts(compiled(found.terms)),
        flag_words={fact: named(fact).render(_) for fact in asked_facts(compiled(found.terms))},
        clawbacks=await found.clawbacks.filter(status__in=["confirmed", "settled"]).prefetch_related(
            "receipts"
        ),
        accept=ACCEPT,
    )


async def add_evidence(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    found = await get_claim_for(actor, request.path_params["number"])
    given, now = await form_data(request), deps(request).clock()
    if removed := _id(given.get("remove")):
        await remove_evidence(found.number, removed, by=By(actor, now))
        return flash(
            request, redirect_to(request, "claims:show", number=found.number), _("材料已移除。"), "note"
        )
    form = EvidenceForm(given)
    if form.validate():
        try:
            files = uploaded_files(given, "file")
            await applications.add_evidence(
                found.number,
                kind=form.kind.data,
                paper_number=form.number.data or "",
                dated_on=form.dated_on.data,
                amount=form.amount.data,
                upload=await check_upload(files[0]) if files else None,
                by=By(actor, now),
                store=deps(request).store,
            )
            return flash(request, redirect_to(request, "claims:show", number=found.number), _("材料已添加。"))
        except Invalid as refused:
            form.add_error(refused.field or "", str(refused))
    return await _claim(request, actor, found, evidence_form=form)


def _id(value: object) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None


async def state_facts(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    found = await get_claim_for(actor, request.path_params["number"])
    given = await form_data(request)
    asked = asked_facts(compiled(found.terms))
    equity = FactsForm(given)
    if not equity.validate():
        return await _claim(request, actor, found, facts_form=equity)
    flags = {
        fact.removeprefix("flags."): given.get(fact) == "yes"
        for fact in asked
        if fact.startswith("flags.") and given.get(fact) in ("yes", "no")
    }
    try:
        await declared_facts.state_facts(
            found.number,
            record_number_from(given, "contract"),
            mode=str(given.get("mode") or "") or None,
            grade=str(given.get("grade") or "") or None,
            paid_in_equity=equity.paid_in_equity.data,
            flags=flags,
            by=By(actor, deps(request).clock()),
        )
    except Invalid as refused:
        equity.add_error("paid_in_equity", str(refused))
        return await _claim(request, actor, found, facts_form=equity)
    return flash(
        request, redirect_to(request, "claims:show", number=found.number), _("补充事实已保存，试算已更新。")
    )


def _totals_form(found: Claim, given: ImmutableMultiDict[str, Any] | None = None) -> TotalsForm:
    form = TotalsForm(given, data=found.stated)
    form.keep(asked_totals(compiled(found.terms)))
    return form


async def state_totals(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    found = await get_claim_for(actor, request.path_params["number"])
    form = _totals_form(found, await form_data(request))
    if not form.validate():
        return await _claim(request, actor, found, totals_form=form)
    await declared_facts.state_totals(found.number, form.data, by=By(actor, deps(request).clock()))
    done = redirect_to(request, "claims:show", number=found.number)
    return flash(request, done, _("年度总额已保存，试算已更新。"))


async def submit_claim(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    found = await get_claim_for(actor, request.path_params["number"])
    form = SubmitForm(await form_data(request))
    form.validate()
    try:
        await applications.submit_claim(
            found.number, is_declared=form.declaration.data, by=By(actor, deps(request).clock())
        )
    except Invalid as refused:
        form.add_error(refused.field or "", str(refused))
        return await _claim(request, actor, found, submit_form=form)
    done = redirect_to(request, "claims:show", number=found.number)
    return flash(request, done, _("申报已提交，由核算人受理。"))


async def withdraw_claim(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.WRITE_CLAIM)
    number = request.path_params["number"]
    await applications.withdraw_claim(number, by=By(actor, deps(request).clock()))
    done = redirect_to(request, "claims:show", number=number)
    return flash(request, done, _("申报已撤回，合同可以重新申报。"), "note")


routes = [
    Route("/subsidies/calculator", calculator, name="claims:calculator", methods=["GET"]),
    Route("/contracts/{number}/sales", report_sales, name="claims:report_sales", methods=["GET", "POST"]),
    Route("/claims", claims, name="claims:index", methods=["GET"]),
    Route("/claims/new", new_claim, name="claims:new", methods=["GET", "POST"]),
    Route("/claims/{number}", claim, name="claims:show", methods=["GET"]),
    Route("/claims/{number}/evidence", add_evidence, name="claims:add_evidence", methods=["POST"]),
    Route("/claims/{number}/facts", state_facts, name="claims:declare_facts", methods=["POST"]),
    Route("/claims/{number}/totals", state_totals, name="claims:declare_totals", methods=["POST"]),
    Route("/claims/{number}/submit", submit_claim, name="claims:submit", methods=["POST"]),
    Route("/claims/{number}/withdraw", withdraw_claim, name="claims:withdraw", methods=["POST"]),
]
