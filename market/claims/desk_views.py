"""The finance desk: the page of one claim with its acts and prints, and the impact of a draft of rules."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, signed_in_actor
from market.claims import desk_review, evidence_log, letters
from market.claims.claim_page import claim_page, render_reason_page
from market.claims.claim_payees import decide_payee_change, propose_payee_change
from market.claims.desk_queue import find_neighbours, list_officers, read_queue_query
from market.claims.desk_review import ask_supplement, return_calculation
from market.claims.draft_impact import assess_impact
from market.claims.evidence import required_papers
from market.claims.forms import CalculateForm, ReasonForm, RecheckForm, RejectForm, SupplementForm
from market.claims.models import Claim
from market.claims.queries import get_claim_at_desk, get_claim_for
from market.claims.reading_pane import OPEN as OPEN_CLAIM
from market.claims.reading_pane import load_desk_state, next_act, queue_address
from market.claims.refusals import decide_refusal, propose_refusal
from market.claims.risk_flags import RISK_FLAG_LABELS
from market.claims.states import ClaimAct, RecheckPoint
from market.claims.subsidisable_outcomes import rebuild_outcome_documents
from market.codes.labels import label
from market.documents.queries import find_document
from market.documents.states import DocumentKind
from market.documents.web import document_response, documents_about
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.labels import choices
from market.kit.pdf import pdf_response
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, typed_text, uuid_or_none
from market.panels.expert_reviews import list_reviews
from market.programmes import drafts
from market.programmes.catalogue import clauses
from market.programmes.drafts import release_terms
from market.programmes.states import ProgrammeAct
from market.records.by import By
from market.records.decisions import Verdict


async def show(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    return await _render_claim(request, actor, claim)


async def _render_claim(
    request: Request,
    actor: Actor,
    claim: Claim,
    form: CalculateForm | None = None,
    recheck_form: RecheckForm | None = None,
) -> Response:
    page = await claim_page(actor, claim, deps(request).clock())
    state, parts = await load_desk_state(page), page.parts
    wanted = read_queue_query(request.query_params, actor)
    return render(
        request,
        "claims/desk.html",
        422 if (form and form.errors) or (recheck_form and recheck_form.errors) else 200,
        neighbours=await find_neighbours(claim.number, wanted.claim_filter, wanted.sort)
        if wanted.query
        else None,
        query=wanted.query,
        tail=f"?{wanted.query}" if wanted.query else "",
        officers=await list_officers() if actor.may(ClaimAct.ASSIGN_CLAIM) else [],
        page=page,
        step=next_act(actor, claim, state),
        form=form or CalculateForm(),
        recheck_form=recheck_form or _recheck_form(),
        is_involved=actor.user_id in state.people_behind,
        is_conflicted=any(conflict.user_id == actor.user_id for conflict in state.conflicts),
        conflicts=state.conflicts,
        doubts=RISK_FLAG_LABELS,
        refusals=state.refusals,
        reviews=await list_reviews("claim", claim.id) if parts.has("reviews") else [],
        verdict=state.verdict,
        clawbacks=await claim.clawbacks.all().order_by("number") if parts.has("clawbacks") else [],
        documents=await documents_about(request, "claim", claim.id) if parts.has("documents") else [],
    )


async def sheet(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    page = await claim_page(actor, claim, deps(request).clock())
    return render(request, "claims/sheet.html", page=page, clauses=clauses(claim.terms.content))


async def accept(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.ACCEPT_CLAIM)
    number = request.path_params["number"]
    await desk_review.accept(number, by=By(actor, deps(request).clock()))
    if OPEN_CLAIM in request.query_params:
        queue = read_queue_query(request.query_params, actor)
        address = f"{request.app.url_path_for('claims:queue')}?{queue_address(queue.query, number)}#pane"
        return flash(request, RedirectResponse(address, 303), _("已受理，请核算。"))
    return flash(request, _to_claim(request, number), _("已受理，请核算。"))


async def calculate(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.CALCULATE)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    form = CalculateForm(await form_data(request))
    if form.validate():
        with form.catch_invalid():
            await desk_review.calculate(
                claim.number,
                rate_basis_points=form.rate.data,
                decision=form.decision.data or "",
                by=By(actor, deps(request).clock()),
            )
            answer = _to_claim(request, claim.number)
            return flash(request, answer, _("核算完成，请另一位复核人复核。"))
    return await _render_claim(request, actor, claim, form)


async def recheck(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.RECHECK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    data = await form_data(request)
    text = str(data.get("sequence") or "")
    sequence = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    form = _recheck_form(data)
    if not form.validate():
        return await _render_claim(request, actor, claim, recheck_form=form)
    await desk_review.recheck(
        claim.number,
        sequence=sequence,
        compared=[RecheckPoint(point) for point in form.compared.data or ()],
        remark=form.remark.data or "",
        by=By(actor, deps(request).clock()),
    )
    return flash(request, _to_claim(request, claim.number), _("复核一致，可以列入批次。"))


def _recheck_form(data: ImmutableMultiDict[str, Any] | None = None) -> RecheckForm:
    form = RecheckForm(data)
    form.compared.choices = choices(RecheckPoint)
    return form


async def supplement(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.ACCEPT_CLAIM)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    required = await required_papers(claim)
    missing = [words for words, is_there in required if not is_there]
    form = SupplementForm(await form_data_or_none(request), data={"papers": missing})
    form.papers.choices = [
        (words, _(words) + ("" if is_there else _("（缺）"))) for words, is_there in required
    ]
    if form.validate_on_submit():
        with form.catch_invalid():
            await ask_supplement(
                claim.number,
                papers=form.papers.data or [],
                reason=str(form.reason.data or ""),
                due_on=form.due_on.data,
                by=By(actor, deps(request).clock()),
            )
            answer = _to_claim(request, claim.number)
            return flash(request, answer, _("补正通知已发出。"), "due")
    return render_reason_page(request, claim, form, _("发出补正通知"), "claims:supplement")


async def return_(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.RECHECK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    form = ReasonForm(await form_data_or_none(request))
    if form.validate_on_submit():
        await return_calculation(
            claim.number, reason=str(form.reason.data), by=By(actor, deps(request).clock())
        )
        answer = _to_claim(request, claim.number)
        return flash(request, answer, _("已退回核算人重新核算。"), "due")
    return render_reason_page(request, claim, form, _("退回核算"), "claims:return")


async def assign(request: Request) -> Response:
    actor, data = actor_for(request, ClaimAct.ASSIGN_CLAIM), await form_data(request)
    number = request.path_params["number"]
    handler_id = uuid_or_none(data.get("handler"))
    await desk_review.assign(number, handler_id, by=By(actor, deps(request).clock()))
    return flash(request, _to_claim(request, number), _("经办人已改。"))


async def payee(request: Request) -> Response:
    actor, data = actor_for(request, AccountAct.SEE_DESK), await form_data(request)
    number, by = request.path_params["number"], By(actor, deps(request).clock())
    act = data.get("act")
    if act == "propose":
        await propose_payee_change(number, by=by)
        words = _("已提请批准人批准新账户。")
    else:
        verdict = Verdict.CONFIRMED if act == "confirm" else Verdict.REJECTED
        reason = typed_text(data, "reason")
        await decide_payee_change(number, verdict, reason=reason, by=by)
        words = _("已改为拨付到新账户。") if act == "confirm" else _("没有批准新账户，拨付仍然停止。")
    return flash(request, _to_claim(request, number), words)


async def reject_evidence(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.ACCEPT_CLAIM)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    evidence = await evidence_log.get_evidence(claim, path_id(request, "evidence_id"))
    form = ReasonForm(await form_data_or_none(request))
    if form.validate_on_submit():
        await evidence_log.reject_evidence(
            claim.number, evidence.id, reason=str(form.reason.data), by=By(actor, deps(request).clock())
        )
        answer = _to_claim(request, claim.number)
        return flash(request, answer, _("已作不采信处理，理由已告知申请单位。"), "note")
    return render_form(
        request,
        "claims/reason.html",
        form,
        claim=claim,
        title=_(
            "不采信：%(kind)s %(number)s", kind=label("evidence_kind", evidence.kind), number=evidence.number
        ),
        words=_("不采信"),
        address=request.url.path,
    )


async def reject(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.ACCEPT_CLAIM)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    form = RejectForm(await form_data_or_none(request))
    form.clause.choices = [
        ("", _("请选择")),
        *(
            (clause.name, f"{clause.document}{clause.article}（{clause.summary}）")
            for clause in clauses(claim.terms.content)
        ),
    ]
    if form.validate_on_submit():
        with form.catch_invalid():
            await propose_refusal(
                claim.number,
                clause=form.clause.data,
                reason=str(form.reason.data),
                by=By(actor, deps(request).clock()),
            )
            answer = _to_claim(request, claim.number)
            return flash(request, answer, _("已提出不予支持，由复核人决定；决定前不告知申请单位。"), "note")
    return render_reason_page(request, claim, form, _("提请不予支持"), "claims:reject", title=_("不予支持"))


async def refusal(request: Request) -> Response:
    actor, data = actor_for(request, ClaimAct.DECIDE_REFUSAL), await form_data(request)
    number = request.path_params["number"]
    verdict = Verdict.CONFIRMED if data.get("act") == "confirm" else Verdict.REJECTED
    reason = typed_text(data, "reason")
    await decide_refusal(number, verdict, reason=reason, by=By(actor, deps(request).clock()))
    answer = _to_claim(request, number)
    if verdict is Verdict.REJECTED:
        return flash(request, answer, _("不予支持已退回核算人。"), "due")
    return flash(request, answer, _("已作不予支持处理，依据和理由已告知申请单位。"), "note")


def _to_claim(request: Request, number: str) -> RedirectResponse:
    """Return to a claim's page, in the queue from which it was opened."""
    query = read_queue_query(request.query_params, actor_for(request, AccountAct.SEE_DESK)).query
    address = str(request.app.url_path_for("claims:desk", number=number))
    return RedirectResponse(f"{address}?{query}" if query else address, 303)


LETTERS = (DocumentKind.DECISION, DocumentKind.REFUSAL)


async def sheet_pdf(request: Request) -> Response:
    """Return the issued sheet of an approved claim, or a print of the sheet as it stands."""
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    issued = await find_document("claim", claim.id, (DocumentKind.SHEET,))
    if issued is not None:
        return await document_response(request, issued)
    printed = _("未签发，打印于 %(at)s", at=moment(now))
    content = letters.sheet_print(await claim_page(actor, claim, now), made=printed)
    return await pdf_response("claim_sheet.typ", {**content, "number": claim.number}, f"{claim.number}-sheet")


async def decision_pdf(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    return await _decision_pdf(request, claim.id)


async def own_decision_pdf(request: Request) -> Response:
    actor = signed_in_actor(request)
    claim = await get_claim_for(actor, request.path_params["number"])
    return await _decision_pdf(request, claim.id)


async def _decision_pdf(request: Request, claim_id: UUID) -> Response:
    issued = await find_document("claim", claim_id, LETTERS)
    if issued is None:
        raise NotFound(_("还没有签发决定书。"))
    return await document_response(request, issued)


async def version(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    slug, name = request.path_params["slug"], request.path_params["version"]
    if request.method == "POST":
        actor.require(ProgrammeAct.RELEASE_TERMS)
        await release_terms(slug, name, on_release=rebuild_outcome_documents, by=By(actor, now))
        answer = RedirectResponse(
            f"{request.app.url_path_for('programmes:show', slug=slug)}?version={name}", 303
        )
        return flash(request, answer, _("%(version)s 版已发布，从此不能再改。", version=name))
    draft = await drafts.get_draft(actor, slug, name)
    return render(
        request,
        "claims/draft_version.html",
        draft=draft,
        preview=await assess_impact(draft, now),
        difference=await drafts.difference_of(draft),
        text=drafts.to_text(draft.content),
        is_own=draft.proposed_by_id == actor.user_id,
    )


routes = [
    Route("/desk/{number}", show, name="claims:desk", methods=["GET"]),
    Route("/desk/{number}/sheet", sheet, name="claims:sheet", methods=["GET"]),
    Route("/desk/{number}/accept", accept, name="claims:accept", methods=["POST"]),
    Route("/desk/{number}/calculate", calculate, name="claims:calculate", methods=["POST"]),
    Route("/desk/{number}/assign", assign, name="claims:assign", methods=["POST"]),
    Route("/desk/{number}/payee", payee, name="claims:payee", methods=["POST"]),
    Route("/desk/{number}/recheck", recheck, name="claims:recheck", methods=["POST"]),
    Route("/desk/{number}/supplement", supplement, name="claims:supplement", methods=["GET", "POST"]),
    Route("/desk/{number}/return", return_, name="claims:return", methods=["GET", "POST"]),
    Route("/desk/{number}/reject", reject, name="claims:reject", methods=["GET", "POST"]),
    Route(
        "/desk/{number}/evidence/{evidence_id:uuid}/reject",
        reject_evidence,
        name="claims:reject_evidence",
        methods=["GET", "POST"],
    ),
    Route("/desk/{number}/refusal", refusal, name="claims:refusal", methods=["POST"]),
    Route("/desk/{number}/sheet.pdf", sheet_pdf, name="claims:sheet_pdf", methods=["GET"]),
    Route("/desk/{number}/decision.pdf", decision_pdf, name="claims:decision_pdf", methods=["GET"]),
    Route("/claims/{number}/decision.pdf", own_decision_pdf, name="claims:own_decision_pdf", methods=["GET"]),
    Route("/desk/terms/{slug}/{version}", version, name="claims:draft_version", methods=["GET", "POST"]),
]
