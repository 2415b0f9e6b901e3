"""Pages of warnings and month reports: of a park's office, of the department, and of everybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for, optional_actor
from market.documents.web import documents_about
from market.files.attachments import optional_upload
from market.kit.clock import local_date
from market.kit.errors import Conflict, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, typed_text
from market.rankings import reports, warnings
from market.rankings.forms import AnswerForm, ReportForm, first_of_last_month
from market.rankings.own_standing import standing_of
from market.rankings.places import places_for
from market.rankings.queries import period_words, points_words
from market.rankings.states import (
    OPEN_WARNINGS,
    PeriodKind,
    PlaceKind,
    RankingAct,
    WarningAction,
    WarningKind,
    WarningStatus,
)
from market.rankings.warning_rules import lifting_of
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict
from market.records.transitions import history

PUBLIC = (*OPEN_WARNINGS, WarningStatus.LIFTED)


async def own_park(request: Request) -> Response:
    """Show an office where its places stand, why, and what to do; of a park its reports too."""
    actor = actor_for(request, RankingAct.REPORT_PARK)
    now = deps(request).clock()
    today = local_date(now)
    places = await places_for(actor)
    park = next((place for place in places if place.kind is PlaceKind.PARK), None)
    if not places:
        raise NotFound(_("贵单位不管理高新区，也不是市的推荐单位。"))
    unreported = await reports.unreported_since(park.key, today) if park else []
    month = unreported[0] if unreported else first_of_last_month(today)
    form = ReportForm(await form_data_or_none(request), data={"month": month})
    if form.is_submitted and park is None:
        raise NotFound(_("贵单位不管理高新区。"))
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            blob = await optional_upload(request)
            await reports.state_report(
                form.month.data,
                form.research.data or 0,
                str(form.note.data or ""),
                blob,
                by=By(actor, now),
            )
            return flash(request, redirect_to(request, "rankings:own_park"), _("月报已填报，等核对。"))
    return render_form(
        request,
        "rankings/own_park.html",
        form,
        places=[(place, await standing_of(place, now)) for place in places],
        park=park,
        unreported=unreported,
        reports=await reports.list_reports(await reports.get_park_for(actor)) if park else [],
        points=points_words,
        period_words=period_words,
    )


async def report_list(request: Request) -> Response:
    """List the month reports of all parks, those first that wait."""
    actor_for(request, RankingAct.READ_RANKINGS)
    return render(request, "rankings/reports.html", reports=await reports.list_reports())


async def decide_report(request: Request) -> Response:
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    verdict, reason = await posted_decision(request)
    by = By(actor, deps(request).clock())
    await reports.decide_report(path_id(request, "report_id"), verdict, reason=reason, by=by)
    words = _("月报已确认。") if verdict is Verdict.CONFIRMED else _("月报已退回。")
    return flash(request, redirect_to(request, "rankings:reports"), words)


async def show(request: Request) -> Response:
    """Show a warning that was given to everybody; others to the department."""
    actor = optional_actor(request)
    warning = await warnings.get_warning(request.path_params["number"])
    reads_all = actor is not None and actor.may(RankingAct.READ_RANKINGS)
    if warning.status not in PUBLIC and not reads_all:
        raise NotFound(_("没有这项警告。"))
    is_office = actor is not None and actor.acts_for(await warnings.office_of(warning))
    return render(
        request,
        "rankings/warning.html",
        warning=warning,
        ranking=warning.ranking,
        events=await history(warning.record_kind, warning.id),
        period_words=period_words,
        points=points_words,
        period_kind=PeriodKind(warning.ranking.period_kind),
        blocked=await warnings.what_blocks(warning) if warning.status is WarningStatus.PROPOSED else "",
        lifting=await lifting_of(warning),
        documents=await documents_about(request, warning.record_kind, warning.id)
        if is_office or reads_all
        else [],
        is_office=is_office,
        sees_answer=is_office or reads_all,
        may_answer=is_office and warning.workflow.allows(warning.status, WarningAction.ANSWER),
        may_ask_lift=actor is not None
        and actor.may(RankingAct.RUN_RANKINGS)
        and warning.workflow.allows(warning.status, WarningAction.ASK_LIFT),
        decides=actor is not None and actor.may(RankingAct.DECIDE_RANKINGS),
    )


async def propose(request: Request) -> Response:
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    data = await form_data(request)
    kind = next((kind for kind in WarningKind if kind.value == data.get("kind")), None)
    if kind is None:
        raise NotFound(_("没有这种警告。"))
    warning = await warnings.propose_warning(
        request.path_params["number"],
        typed_text(data, "place", 24),
        kind,
        note=typed_text(data, "note"),
        by=By(actor, deps(request).clock()),
    )
    return _back(request, warning.number, _("已提出，等批准人决定。"))


async def decide(request: Request) -> Response:
    actor = actor_for(request, RankingAct.DECIDE_RANKINGS)
    verdict, reason = await posted_decision(request)
    number = request.path_params["number"]
    await warnings.decide_warning(number, verdict, reason=reason, by=By(actor, deps(request).clock()))
    return _back(request, number, _("警告已发出。") if verdict is Verdict.CONFIRMED else _("不予发出。"))


async def answer(request: Request) -> Response:
    """Answer a warning with what is done about it."""
    actor = actor_for(request, RankingAct.REPORT_PARK)
    warning = await warnings.get_warning(request.path_params["number"])
    if not actor.acts_for(await warnings.office_of(warning)):
        raise NotFound(_("没有这项警告。"))
    if not warning.workflow.allows(warning.status, WarningAction.ANSWER):
        raise Conflict(str(warning.workflow.refusal))
    form = AnswerForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            blob = await optional_upload(request)
            await warnings.answer_warning(
                warning.number, str(form.text.data or ""), blob, by=By(actor, deps(request).clock())
            )
            return _back(request, warning.number, _("整改情况已提交。"))
    return render_form(request, "rankings/answer.html", form, warning=warning)


async def ask_lift(request: Request) -> Response:
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    number = request.path_params["number"]
    note = typed_text(await form_data(request), "note")
    await warnings.ask_lift(number, note=note, by=By(actor, deps(request).clock()))
    return _back(request, number, _("已提出解除，等批准人决定。"))


async def decide_lift(request: Request) -> Response:
    actor = actor_for(request, RankingAct.DECIDE_RANKINGS)
    verdict, reason = await posted_decision(request)
    number = request.path_params["number"]
    await warnings.decide_lift(number, verdict, reason=reason, by=By(actor, deps(request).clock()))
    return _back(request, number, _("警告已解除。") if verdict is Verdict.CONFIRMED else _("暂不解除。"))


def _back(request: Request, number: str, words: str) -> Response:
    return flash(request, redirect_to(request, "rankings:warning", number=number), words)


WARNING = "/rankings/warnings/{number}"
routes = [
    Route("/my/park", own_park, name="rankings:own_park", methods=["GET", "POST"], body=UPLOAD),
    Route("/backoffice/month-reports", report_list, name="rankings:reports", methods=["GET"]),
    Route(
        "/backoffice/month-reports/{report_id:uuid}",
        decide_report,
        name="rankings:decide_report",
        methods=["POST"],
    ),
    Route(WARNING, show, name="rankings:warning", methods=["GET"]),
    Route(f"{WARNING}/decide", decide, name="rankings:decide_warning", methods=["POST"]),
    Route(f"{WARNING}/answer", answer, name="rankings:answer", methods=["GET", "POST"], body=UPLOAD),
    Route(f"{WARNING}/lift", ask_lift, name="rankings:ask_lift", methods=["POST"]),
    Route(f"{WARNING}/lift/decide", decide_lift, name="rankings:decide_lift", methods=["POST"]),
    Route(
        "/backoffice/rankings/{number}/warnings",
        propose,
        name="rankings:propose_warning",
        methods=["POST"],
    ),
]
