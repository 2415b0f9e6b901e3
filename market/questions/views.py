"""Forms to ask, to answer and to hide a question; what is asked stands on the listing's page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.web import actor_for
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.form_fields import LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.quotas import QuotaClass
from market.kit.routing import Route
from market.kit.subjects import AskedRecord
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, path_id
from market.questions import answering
from market.questions.states import QuestionAct
from market.records.by import By


class QuestionForm(BaseForm):
    text = LongTextField(lazy("问题"), [Required(lazy("请写您的问题。"))], max_length=500)


class AnswerForm(BaseForm):
    text = LongTextField(lazy("答复"), [Required(lazy("请写答复。"))], max_length=1000)


class HideForm(BaseForm):
    text = LongTextField(lazy("理由"), [Required(lazy("请写明理由，双方都会看到。"))], max_length=200)


async def ask(request: Request) -> Response:
    actor = actor_for(request, QuestionAct.ASK_QUESTION)
    now = deps(request).clock()
    asked = await answering.find_asked(actor, request.path_params["kind"], request.path_params["number"], now)
    if not answering.may_ask(actor, asked):
        raise Invalid(_("这条信息现在不能提问。"))
    form = QuestionForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid(field="text"):
            await answering.ask(asked, str(form.text.data), by=By(actor, now))
            return flash(request, _back(asked), _("问题已提交，答复后通知您。"))
    return render_form(request, "questions/ask.html", form, asked=asked, back=answering.address_of(asked))


async def answer(request: Request) -> Response:
    actor = actor_for(request, QuestionAct.ANSWER_QUESTION)
    question = await answering.get_question_for(actor, path_id(request, "question_id"))
    asked = await answering.record_of(question, deps(request).clock())
    form = AnswerForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid(field="text"):
            await answering.answer(question.id, str(form.text.data), by=By(actor, deps(request).clock()))
            return flash(request, _back(asked), _("答复已公开。"))
    return render_form(
        request,
        "questions/answer.html",
        form,
        question=question,
        asked=asked,
        back=answering.address_of(asked),
    )


async def hide(request: Request) -> Response:
    actor = actor_for(request, QuestionAct.HIDE_QUESTION)
    question = await answering.get_question_for(actor, path_id(request, "question_id"))
    asked = await answering.record_of(question, deps(request).clock())
    form = HideForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid(field="text"):
            await answering.hide(question.id, str(form.text.data), by=By(actor, deps(request).clock()))
            return flash(request, _back(asked), _("已隐藏。"))
    return render_form(
        request, "questions/hide.html", form, question=question, asked=asked, back=answering.address_of(asked)
    )


def _back(asked: AskedRecord) -> Response:
    return RedirectResponse(answering.address_of(asked), 303)


routes = [
    Route(
        "/questions/ask/{kind}/{number}",
        ask,
        name="questions:ask",
        methods=["GET", "POST"],
        quota=QuotaClass.MESSAGES,
    ),
    Route("/questions/{question_id:uuid}/answer", answer, name="questions:answer", methods=["GET", "POST"]),
    Route("/questions/{question_id:uuid}/hide", hide, name="questions:hide", methods=["GET", "POST"]),
]
