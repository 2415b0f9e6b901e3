"""Pages of objections to rankings: the office files one, the department answers and decides."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for, optional_actor
from market.files.attachments import optional_upload
from market.kit.errors import Conflict, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.rankings import objections, queries
from market.rankings.forms import ObjectionForm, RulingForm
from market.rankings.indicators import INDICATORS
from market.rankings.models import RankingObjection
from market.rankings.states import ObjectionAction, RankingAct
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict
from market.records.transitions import history


async def new(request: Request) -> Response:
    """Take an objection of a place's office to its own row."""
    actor, now = actor_for(request, RankingAct.OBJECT_RANKING), deps(request).clock()
    ranking = await queries.get_ranking_for(actor, request.path_params["number"])
    row = await queries.get_row(ranking, request.path_params["place"])
    if not await objections.speaks_for(actor, ranking, row.place):
        raise NotFound(_("没有这份排序，或者不是贵单位的地方。"))
    if not objections.may_object_at(ranking, now):
        raise Conflict(_("异议期已过，或者这份排序不再接受异议。"))
    form = ObjectionForm(
        await form_data_or_none(request), data={"indicator": request.query_params.get("indicator", "")}
    )
    parts = await queries.contributions_of(ranking, row)
    form.indicator.choices = [
        ("", _("整个得分或者名次")),
        *((item.part.code, str(item.part.indicator.label)) for item in parts),
    ]
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            objection = await objections.object_to_ranking(
                ranking.number,
                row.place,
                str(form.text.data or ""),
                indicator=str(form.indicator.data or ""),
                blob=await optional_upload(request),
                by=By(actor, now),
            )
            return _back(request, objection, _("异议已提出，主管部门会答复。"))
    return render_form(
        request,
        "rankings/object.html",
        form,
        ranking=ranking,
        row=row,
        points=queries.points_words,
        period=queries.period_words(ranking.period_kind, ranking.begins_on),
    )


async def show(request: Request) -> Response:
    """Show an objection: to everybody that there is one and what was decided, to its sides what it says."""
    actor = optional_actor(request)
    objection = await objections.get_objection(path_id(request, "objection_id"))
    reads_all = actor is not None and actor.may(RankingAct.READ_RANKINGS)
    is_office = actor is not None and actor.acts_for(objection.organisation_id)
    rulings = await objections.list_rulings(objection)
    allows = objection.workflow.allows
    return render(
        request,
        "rankings/objection.html",
        objection=objection,
        ranking=objection.ranking,
        indicator=INDICATORS.get(objection.indicator),
        sees_text=reads_all or is_office,
        rulings=rulings if reads_all else [ruling for ruling in rulings if ruling.is_confirmed],
        waiting=next((ruling for ruling in rulings if ruling.verdict is None), None),
        events=await history(objection.record_kind, objection.id),
        corrections=[
            version
            for version in await queries.list_versions(objection.ranking)
            if version.version > objection.ranking.version
        ],
        words=queries.period_words(objection.ranking.period_kind, objection.ranking.begins_on),
        may_withdraw=is_office and allows(objection.status, ObjectionAction.WITHDRAW),
        may_answer=actor is not None
        and actor.may(RankingAct.RUN_RANKINGS)
        and allows(objection.status, ObjectionAction.ANSWER),
        may_decide=actor is not None and actor.may(RankingAct.DECIDE_RANKINGS),
    )


async def withdraw(request: Request) -> Response:
    actor = actor_for(request, RankingAct.OBJECT_RANKING)
    by = By(actor, deps(request).clock())
    objection = await objections.withdraw_objection(path_id(request, "objection_id"), by=by)
    return _back(request, objection, _("异议已撤回。"))


async def answer(request: Request) -> Response:
    """Answer an objection with its reason."""
    actor = actor_for(request, RankingAct.RUN_RANKINGS)
    objection = await objections.get_objection(path_id(request, "objection_id"))
    if not objection.workflow.allows(objection.status, ObjectionAction.ANSWER):
        raise Conflict(str(objection.workflow.refusal))
    form = RulingForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await objections.answer_objection(
                objection.id,
                str(form.text.data or ""),
                is_upheld=form.outcome.data == "upheld",
                by=By(actor, deps(request).clock()),
            )
            return _back(request, objection, _("已答复，等批准人决定。"))
    return render_form(request, "rankings/ruling.html", form, objection=objection, ranking=objection.ranking)


async def decide(request: Request) -> Response:
    actor = actor_for(request, RankingAct.DECIDE_RANKINGS)
    verdict, reason = await posted_decision(request)
    by = By(actor, deps(request).clock())
    objection = await objections.decide_objection(
        path_id(request, "objection_id"), verdict, reason=reason, by=by
    )
    words = _("已决定并告知。") if verdict is Verdict.CONFIRMED else _("已退回答复。")
    return _back(request, objection, words)


def _back(request: Request, objection: RankingObjection, words: str) -> Response:
    return flash(request, redirect_to(request, "rankings:objection", objection_id=objection.id), words)


OBJECTION = "/rankings/objections/{objection_id:uuid}"
routes = [
    Route(OBJECTION, show, name="rankings:objection", methods=["GET"]),
    Route(f"{OBJECTION}/withdraw", withdraw, name="rankings:withdraw_objection", methods=["POST"]),
    Route(f"{OBJECTION}/answer", answer, name="rankings:answer_objection", methods=["GET", "POST"]),
    Route(f"{OBJECTION}/decide", decide, name="rankings:decide_objection", methods=["POST"]),
    Route(
        "/rankings/{number}/{place}/object",
        new,
        name="rankings:object",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
]
