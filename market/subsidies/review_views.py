"""Expert review: the operator asks experts, each scores what is assigned without seeing who applies."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.models import StaffRole, User
from market.accounts.permissions import Act
from market.accounts.web import actor_for, passes, sent, status_of
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render
from market.kit.web import deps, path_id, see
from market.records.by import By
from market.subsidies import services
from market.subsidies.asking import ask
from market.subsidies.desk_forms import AssignForm, ScoreForm
from market.subsidies.forms import ReasonForm, number_in
from market.subsidies.judging import get_review_for
from market.subsidies.models import Claim, ClaimStatus, ExpertReview
from market.subsidies.queries import claim_contracts, get_claim_at_desk

DAYS = 14


async def tasks(request: Request) -> Response:
    actor = actor_for(request, Act.SCORE_CLAIM)
    rows = (
        await ExpertReview.filter(reviewer_id=actor.user_id, declined_at=None)
        .select_related("claim__programme")
        .order_by("submitted_at", "due_on")
    )
    return render(
        request,
        "desk/reviews.html",
        waiting=[row for row in rows if row.submitted_at is None],
        given=[row for row in rows if row.submitted_at is not None],
    )


async def review(request: Request) -> Response:
    actor, now = actor_for(request, Act.SCORE_CLAIM), deps(request).clock()
    found = await get_review_for(actor, path_id(request, "review_id"))
    given = await sent(request)
    if given is not None and given.get("act") == "decline":
        await services.decline(found.id, by=By(actor, now))
        return flash(request, see(request, "desk:reviews"), _("已声明回避，此案不再显示。"), "note")
    form = ScoreForm(given)
    if given is not None and await passes(
        form,
        lambda: services.score(
            found.id,
            scores={name: form[name].data for name in ("novelty", "maturity", "benefit")},
            opinion=str(form.opinion.data),
            by=By(actor, now),
        ),
    ):
        return flash(request, see(request, "desk:reviews"), _("评审意见已提交并锁定。"))
    return render(
        request,
        "desk/review.html",
        status_of(form),
        form=form,
        review=found,
        contracts=await claim_contracts(found.claim_id),
    )


async def assign(request: Request) -> Response:
    actor, now = actor_for(request, Act.ASSIGN_EXPERTS), deps(request).clock()
    given = await sent(request)
    form = AssignForm(given, data={"due_on": local_date(now) + timedelta(days=DAYS)})
    experts = await User.filter(staff_role=StaffRole.REVIEWER, is_active=True).order_by("name")
    form.reviewers.choices = [(str(one.id), one.name) for one in experts]
    number = number_in(given, "claim") if given is not None else ""
    if given is not None and await passes(
        form,
        lambda: services.assign_experts(
            number,
            reviewer_ids=[UUID(one) for one in form.reviewers.data or []],
            due_on=form.due_on.data,
            by=By(actor, now),
        ),
    ):
        return flash(request, see(request, "desk:assign"), _("专家已指派，已发通知。"))
    claims = (
        await Claim.filter(status=ClaimStatus.ACCEPTED)
        .select_related("programme")
        .prefetch_related("expert_reviews__reviewer", "contracts__contract")
        .order_by("submitted_at")
        .limit(100)
    )
    return render(
        request, "desk/assign.html", status_of(form), form=form, claims=claims, number=number, experts=experts
    )


async def conflict(request: Request) -> Response:
    actor = actor_for(request, Act.DECLARE_CONFLICT)
    found = await get_claim_at_desk(actor, request.path_params["number"])
    form = ReasonForm(await sent(request))
    if request.method == "POST" and await passes(
        form,
        lambda: services.declare_conflict(
            found.number, reason=str(form.reason.data)[:400], by=By(actor, deps(request).clock())
        ),
    ):
        done = see(request, "desk:claim", number=found.number)
        return flash(request, done, _("已声明回避，这份申报由他人办理。"), "note")
    return ask(request, found, form, _("声明回避"), "desk:conflict")


routes = [
    Route("/reviews", tasks, name="desk:reviews", methods=["GET"]),
    Route("/reviews/assign", assign, name="desk:assign", methods=["GET", "POST"]),
    Route("/reviews/{review_id:uuid}", review, name="desk:review", methods=["GET", "POST"]),
    Route("/desk/{number}/conflict", conflict, name="desk:conflict", methods=["GET", "POST"]),
]
