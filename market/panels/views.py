"""The expert's pages: assigned tasks, and the blind scoring of one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.accounts.web import actor_for
from market.kit.flash import flash
from market.kit.form_fields import LongTextField, NumberField, NumberRange, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.panels.expert_reviews import decline, get_review_for, list_tasks, score
from market.panels.panel_seats import list_seats
from market.panels.states import PanelAct
from market.panels.subjects import get_subject
from market.records.by import By


class ScoreForm(BaseForm):
    novelty = NumberField(lazy("创新性"), [Required(lazy("请打分。")), NumberRange(0, 100)])
    maturity = NumberField(lazy("成熟度"), [Required(lazy("请打分。")), NumberRange(0, 100)])
    benefit = NumberField(lazy("应用效益"), [Required(lazy("请打分。")), NumberRange(0, 100)])
    opinion = LongTextField(lazy("意见"), [Required(lazy("请写明意见。"))], max_length=2000)


def may_judge(actor: Actor) -> bool:
    """Return whether the menu offers a person their reviews: who acts for no organisation."""
    return Role.REVIEWER in actor.roles or (Role.PERSON in actor.roles and not actor.is_staff)


async def index(request: Request) -> Response:
    actor = actor_for(request, PanelAct.JUDGE)
    tasks = await list_tasks(actor)
    seats = await list_seats(actor)
    return render(
        request,
        "panels/tasks.html",
        waiting=[(review, subject) for review, subject in tasks if review.submitted_at is None],
        seats=[(seat, subject) for seat, subject in seats if seat.is_waiting],
        answered=[(seat, subject) for seat, subject in seats if not seat.is_waiting],
        submitted=[(review, subject) for review, subject in tasks if review.submitted_at is not None],
    )


async def review(request: Request) -> Response:
    actor, now = actor_for(request, PanelAct.SCORE_CLAIM), deps(request).clock()
    assignment = await get_review_for(actor, path_id(request, "review_id"))
    data = await form_data_or_none(request)
    if data is not None and data.get("act") == "decline":
        await decline(assignment.id, by=By(actor, now))
        return flash(request, redirect_to(request, "panels:tasks"), _("已声明回避，此案不再显示。"), "note")
    form = ScoreForm(data)
    if form.validate_on_submit():
        with form.catch_invalid():
            await score(
                assignment.id,
                scores={name: form[name].data for name in ("novelty", "maturity", "benefit")},
                opinion=str(form.opinion.data),
                by=By(actor, now),
            )
            return flash(request, redirect_to(request, "panels:tasks"), _("评审意见已提交并锁定。"))
    return render_form(
        request,
        "panels/review.html",
        form,
        review=assignment,
        subject=await get_subject(assignment.subject_kind, assignment.subject_id),
    )


routes = [
    Route("/reviews", index, name="panels:tasks", methods=["GET"]),
    Route("/reviews/{review_id:uuid}", review, name="panels:review", methods=["GET", "POST"]),
]
