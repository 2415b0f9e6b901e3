"""Pages on which a unit, or the operator for it, brings a workbook of entries into an open survey."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from wtforms import FileField

from market.accounts.web import actor_for, signed_in_actor
from market.files.attachments import required_upload
from market.imports import excel_template, steps
from market.imports.models import ListingImport
from market.kit.errors import Invalid, NotFound
from market.kit.form_fields import ChoiceField
from market.kit.formats import closing_words
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to, uuid_or_none
from market.kit.workbooks.writing import WORKBOOK
from market.records.by import By
from market.surveys import queries
from market.surveys.entries import is_late
from market.surveys.list_rows import form_of_questions
from market.surveys.list_target import KEY
from market.surveys.models import Survey
from market.surveys.states import Channel, SurveyAct
from market.surveys.units import get_unit_for

ACCEPT = ".xlsx,.xls,.csv,.et"


class ListForm(BaseForm):
    file = FileField(str(lazy("文件")))
    unit = ChoiceField(lazy("推荐单位"), choices=(), blank=lazy("请选择"))


async def by_unit(request: Request) -> Response:
    """Take in a workbook of the person's own unit."""
    actor = actor_for(request, SurveyAct.RECOMMEND_ENTRIES)
    unit = await get_unit_for(actor)
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    quotas = await queries.quotas_of(survey)
    if not any(quota.unit_id == unit.id for quota, _counted in quotas):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return await _page(request, survey, unit.organisation_id)


async def by_operator(request: Request) -> Response:
    """Take in a workbook that the operator was sent, for the unit that is chosen."""
    actor = actor_for(request, SurveyAct.MANAGE_SURVEYS)
    return await _page(request, await queries.get_survey_for(actor, request.path_params["number"]), None)


async def _page(request: Request, survey: Survey, organisation_id: UUID | None) -> Response:
    by, is_unit = By(signed_in_actor(request), deps(request).clock()), organisation_id is not None
    form = await _form(request, survey, is_unit=is_unit)
    if request.method == "POST":
        with form.catch_invalid():
            holder = organisation_id
            if "unit" in form._fields:
                holder = uuid_or_none(form.unit.data)
                if holder is None:
                    raise Invalid(_("请选择推荐单位。"), field="unit")
            blob = await required_upload(request)
            listing_import = await steps.upload(
                blob, KEY, organisation_id=holder, subject_id=survey.id, by=by
            )
            return redirect_to(request, "imports:show", number=listing_import.number)
    page_request = PageRequest.from_query(request.query_params)
    lists = ListingImport.filter(kind=KEY, subject_id=survey.id)
    lists = lists.filter(organisation_id=organisation_id) if is_unit else lists
    rows = lists.select_related("file", "organisation").order_by("-created_at")
    items = await rows.offset(page_request.offset).limit(page_request.size)
    return render_form(
        request,
        "surveys/list.html",
        form,
        survey=survey,
        is_unit=is_unit,
        page=page_request.page(items, await lists.count()),
        is_late=is_late(survey, by),
        closing=closing_words(survey.closes_at),
        accept=ACCEPT,
    )


async def _form(request: Request, survey: Survey, *, is_unit: bool) -> Any:
    form = ListForm(await form_data_or_none(request))
    if is_unit or survey.channel is Channel.OPEN:
        del form.unit
        return form
    quotas = await queries.quotas_of(survey)
    units = [(str(quota.unit.organisation_id), counted.unit) for quota, counted in quotas]
    form.unit.choices = [("", lazy("请选择")), *units]
    return form


async def template(request: Request) -> Response:
    """Return the empty workbook of a survey, with its questions as columns."""
    actor = signed_in_actor(request)
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    form = form_of_questions(await queries.questions_of(survey.id))
    return Response(
        excel_template.template(form),
        media_type=WORKBOOK,
        headers={"content-disposition": f'attachment; filename="{survey.number}-template.xlsx"'},
    )


BOTH = ["GET", "POST"]
routes = [
    Route("/recommendations/{number}/import", by_unit, name="surveys:unit_list", methods=BOTH, body=UPLOAD),
    Route(
        "/backoffice/surveys/{number}/import",
        by_operator,
        name="surveys:desk_list",
        methods=BOTH,
        body=UPLOAD,
    ),
    Route("/surveys/{number}/template.xlsx", template, name="surveys:template"),
]
