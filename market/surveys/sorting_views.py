"""Sorting (需求甄别): the queue, one entry at a time with its near-duplicates, and the publication."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.kit.errors import Conflict
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data_or_none, redirect_to
from market.listings.kinds import NEED
from market.listings.near_duplicates import find_near_duplicates
from market.listings.sections import sections
from market.records.by import By
from market.surveys import mandates, publication, queries, sorting
from market.surveys.alike import alike_entries
from market.surveys.forms import VerdictForm
from market.surveys.models import Survey, SurveyEntry
from market.surveys.paths import running_of
from market.surveys.questions import shown_answers
from market.surveys.rules import secret_words, shown_status
from market.surveys.states import SurveyAct, SurveyStatus, Verdict
from market.surveys.texts import all_texts, as_need
from market.surveys.workbook import download


async def queue(request: Request) -> Response:
    """List what was handed in: what has no verdict yet, or by verdict."""
    survey = await _survey(request)
    show = request.query_params.get("show", "")
    show = show if show in ("sorted", *(verdict.value for verdict in Verdict)) else ""
    page = await queries.list_entries(survey, show, PageRequest.from_query(request.query_params))
    result = await queries.tally_of(survey)
    return render(
        request,
        "surveys/sorting.html",
        survey=survey,
        status=shown_status(survey.status, survey.closes_at, deps(request).clock()),
        page=page,
        show=show,
        tally=result,
        first=await queries.next_unsorted(survey, 0),
        is_sorting=survey.status is SurveyStatus.SORTING,
    )


async def entry(request: Request) -> Response:
    """Show one entry beside what says nearly the same; take the verdict and lead to the next."""
    survey = await _survey(request)
    running = running_of(request)
    record = await queries.get_handed_in(survey, running)
    form = VerdictForm(await form_data_or_none(request), data=_verdict_data(record))
    if request.method == "POST":
        actor = actor_for(request, SurveyAct.MANAGE_SURVEYS)
        if form.validate():
            with form.catch_invalid():
                await sorting.sort_entry(
                    survey.number,
                    running,
                    Verdict(str(form.verdict.data)),
                    reason=form.reason.data or "",
                    into=form.into.data or "",
                    by=By(actor, deps(request).clock()),
                )
                return await _to_next(request, survey, running)
    return await _entry_page(request, survey, record, form)


async def _to_next(request: Request, survey: Survey, running: int) -> Response:
    following = await queries.next_unsorted(survey, running)
    if following is None:
        words = _("都有结论了，可以公布结果。")
        return flash(request, redirect_to(request, "surveys:sorting", number=survey.number), words)
    response = redirect_to(request, "surveys:sort_entry", number=survey.number, running=following)
    return flash(request, response, _("第 %(n)s 条已甄别，这是下一条。", n=running))


def _verdict_data(record: SurveyEntry) -> dict[str, str]:
    into = record.merged_into or record.merged_entry
    return {
        "verdict": record.verdict.value if record.verdict else "",
        "reason": record.verdict_reason,
        "into": into.number if into else "",
    }


async def _entry_page(request: Request, survey: Survey, record: SurveyEntry, form: VerdictForm) -> Response:
    need = as_need(record)
    result = await queries.tally_of(survey)
    return render(
        request,
        "surveys/sort_entry.html",
        422 if form.errors else 200,
        survey=survey,
        entry=record,
        listing=need,
        sections=sections(need),
        form=form,
        letters=await mandates.list_letters(record),
        answers=shown_answers(await queries.questions_of(survey.id, record.form_version), record.answers),
        warnings=secret_words(all_texts(record)),
        alike=await alike_entries(record),
        needs=await find_near_duplicates(NEED, need, search=deps(request).search),
        tally=result,
        following=await queries.next_unsorted(survey, record.running),
        is_sorting=survey.status is SurveyStatus.SORTING,
    )


async def publish(request: Request) -> Response:
    """Show what the publication will do, and do it."""
    actor = actor_for(request, SurveyAct.MANAGE_SURVEYS)
    survey = await _survey(request)
    if request.method == "POST":
        result = await publication.publish(survey.number, by=By(actor, deps(request).clock()))
        words = _(
            "已公布：%(published)s 条转为需求，%(merged)s 条合并，%(told)s 条告知原因。",
            published=result.published,
            merged=result.merged,
            told=result.told,
        )
        return flash(request, redirect_to(request, "surveys:desk", number=survey.number), words)
    if survey.status is not SurveyStatus.SORTING:
        raise Conflict(_("现在不能公布结果。"))
    return render(request, "surveys/publish.html", survey=survey, tally=await queries.tally_of(survey))


async def workbook(request: Request) -> Response:
    """Return all that was handed in as a workbook."""
    survey, actor = await _survey(request), actor_for(request, SurveyAct.READ_SURVEYS)
    return await download(request, actor, survey, f"{survey.number}-{_('填报汇总')}")


async def _survey(request: Request) -> Survey:
    actor = actor_for(request, SurveyAct.READ_SURVEYS)
    return await queries.get_survey_for(actor, request.path_params["number"])


BASE = "/backoffice/surveys/{number}"
routes = [
    Route(f"{BASE}/sorting", queue, name="surveys:sorting"),
    Route(f"{BASE}/sorting/{{running:int}}", entry, name="surveys:sort_entry", methods=["GET", "POST"]),
    Route(f"{BASE}/publish", publish, name="surveys:publish", methods=["GET", "POST"]),
    Route(f"{BASE}/entries.xlsx", workbook, name="surveys:workbook"),
]
