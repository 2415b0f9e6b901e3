"""Staff declare a conflict on a claim; addresses of before review rounds lead on."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.claims.claim_page import render_reason_page
from market.claims.desk_review import declare_conflict
from market.claims.expert_panel import KIND
from market.claims.forms import ReasonForm
from market.claims.queries import get_claim_at_desk
from market.integrity.states import IntegrityAct
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.web import deps, form_data_or_none, redirect_to
from market.panels.rounds import round_over
from market.records.by import By


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


async def assign(request: Request) -> Response:
    """Lead to where experts come to a claim now: a round."""
    return redirect_to(request, "claims:new_round")


async def conclude(request: Request) -> Response:
    """Lead to where a claim's panel is concluded: its round."""
    actor = actor_for(request, AccountAct.SEE_DESK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    round_ = await round_over(KIND, claim.id)
    if round_ is None:
        return redirect_to(request, "claims:desk", number=claim.number)
    return redirect_to(request, "panels:conclude_round", number=round_.number)


routes = [
    Route("/reviews/assign", assign, name="claims:assign_experts", methods=["GET"]),
    Route("/desk/{number}/conclude", conclude, name="claims:conclude_panel", methods=["GET"]),
    Route("/desk/{number}/conflict", conflict, name="claims:declare_conflict", methods=["GET", "POST"]),
]
