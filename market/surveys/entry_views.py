"""Pages on which an organisation fills in its entries and reads what became of them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.files.attachments import required_upload
from market.kit.errors import Conflict, Invalid
from market.kit.flash import flash
from market.kit.formats import closing_words
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to, uuid_or_none
from market.listings.forms import need_data
from market.listings.sections import sections
from market.listings.submission import Incomplete
from market.records.by import By
from market.records.transitions import history
from market.surveys import entries, mandates, queries
from market.surveys.entries import Content, LimitReached, TooLate
from market.surveys.forms import EntryForm, MandateForm
from market.surveys.models import Survey, SurveyEntry
from market.surveys.paths import running_of
from market.surveys.questions import PREFIX, AnswerForm, answer_form, shown_answers
from market.surveys.rules import is_open, secret_words
from market.surveys.states import Channel, EntryStatus, SurveyAct
from market.surveys.texts import all_texts, as_need


async def enter(request: Request) -> Response:
    """Begin an entry; who has as many as allowed is led to the first."""
    actor = actor_for(request, SurveyAct.ENTER_SURVEY)
    by = By(actor, deps(request).clock())
    entries.require_may_enter(by)
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    try:
        if request.method == "GET":
            if entries.is_late(survey, by):
                raise entries.late(survey)
            await entries.require_room(survey, actor.organisation_id)
        return await _write(request, survey, None, by=by)
    except LimitReached as limit:
        return render(request, "surveys/once.html", 409, survey=survey, words=str(limit), first=limit.first)


async def entry(request: Request) -> Response:
    """Show an entry: the form of one's own draft, else what was handed in and what became of it."""
    actor = actor_for(request, SurveyAct.READ_ENTRIES)
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    record = await queries.get_entry_for(actor, survey, running_of(request))
    by = By(actor, deps(request).clock())
    if record.status is EntryStatus.DRAFT:
        return await _write(request, survey, record, by=by)
    if request.method == "POST":
        raise Conflict(_("已提交的填报不能改；征集期间可以先撤回。"))
    need = as_need(record)
    is_own = actor.acts_for(record.organisation_id) or queries.is_mandated_to(record, actor)
    return render(
        request,
        "surveys/entry_read.html",
        survey=survey,
        entry=record,
        listing=need,
        sections=sections(need),
        answers=shown_answers(await queries.questions_of(survey.id, record.form_version), record.answers),
        events=await history("survey_entry", record.id),
        warnings=secret_words(all_texts(record)),
        is_own=is_own,
        letters=await mandates.list_letters(record),
        is_result_shown=record.status is EntryStatus.TOLD or actor.may(SurveyAct.READ_SURVEYS),
        may_retract=is_own and record.status is EntryStatus.SUBMITTED and not entries.is_late(survey, by),
    )


async def enter_by_mandate(request: Request) -> Response:
    """Begin an entry for the firm whose letter the broker has."""
    actor = actor_for(request, SurveyAct.ENTER_BY_MANDATE)
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    by, form = By(actor, deps(request).clock()), MandateForm(await form_data_or_none(request))
    if entries.is_late(survey, by):
        raise entries.late(survey)
    if form.validate_on_submit():
        with form.catch_invalid():
            letter = await required_upload(request)
            begun = await mandates.begin_entry(survey.number, str(form.uscc.data), letter, by=by)
            words = _("委托书已提交，企业已收到通知。请接着填写需求。")
            page = redirect_to(request, "surveys:entry", number=survey.number, running=begun.running)
            return flash(request, page, words)
    return render_form(request, "surveys/mandate.html", form, survey=survey)


async def retract(request: Request) -> Response:
    survey, running, by = await _own(request)
    await entries.retract(survey.number, running, by=by)
    words = _("已撤回，改好后请在截止前再提交。")
    return flash(request, redirect_to(request, "surveys:entry", number=survey.number, running=running), words)


async def withdraw(request: Request) -> Response:
    survey, running, by = await _own(request)
    await entries.withdraw(survey.number, running, by=by)
    return flash(request, redirect_to(request, "surveys:show", number=survey.number), _("这条填报已撤销。"))


async def mine(request: Request) -> Response:
    actor = actor_for(request, SurveyAct.READ_ENTRIES)
    now = deps(request).clock()
    own = await queries.list_own_entries(actor)
    is_taken = {entry.survey_id: is_open(entry.survey.status, entry.survey.closes_at, now) for entry in own}
    return render(request, "surveys/mine.html", entries=own, is_taken=is_taken, closing_words=closing_words)


async def _own(request: Request) -> tuple[Survey, int, By]:
    actor = actor_for(request, SurveyAct.READ_ENTRIES)
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    return survey, running_of(request), By(actor, deps(request).clock())


async def _write(request: Request, survey: Survey, record: SurveyEntry | None, *, by: By) -> Response:
    data = await form_data_or_none(request)
    form = await _form(survey, record, data, by=by)
    answers = answer_form(await queries.questions_of(survey.id), data, record.answers if record else None)
    if data is None:
        form.append_blank_rows()
        return await _page(request, survey, record, form, answers, by=by)
    is_submitted = data.get("act") == "submit"
    status = 422
    if all([form.validate(), answers.validate()]):
        unit = form._fields.get("unit")
        content = Content(
            form.values(),
            answers.answers,
            uuid_or_none(unit.data) if unit else None,
            bool(form.secrecy_declared.data),
        )
        running = record.running if record else None
        try:
            saved = await entries.save(survey.number, running, content, is_submitted=is_submitted, by=by)
        except Incomplete as error:
            _show_faults(form, answers, error.faults)
        except Invalid as error:
            form.add_error(error.field or "", str(error))
        except TooLate as error:
            form.add_error("", str(error))
            status = 409
        else:
            if saved.status is EntryStatus.DRAFT and is_submitted:
                form.add_error("", str(entries.late(survey)))
                return await _page(request, survey, saved, form, answers, by=by, status=409)
            return _saved(request, survey, saved)
    return await _page(request, survey, record, form, answers, by=by, status=status)


def _saved(request: Request, survey: Survey, saved: SurveyEntry) -> Response:
    words, tone = _("草稿已保存，截止前请提交。"), "done"
    if saved.status is not EntryStatus.DRAFT:
        words = _("已提交，编号 %(number)s。结果会用消息和邮件告诉您。", number=saved.number)
    if secrecy := secret_words(all_texts(saved)):
        words += _("文字里有“%(words)s”，请再确认不涉密。", words="”“".join(secrecy[:5]))
        tone = "due"
    back = redirect_to(request, "surveys:entry", number=survey.number, running=saved.running)
    return flash(request, back, words, tone)


async def _form(survey: Survey, record: SurveyEntry | None, data: Any, *, by: By) -> EntryForm:
    """Return the form as it was sent, or filled with the draft; its units are those that recommend there."""
    if data is not None:
        form = EntryForm(data)
    elif record is None:
        form = EntryForm(data={"region": by.actor.organisation_region})
    else:
        stored = need_data(as_need(record))
        form = EntryForm(data=stored | {"unit": str(record.unit_id or "")})
    firm_id = record.organisation_id if record else by.actor.organisation_id
    chosen_id = record.unit_id if record else None
    quotas = await queries.quotas_for(survey, firm_id, chosen_id) if firm_id else []
    units = [(str(quota.unit_id), quota.unit.organisation.name) for quota in quotas]
    form.unit.choices = [("", lazy("请选择")), *units]
    if survey.channel is Channel.OPEN or not units:
        del form.unit
    return form


def _show_faults(form: EntryForm, answers: AnswerForm, faults: list[tuple[str, str]]) -> None:
    mark = f"{PREFIX}-"
    form.add_errors([fault for fault in faults if not fault[0].startswith(mark)])
    for name, sentence in faults:
        if name.startswith(mark):
            answers.add_error(name.removeprefix(mark), sentence)


async def _page(
    request: Request,
    survey: Survey,
    record: SurveyEntry | None,
    form: EntryForm,
    answers: AnswerForm,
    *,
    by: By,
    status: int = 200,
) -> Response:
    return render(
        request,
        "surveys/entry.html",
        status,
        survey=survey,
        entry=record,
        form=form,
        answers=answers,
        letters=await mandates.list_letters(record) if record else [],
        warnings=secret_words(all_texts(record)) if record else [],
        is_late=entries.is_late(survey, by),
        closing=closing_words(survey.closes_at),
    )


ENTRY = "/surveys/{number}/entries/{running:int}"
routes = [
    Route("/my/surveys", mine, name="surveys:mine"),
    Route("/surveys/{number}/entry", enter, name="surveys:enter", methods=["GET", "POST"]),
    Route(
        "/surveys/{number}/mandate",
        enter_by_mandate,
        name="surveys:mandate",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route(ENTRY, entry, name="surveys:entry", methods=["GET", "POST"]),
    Route(
        "/surveys/{number}/entries/{running:int}/retract", retract, name="surveys:retract", methods=["POST"]
    ),
    Route(
        "/surveys/{number}/entries/{running:int}/withdraw",
        withdraw,
        name="surveys:withdraw",
        methods=["POST"],
    ),
]
