"""The operator assembles the experts of a claim, the rechecker concludes; staff declare a conflict."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.models import StaffRole, User
from market.accounts.web import actor_for
from market.claims.claim_page import render_reason_page
from market.claims.desk_review import declare_conflict
from market.claims.expert_panel import (
    assign_experts,
    conclude_panel,
    extend_reviews,
    open_second_round,
    unassign_expert,
    verdict_for,
)
from market.claims.forms import AssignForm, ReasonForm
from market.claims.models import Claim
from market.claims.queries import get_claim_at_desk
from market.claims.states import ClaimStatus
from market.integrity.states import IntegrityAct
from market.kit.clock import local_date
from market.kit.errors import Invalid, NotFound
from market.kit.flash import flash
from market.kit.forms import record_number_from
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to, typed_text, uuid_or_none
from market.panels.expert_reviews import list_reviews
from market.panels.scoring import MORE, SMALLEST
from market.panels.states import PanelAct
from market.programmes.catalogue import compiled
from market.records.by import By

DAYS = 14


async def assign(request: Request) -> Response:
    actor, now = actor_for(request, PanelAct.ASSIGN_EXPERTS), deps(request).clock()
    data = await form_data_or_none(request)
    form = AssignForm(data, data={"due_on": local_date(now) + timedelta(days=DAYS)})
    experts = await User.filter(staff_role=StaffRole.REVIEWER, is_active=True).order_by("name")
    form.reviewers.choices = [(str(expert.id), expert.name) for expert in experts]
    number = record_number_from(data, "claim") if data is not None else ""
    if data is not None and data.get("act"):
        with form.catch_invalid():
            words = await _act(data, form, number, By(actor, now))
            return flash(request, redirect_to(request, "claims:assign_experts"), words)
    elif form.validate_on_submit():
        with form.catch_invalid():
            await assign_experts(
                number,
                reviewer_ids=[UUID(expert) for expert in form.reviewers.data or []],
                due_on=form.due_on.data,
                by=By(actor, now),
            )
            return flash(request, redirect_to(request, "claims:assign_experts"), _("专家已指派，已发通知。"))
    claims = (
        await Claim.filter(status=ClaimStatus.ACCEPTED)
        .select_related("programme", "terms")
        .prefetch_related("contracts__contract")
        .order_by("submitted_at")
        .limit(100)
    )
    return render_form(
        request,
        "claims/assign_experts.html",
        form,
        claims=claims,
        reviews=await list_reviews("claim", [claim.id for claim in claims]),
        verdicts={claim.id: await verdict_for(claim.id, compiled(claim.terms)) for claim in claims},
        smallest=SMALLEST,
        more=MORE,
        number=number,
        experts=experts,
    )


async def _act(data: FormData, form: AssignForm, number: str, by: By) -> str:
    """Do what a button of a claim's panel says and return the words about it."""
    if data.get("act") == "unassign":
        review_id = uuid_or_none(data.get("review"))
        if review_id is None:
            raise NotFound(_("没有这项评审任务。"))
        reason = typed_text(data, "reason")
        await unassign_expert(number, review_id, reason=reason, by=by)
        return _("专家已撤换，请另行指派。")
    if not form.due_on.validate(form) or form.due_on.data is None:
        raise Invalid(_("请填评审期限。"), field="due_on")
    if data.get("act") == "round":
        await open_second_round(number, form.due_on.data, by=by)
        return _("第二轮评分已开始，已发通知。")
    await extend_reviews(number, form.due_on.data, by=by)
    return _("评审期限已延长。")


async def conclude(request: Request) -> Response:
    actor = actor_for(request, PanelAct.CONCLUDE_PANEL)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    form = ReasonForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await conclude_panel(
                claim.number,
                reason=str(form.reason.data)[:1000],
                by=By(actor, deps(request).clock()),
            )
            answer = redirect_to(request, "claims:desk", number=claim.number)
            return flash(request, answer, _("评审结论已作出，请核算人核算。"))
    return render_reason_page(request, claim, form, _("作出评审结论"), "claims:conclude_panel")


async def conflict(request: Request) -> Response:
    actor = actor_for(request, IntegrityAct.DECLARE_CONFLICT)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    form = ReasonForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await declare_conflict(
                claim.number, reason=str(form.reason.data)[:400], by=By(actor, deps(request).clock())
            )
            answer = redirect_to(request, "claims:desk", number=claim.number)
            return flash(request, answer, _("已声明回避，这份申报由他人办理。"), "note")
    return render_reason_page(request, claim, form, _("声明回避"), "claims:declare_conflict")


routes = [
    Route("/reviews/assign", assign, name="claims:assign_experts", methods=["GET", "POST"]),
    Route("/desk/{number}/conclude", conclude, name="claims:conclude_panel", methods=["GET", "POST"]),
    Route("/desk/{number}/conflict", conflict, name="claims:declare_conflict", methods=["GET", "POST"]),
]
