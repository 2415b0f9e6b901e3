"""What everybody reads of surveys: their list and each call."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import optional_actor
from market.kit.atom import MEDIA_TYPE
from market.kit.formats import closing_words
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.surveys import feed as atom
from market.surveys import queries
from market.surveys.rules import is_open, shown_status
from market.surveys.states import EntryStatus, SurveyAct


async def index(request: Request) -> Response:
    now = deps(request).clock()
    page = await queries.list_surveys(PageRequest.from_query(request.query_params))
    return render(
        request,
        "surveys/index.html",
        page=page,
        states={survey.id: shown_status(survey.status, survey.closes_at, now) for survey in page.items},
        closing_words=closing_words,
    )


async def show(request: Request) -> Response:
    """Show a call, with what the person's organisation has entered."""
    actor, now = optional_actor(request), deps(request).clock()
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    may_enter = actor is None or (actor.buys and actor.may(SurveyAct.ENTER_SURVEY))
    may_enter_by_mandate = actor is not None and actor.may(SurveyAct.ENTER_BY_MANDATE)
    own = await queries.list_own_entries(actor, survey) if actor else []
    organisation_id = actor.organisation_id if actor else None
    counted = [
        entry
        for entry in own
        if entry.organisation_id == organisation_id and entry.status is not EntryStatus.WITHDRAWN
    ]
    return render(
        request,
        "surveys/show.html",
        survey=survey,
        status=shown_status(survey.status, survey.closes_at, now),
        is_open=is_open(survey.status, survey.closes_at, now),
        closing_words=closing_words,
        extensions=await queries.list_extensions(survey),
        questions=await queries.questions_of(survey.id),
        quotas=await queries.quotas_of(survey),
        own=own,
        may_enter_by_mandate=may_enter_by_mandate,
        may_begin=may_enter and len(counted) < survey.per_unit_most,
        needs=await queries.list_published_needs(survey),
    )


async def feed(request: Request) -> Response:
    """Return the feed of calls, extensions and results."""
    surveys = (await queries.list_surveys(PageRequest(size=atom.NEWEST))).items
    content = atom.feed(
        surveys,
        await queries.extensions_of([survey.id for survey in surveys]),
        {survey.id: await queries.tally_of(survey) for survey in surveys if survey.published_at},
        base_url=deps(request).settings.base_url,
        now=deps(request).clock(),
    )
    headers = {"cache-control": "public, max-age=300"}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


routes = [
    Route("/surveys.atom", feed, name="surveys:feed"),
    Route("/surveys", index, name="surveys:index"),
    Route("/surveys/{number}", show, name="surveys:show"),
]
