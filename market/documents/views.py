"""Open an issued document, and the pages of reviews."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, optional_actor, signed_in_actor
from market.documents.models import DocumentReview
from market.documents.queries import get_document_for, may_open, with_service
from market.documents.serving import answer_review, apply_for_review
from market.documents.states import DocumentAct
from market.documents.web import document_response
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.notices.holiday_years import calendar_for
from market.records.by import By


class ReviewForm(BaseForm):
    grounds = LongTextField(
        lazy("申请复查的事实和理由"), [Required(lazy("请写明事实和理由。"))], max_length=2000
    )


class AnswerForm(BaseForm):
    outcome = ChoiceField(
        lazy("处理"),
        [Required(lazy("请选择怎样处理。"))],
        choices=lambda: [("granted", lazy("同意复查，重新审查")), ("upheld", lazy("维持原决定"))],
        blank=lazy("请选择"),
    )
    reason = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=500)


async def open_document(request: Request) -> Response:
    document = await get_document_for(optional_actor(request), path_id(request, "document_id"))
    return await document_response(request, document)


async def review(request: Request) -> Response:
    """Apply for a review of a decision."""
    actor = actor_for(request, DocumentAct.APPLY_FOR_REVIEW)
    document = await get_document_for(actor, path_id(request, "document_id"))
    calendar, now = await calendar_for(request), deps(request).clock()
    form = ReviewForm(await form_data_or_none(request))
    if form.validate_on_submit():
        application = await apply_for_review(
            document.id, grounds=str(form.grounds.data), calendar=calendar, by=By(actor, now)
        )
        response = redirect_to(request, "documents:review", review_id=application.id)
        return flash(request, response, _("复查申请已提交，主管部门的答复会通知您。"))
    (row,) = await with_service([document], calendar, local_date(now))
    return render_form(request, "documents/apply.html", form, document=document, row=row)


async def show_review(request: Request) -> Response:
    actor = signed_in_actor(request)
    application = await _get_review(actor, request)
    form = AnswerForm(await form_data_or_none(request))
    if request.method == "POST":
        actor.require(DocumentAct.DECIDE_REVIEW)
        if form.validate():
            with form.catch_invalid():
                await answer_review(
                    application.id,
                    is_granted=form.outcome.data == "granted",
                    reason=str(form.reason.data),
                    by=By(actor, deps(request).clock()),
                )
                response = redirect_to(request, "documents:review", review_id=application.id)
                return flash(request, response, _("答复已告知申请单位。"))
    return render_form(
        request,
        "documents/review.html",
        form,
        application=application,
        document=application.document,
        may_answer=actor.may(DocumentAct.DECIDE_REVIEW) and application.verdict is None,
    )


async def _get_review(actor: Actor, request: Request) -> DocumentReview:
    application = await DocumentReview.get_or_none(id=path_id(request, "review_id")).select_related(
        "document__addressee", "proposed_by", "decided_by"
    )
    if application is None or not may_open(actor, application.document):
        raise NotFound(_("没有这份复查申请。"))
    return application


async def reviews(request: Request) -> Response:
    """List the applications for review, those that wait first."""
    actor_for(request, AccountAct.SEE_DESK)
    applications = (
        await DocumentReview.all()
        .order_by("-proposed_at")
        .limit(500)
        .select_related("document__addressee", "decided_by")
    )
    return render(
        request,
        "documents/reviews.html",
        applications=sorted(applications, key=lambda application: application.verdict is not None),
    )


routes = [
    Route("/documents/reviews", reviews, name="documents:reviews", methods=["GET"]),
    Route(
        "/documents/reviews/{review_id:uuid}",
        show_review,
        name="documents:review",
        methods=["GET", "POST"],
    ),
    Route("/documents/{document_id:uuid}", open_document, name="documents:open", methods=["GET"]),
    Route("/documents/{document_id:uuid}/review", review, name="documents:apply", methods=["GET", "POST"]),
]
