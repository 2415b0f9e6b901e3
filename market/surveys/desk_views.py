"""Pages of the operator: write a survey, its questions, units and quotas; open, extend and archive it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.form_fields import typed_plainly
from market.kit.formats import closing_words
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.notices.holiday_years import load_calendar
from market.records.by import By
from market.surveys import management, queries, units
from market.surveys.forms import (
    ExtendForm,
    QuestionsForm,
    SurveyEditForm,
    UnitForm,
    closing_data,
    survey_data,
)
from market.surveys.models import Survey
from market.surveys.questions import choices_text
from market.surveys.rules import is_open, is_recommending, shown_status
from market.surveys.states import SurveyAct, SurveyStatus

MOST_QUOTA = 100_000


async def index(request: Request) -> Response:
    """List all surveys, drafts too."""
    actor_for(request, SurveyAct.READ_SURVEYS)
    now = deps(request).clock()
    page = await queries.list_surveys(PageRequest.from_query(request.query_params), with_drafts=True)
    return render(
        request,
        "surveys/desk_index.html",
        page=page,
        counts=await queries.count_entries([survey.id for survey in page.items]),
        states={survey.id: shown_status(survey.status, survey.closes_at, now) for survey in page.items},
        closing_words=closing_words,
    )


async def new(request: Request) -> Response:
    actor = actor_for(request, SurveyAct.MANAGE_SURVEYS)
    form = SurveyEditForm(await form_data_or_none(request), data=survey_data(None))
    if form.validate_on_submit():
        with form.catch_invalid():
            survey = await management.create(form.values(), by=By(actor, deps(request).clock()))
            words = _("草稿已保存，可以加附加问题和推荐单位，然后开始征集。")
            return flash(request, redirect_to(request, "surveys:desk", number=survey.number), words)
    return render_form(request, "surveys/desk_form.html", form, survey=None)


async def edit(request: Request) -> Response:
    survey, by = await _load(request)
    form = SurveyEditForm(await form_data_or_none(request), data=survey_data(survey))
    if form.validate_on_submit():
        with form.catch_invalid():
            await management.edit(survey.number, form.values(), by=by)
            return _back(request, survey, _("已保存。"))
    return render_form(request, "surveys/desk_form.html", form, survey=survey)


async def show(request: Request) -> Response:
    """Show where a survey stands and what can be done."""
    actor_for(request, SurveyAct.READ_SURVEYS)
    survey = await queries.get_survey_for(request.state.actor, request.path_params["number"])
    return await _page(request, survey)


async def _page(request: Request, survey: Survey, form: BaseForm | None = None) -> Response:
    now = deps(request).clock()
    is_recommended = is_recommending(survey.status, survey.channel, survey.recommend_until, now)
    return render(
        request,
        "surveys/desk_show.html",
        422 if form and form.errors else 200,
        survey=survey,
        form=form or BaseForm(),
        status=shown_status(survey.status, survey.closes_at, now),
        is_open=is_open(survey.status, survey.closes_at, now),
        is_recommending=is_recommended,
        may_sort=survey.status is SurveyStatus.CLOSED,
        tally=await queries.tally_of(survey),
        quotas=await queries.quotas_of(survey),
        questions=await queries.questions_of(survey.id),
        extensions=await queries.list_extensions(survey),
        closing_words=closing_words,
    )


async def questions(request: Request) -> Response:
    survey, by = await _load(request)
    existing = await queries.questions_of(survey.id)
    rows = [
        {
            "label": question.label,
            "kind": question.kind.value,
            "choices": choices_text(question),
            "is_required": "yes" if question.is_required else "",
        }
        for question in existing
    ]
    form = QuestionsForm(await form_data_or_none(request), data={"questions": rows})
    if form.validate_on_submit():
        with form.catch_invalid():
            await management.set_questions(survey.number, form.questions.filled_rows, by=by)
            return _back(request, survey, _("附加问题已保存。"))
    return render_form(request, "surveys/questions.html", form, survey=survey)


async def quotas(request: Request) -> Response:
    """Choose the units that recommend, with the least and the most of each."""
    survey, by = await _load(request)
    named = await units.list_units()
    current = {quota.unit_id: quota for quota, _counted in await queries.quotas_of(survey)}
    # A unit whose duty has ended since stays chosen: entries may have been handed in to it.
    ended = set(current) - {unit.id for unit in named}
    named += [quota.unit for unit_id, quota in current.items() if unit_id in ended]
    typed = {
        unit.id: (
            unit.id in current,
            str(current[unit.id].least) if unit.id in current else "",
            str(current[unit.id].most or "") if unit.id in current else "",
        )
        for unit in named
    }
    data, form = await form_data_or_none(request), BaseForm()
    if data is not None:
        typed = {unit.id: _typed_quota(data, unit.id) for unit in named}
        with form.catch_invalid():
            chosen = {
                unit_id: (_count(least) or 0, _count(most))
                for unit_id, (is_chosen, least, most) in typed.items()
                if is_chosen
            }
            await management.set_quotas(survey.number, chosen, by=by)
            return _back(request, survey, _("推荐单位和名额已保存。"))
    return render_form(request, "surveys/quotas.html", form, survey=survey, units=named, typed=typed)


def _typed_quota(data: FormData, unit_id: UUID) -> tuple[bool, str, str]:
    return (
        str(unit_id) in data.getlist("unit"),
        typed_plainly([data.get(f"least-{unit_id}") or ""]),
        typed_plainly([data.get(f"most-{unit_id}") or ""]),
    )


def _count(text: str) -> int | None:
    """Return a typed number of entries; None where nothing was typed.

    Raises:
        Invalid: at `quotas`: it is none.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text) <= MOST_QUOTA):
        raise Invalid(_("名额请填整数，或不填。"), field="quotas")
    return int(text)


async def open_survey(request: Request) -> Response:
    survey, by = await _load(request)
    form = BaseForm()
    with form.catch_invalid():
        calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
        await management.open_survey(survey.number, calendar=calendar, by=by)
        return _back(request, survey, _("征集已开始，推荐单位已收到通知。"))
    return await _page(request, survey, form)


async def extend(request: Request) -> Response:
    survey, by = await _load(request)
    form = ExtendForm(await form_data_or_none(request), data=closing_data(survey.closes_at))
    if form.validate_on_submit():
        with form.catch_invalid():
            calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
            await management.extend(
                survey.number, form.closes_at, str(form.reason.data), calendar=calendar, by=by
            )
            return _back(request, survey, _("已延长，有草稿的单位和推荐单位已收到通知。"))
    return render_form(
        request, "surveys/extend.html", form, survey=survey, closing=closing_words(survey.closes_at)
    )


async def begin_sorting(request: Request) -> Response:
    survey, by = await _load(request)
    await management.begin_sorting(survey.number, by=by)
    return flash(request, redirect_to(request, "surveys:sorting", number=survey.number), _("开始甄别。"))


async def archive(request: Request) -> Response:
    survey, by = await _load(request)
    await management.archive(survey.number, by=by)
    return _back(request, survey, _("已归档。"))


async def recommending_units(request: Request) -> Response:
    """List the recommending units; name another."""
    actor = actor_for(request, SurveyAct.MANAGE_SURVEYS)
    named = await units.list_units()
    form = UnitForm(await form_data_or_none(request))
    taken = {unit.organisation_id for unit in named}
    authorities = [
        (str(unit.id), unit.name) for unit in await units.list_authorities() if unit.id not in taken
    ]
    form.organisation.choices = [("", lazy("请选择")), *authorities]
    if form.validate_on_submit():
        with form.catch_invalid():
            await units.name_unit(
                UUID(str(form.organisation.data)),
                str(form.region.data),
                by=By(actor, deps(request).clock()),
            )
            return flash(request, redirect_to(request, "surveys:units"), _("已定为推荐单位。"))
    return render_form(request, "surveys/units.html", form, units=named)


async def end_unit(request: Request) -> Response:
    actor = actor_for(request, SurveyAct.MANAGE_SURVEYS)
    await units.end_unit(path_id(request, "unit_id"), by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, "surveys:units"), _("已不再是推荐单位。"))


async def _load(request: Request) -> tuple[Survey, By]:
    actor: Any = actor_for(request, SurveyAct.MANAGE_SURVEYS)
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    return survey, By(actor, deps(request).clock())


def _back(request: Request, survey: Survey, words: str) -> Response:
    return flash(request, redirect_to(request, "surveys:desk", number=survey.number), words)


BOTH = ["GET", "POST"]
routes = [
    Route("/backoffice/surveys", index, name="surveys:desk_index"),
    Route("/backoffice/surveys/new", new, name="surveys:new", methods=BOTH),
    Route("/backoffice/surveys/units", recommending_units, name="surveys:units", methods=BOTH),
    Route(
        "/backoffice/surveys/units/{unit_id:uuid}/end", end_unit, name="surveys:end_unit", methods=["POST"]
    ),
    Route("/backoffice/surveys/{number}", show, name="surveys:desk"),
    Route("/backoffice/surveys/{number}/edit", edit, name="surveys:edit", methods=BOTH),
    Route("/backoffice/surveys/{number}/questions", questions, name="surveys:questions", methods=BOTH),
    Route("/backoffice/surveys/{number}/quotas", quotas, name="surveys:quotas", methods=BOTH),
    Route("/backoffice/surveys/{number}/open", open_survey, name="surveys:open", methods=["POST"]),
    Route("/backoffice/surveys/{number}/extend", extend, name="surveys:extend", methods=BOTH),
    Route("/backoffice/surveys/{number}/sort", begin_sorting, name="surveys:sort", methods=["POST"]),
    Route("/backoffice/surveys/{number}/archive", archive, name="surveys:archive", methods=["POST"]),
]
