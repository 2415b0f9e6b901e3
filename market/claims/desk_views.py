"""The finance desk: its queue, the page of one claim with the acts on it, the printed sheet."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.claims import desk_review, queries
from market.claims.claim_page import claim_page
from market.claims.claim_payees import decide_payee_change, propose_payee_change
from market.claims.desk_review import ask_supplement, return_calculation
from market.claims.expert_panel import verdict_for
from market.claims.forms import CalculateForm, QueueForm, ReasonForm, RejectForm, SupplementForm
from market.claims.models import Claim
from market.claims.permissions import ClaimAct
from market.claims.queries import ClaimFilter, get_claim_at_desk
from market.claims.reason_page import render_reason_page
from market.claims.refusals import decide_refusal, list_refusals, propose_refusal
from market.claims.risk_flags import RISK_FLAG_LABELS
from market.claims.states import ClaimShownStatus, ClaimStatus
from market.documents.web import documents_about
from market.integrity.conflicts import list_conflicts
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps, form_data, form_data_or_none, redirect_to
from market.panels.expert_reviews import list_reviews
from market.programmes.catalogue import clauses, compiled, list_programmes
from market.records.by import By
from market.records.decisions import Verdict

QUEUE = [*(status for status in ClaimStatus if status is not ClaimStatus.DRAFT), *ClaimShownStatus]


async def queue(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    query = request.query_params
    year = query.get("year", "")
    form = QueueForm(query)
    form.validate()
    claim_filter = ClaimFilter(
        status=query.get("status", ""),
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
        programme=query.get("programme", "")[:60],
        contract=query.get("contract", "").replace("\x00", "")[:20],
        text=query.get("text", "").replace("\x00", "").strip()[:60],
        city=_prefix(_chosen(form.city)),
        field=_chosen(form.field),
        doubt=_chosen(form.doubt),
        is_to_refuse=query.get("refusal") == "waiting",
        least=form.least.data,
        most=form.most.data,
    )
    page, amount = await queries.list_claims(PageRequest.from_query(query), claim_filter)
    counts = await queries.count_by_status(claim_filter)
    return render(
        request,
        "claims/queue.html",
        page=page,
        amount=amount,
        wanted=claim_filter,
        form=form,
        is_narrowed=bool(
            claim_filter.city
            or claim_filter.field
            or claim_filter.doubt
            or claim_filter.least is not None
            or claim_filter.most is not None
        ),
        doubts=RISK_FLAG_LABELS,
        counts=[(status.value, counts[status.value]) for status in QUEUE if counts.get(status.value)],
        total=sum(counts.values()),
        years=[(year, year) for year in await queries.list_years()],
        programmes=[(programme.slug, _(programme.name)) for programme in await list_programmes()],
        today=local_date(deps(request).clock()),
        local_date=local_date,
    )


def _chosen(field: ChoiceField) -> str:
    """Return what was chosen from the list, or nothing."""
    return "" if field.errors else str(field.data or "")


def _prefix(region: str) -> str:
    """Return what codes of places inside a region begin with."""
    while len(region) > 2 and region.endswith("00"):
        region = region[:-2]
    return region


async def show(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    return await _render_claim(request, actor, claim)


async def _render_claim(
    request: Request, actor: Actor, claim: Claim, form: CalculateForm | None = None
) -> Response:
    conflicts = await list_conflicts("claim", claim.id)
    return render(
        request,
        "claims/desk.html",
        422 if form and form.errors else 200,
        page=await claim_page(actor, claim, deps(request).clock()),
        form=form or CalculateForm(),
        is_involved=actor.user_id in await queries.people_behind([claim]),
        is_conflicted=any(conflict.user_id == actor.user_id for conflict in conflicts),
        conflicts=conflicts,
        doubts=RISK_FLAG_LABELS,
        refusals=await list_refusals(claim),
        reviews=(await list_reviews("claim", [claim.id])).get(claim.id, []),
        verdict=await verdict_for(claim.id, compiled(claim.terms)),
        clawbacks=await claim.clawbacks.all().order_by("number"),
        documents=await documents_about(request, "claim", claim.id),
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
    return flash(request, redirect_to(request, "claims:desk", number=number), _("已受理，请核算。"))


async def calculate(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.CALCULATE)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    form = CalculateForm(await form_data(request))
    if form.validate():
        with form.catch_invalid():
            await desk_review.calculate(
                claim.number,
                rate_basis_points=form.rate.data,
                by=By(actor, deps(request).clock()),
            )
            answer = redirect_to(request, "claims:desk", number=claim.number)
            return flash(request, answer, _("核算完成，请另一位复核人复核。"))
    return await _render_claim(request, actor, claim, form)


async def recheck(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.RECHECK)
    number = request.path_params["number"]
    text = str((await form_data(request)).get("sequence") or "")
    sequence = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    await desk_review.recheck(number, sequence=sequence, by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, "claims:desk", number=number), _("复核一致，可以列入批次。"))


async def supplement(request: Request) -> Response:
    actor = actor_for(request, ClaimAct.ACCEPT_CLAIM)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    form = SupplementForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await ask_supplement(
                claim.number,
                reason=str(form.reason.data),
                due_on=form.due_on.data,
                by=By(actor, deps(request).clock()),
            )
            answer = redirect_to(request, "claims:desk", number=claim.number)
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
        answer = redirect_to(request, "claims:desk", number=claim.number)
        return flash(request, answer, _("已退回核算人重新核算。"), "due")
    return render_reason_page(request, claim, form, _("退回核算"), "claims:return")


async def payee(request: Request) -> Response:
    actor, data = actor_for(request, AccountAct.SEE_DESK), await form_data(request)
    number, by = request.path_params["number"], By(actor, deps(request).clock())
    act = data.get("act")
    if act == "propose":
        await propose_payee_change(number, by=by)
        words = _("已提请批准人批准新账户。")
    else:
        verdict = Verdict.CONFIRMED if act == "confirm" else Verdict.REJECTED
        reason = str(data.get("reason") or "").replace("\x00", "").strip()[:300]
        await decide_payee_change(number, verdict, reason=reason, by=by)
        words = _("已改为拨付到新账户。") if act == "confirm" else _("没有批准新账户，拨付仍然停止。")
    return flash(request, redirect_to(request, "claims:desk", number=number), words)


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
            answer = redirect_to(request, "claims:desk", number=claim.number)
            return flash(request, answer, _("已提出不予支持，由复核人决定；决定前不告知申请单位。"), "note")
    return render_reason_page(request, claim, form, _("提请不予支持"), "claims:reject", title=_("不予支持"))


async def refusal(request: Request) -> Response:
    actor, data = actor_for(request, ClaimAct.DECIDE_REFUSAL), await form_data(request)
    number = request.path_params["number"]
    verdict = Verdict.CONFIRMED if data.get("act") == "confirm" else Verdict.REJECTED
    reason = str(data.get("reason") or "").replace("\x00", "").strip()[:300]
    await decide_refusal(number, verdict, reason=reason, by=By(actor, deps(request).clock()))
    answer = redirect_to(request, "claims:desk", number=number)
    if verdict is Verdict.REJECTED:
        return flash(request, answer, _("不予支持已退回核算人。"), "due")
    return flash(request, answer, _("已作不予支持处理，依据和理由已告知申请单位。"), "note")


routes = [
    Route("/desk", queue, name="claims:queue", methods=["GET"]),
    Route("/desk/{number}", show, name="claims:desk", methods=["GET"]),
    Route("/desk/{number}/sheet", sheet, name="claims:sheet", methods=["GET"]),
    Route("/desk/{number}/accept", accept, name="claims:accept", methods=["POST"]),
    Route("/desk/{number}/calculate", calculate, name="claims:calculate", methods=["POST"]),
    Route("/desk/{number}/payee", payee, name="claims:payee", methods=["POST"]),
    Route("/desk/{number}/recheck", recheck, name="claims:recheck", methods=["POST"]),
    Route("/desk/{number}/supplement", supplement, name="claims:supplement", methods=["GET", "POST"]),
    Route("/desk/{number}/return", return_, name="claims:return", methods=["GET", "POST"]),
    Route("/desk/{number}/reject", reject, name="claims:reject", methods=["GET", "POST"]),
    Route("/desk/{number}/refusal", refusal, name="claims:refusal", methods=["POST"]),
]
