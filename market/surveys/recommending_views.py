"""Pages of a recommending unit: the surveys in which it recommends, and the entries of each."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.kit.errors import Invalid, NotFound
from market.kit.flash import flash
from market.kit.formats import closing_words
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to
from market.records.by import By
from market.surveys import queries, recommending
from market.surveys.forms import RecommendForm
from market.surveys.models import RecommendingUnit, Survey, SurveyQuota
from market.surveys.paths import running_of
from market.surveys.rules import Quota, is_open, is_recommending, shown_status
from market.surveys.states import SurveyAct
from market.surveys.units import find_unit_of, get_unit_for
from market.surveys.workbook import download


async def index(request: Request) -> Response:
    """List the surveys in which the person's unit recommends."""
    actor, now = actor_for(request, SurveyAct.RECOMMEND_ENTRIES), deps(request).clock()
    unit = await find_unit_of(actor)
    rows = await queries.list_unit_surveys(unit) if unit else []
    return render(
        request,
        "surveys/recommendations.html",
        unit=unit,
        rows=rows,
        states={row.survey.id: shown_status(row.survey.status, row.survey.closes_at, now) for row in rows},
        closing_words=closing_words,
    )


async def show(request: Request) -> Response:
    """Show what was handed in to the unit, ranked first, with the forms to recommend and to decline."""
    return await _page(request, RecommendForm(), None)


async def act(request: Request) -> Response:
    """Recommend or decline one entry."""
    actor = actor_for(request, SurveyAct.RECOMMEND_ENTRIES)
    form, running = RecommendForm(await form_data(request)), running_of(request)
    number, by = request.path_params["number"], By(actor, deps(request).clock())
    if form.validate():
        try:
            if form.act.data == "decline":
                await recommending.decline(number, running, form.reason.data or "", by=by)
                words = _("已记为不推荐，填报单位会收到理由。")
            else:
                await recommending.recommend(number, running, form.rank.data, by=by)
                words = _("已推荐。")
        except Invalid as error:
            form.add_error(error.field or "", str(error))
        else:
            response = redirect_to(request, "surveys:recommend", number=number)
            query = urlencode({name: request.query_params.get(name, "") for name in ("tab", "q", "page")})
            response.headers["location"] += f"?{query}#entry-{running}"
            return flash(request, response, words)
    return await _page(request, form, running)


async def rest(request: Request) -> Response:
    """Recommend what waits, in the order of its numbers."""
    actor = actor_for(request, SurveyAct.RECOMMEND_ENTRIES)
    number, form = request.path_params["number"], RecommendForm()
    with form.catch_invalid():
        count = await recommending.recommend_rest(number, by=By(actor, deps(request).clock()))
        words = _("已推荐 %(n)s 项。", n=count)
        return flash(request, redirect_to(request, "surveys:recommend", number=number), words)
    return await _page(request, form, None)


async def summary(request: Request) -> Response:
    """Return what the unit recommends as a workbook (汇总表)."""
    survey, _unit, _quota = await _load(request)
    name = f"{survey.number}-{_('推荐汇总表')}"
    return await download(request, actor_for(request, SurveyAct.RECOMMEND_ENTRIES), survey, name)


async def _page(request: Request, form: RecommendForm, running: int | None) -> Response:
    survey, unit, quota = await _load(request)
    counts = await queries.count_unit_entries(survey, unit)
    query = request.query_params
    tab, text = query.get("tab", ""), query.get("q", "").strip()[:60]
    if running is not None or tab not in queries.UNIT_TABS:
        tab = "all" if running is not None or not counts["waiting"] else "waiting"
    if running is not None:
        text = f"{survey.number}-{running:04d}"
    now = deps(request).clock()
    return render(
        request,
        "surveys/recommending.html",
        422 if form.errors else 200,
        survey=survey,
        unit=unit,
        quota=Quota(unit.organisation.name, quota.least, quota.most, counts["ranked"]),
        page=await queries.page_unit_entries(survey, unit, tab, text, PageRequest.from_query(query)),
        tabs=[(key, words, counts[key]) for key, (words, _chosen) in queries.UNIT_TABS.items()],
        tab=tab,
        text=text,
        query=urlencode({"tab": tab, "q": text, "page": query.get("page", "")}),
        form=form,
        at=running,
        status=shown_status(survey.status, survey.closes_at, now),
        is_open=is_recommending(survey.status, survey.channel, survey.recommend_until, now),
        is_taken=is_open(survey.status, survey.closes_at, now),
        until=closing_words(survey.recommend_until) if survey.recommend_until else "",
        waiting=counts["waiting"],
    )


async def _load(request: Request) -> tuple[Survey, RecommendingUnit, SurveyQuota]:
    actor = actor_for(request, SurveyAct.RECOMMEND_ENTRIES)
    unit = await get_unit_for(actor)
    survey = await queries.get_survey_for(actor, request.path_params["number"])
    quota = await SurveyQuota.get_or_none(survey_id=survey.id, unit_id=unit.id)
    if quota is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return survey, unit, quota


routes = [
    Route("/recommendations", index, name="surveys:recommendations"),
    Route("/recommendations/{number}", show, name="surveys:recommend"),
    Route("/recommendations/{number}/rest", rest, name="surveys:recommend_rest", methods=["POST"]),
    Route("/recommendations/{number}/summary.xlsx", summary, name="surveys:summary"),
    Route("/recommendations/{number}/{running:int}", act, name="surveys:recommend_entry", methods=["POST"]),
]
