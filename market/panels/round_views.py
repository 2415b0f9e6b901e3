"""Pages of review rounds for who runs, concludes and audits them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.models import User
from market.accounts.web import actor_for, signed_in_actor
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import (
    deps,
    form_data,
    form_data_or_none,
    redirect_to,
    typed_text,
    uuid_or_none,
    wants_partial,
)
from market.panels import panel_seats, score_acts
from market.panels.draw_replay import replay_draws
from market.panels.result_objections import decide_objection, objections_to
from market.panels.round_draws import ask_draw, decide_redraw, propose_redraw
from market.panels.round_forms import ReasonForm, RulesForm, typed_rules
from market.panels.round_models import (
    Redraw,
    ResultObjection,
    Round,
    RoundDraw,
    RoundItem,
    Seat,
    SeatOpinion,
    Solicitation,
)
from market.panels.round_preparation import change_rules, discard_round
from market.panels.round_results import ItemResult, blocks_conclusion, conclude_round, extend, results_of
from market.panels.round_rules import read_rules
from market.panels.round_states import RUNNING, Extension, RoundStatus
from market.panels.rounds import (
    concluder_of,
    get_round_for,
    publish_round,
    require_concluder,
    subjects_of,
    viewer_of,
)
from market.panels.scoring import hundredths
from market.panels.states import PanelAct
from market.panels.statistics import Unconnected, additive_biases
from market.panels.visibility import Part, sees
from market.records.by import By
from market.records.decisions import Verdict


async def index(request: Request) -> Response:
    actor = signed_in_actor(request)
    page_request = PageRequest.from_query(request.query_params)
    rows = Round.all()
    if not (actor.may(PanelAct.RUN_ROUNDS) or actor.may(PanelAct.AUDIT_ROUNDS)):
        actor.require(PanelAct.CONCLUDE_ROUND)
    status = request.query_params.get("status", "")
    if status in set(RoundStatus):
        rows = rows.filter(status=status)
    total = await rows.count()
    rounds = await rows.order_by("-number").offset(page_request.offset).limit(page_request.size)
    return render(
        request,
        "panels/rounds.html",
        page=page_request.page([one for one in rounds if _is_shown(actor, one)], total),
        status=status,
        statuses=list(RoundStatus),
        may_run=actor.may(PanelAct.RUN_ROUNDS),
    )


def _is_shown(actor: Actor, round_: Round) -> bool:
    return (
        actor.may(PanelAct.RUN_ROUNDS)
        or actor.may(PanelAct.AUDIT_ROUNDS)
        or actor.may(PanelAct.APPROVE_REDRAW)
        or concluder_of(round_) in actor.roles
    )


async def show(request: Request) -> Response:
    actor = signed_in_actor(request)
    round_ = await get_round_for(actor, request.path_params["number"])
    if wants_partial(request):
        count = await RoundItem.filter(round_id=round_.id).count()
        return render(request, "panels/_drawing.html", round=round_, item_count=count)
    return await _page(request, actor, round_)


async def _page(request: Request, actor: Actor, round_: Round, error: str = "", field: str = "") -> Response:
    viewer = viewer_of(actor, round_)
    open_parts = {part.value for part in Part if sees(viewer, part, round_.status)}
    results = await results_of(round_)
    # Once all have scored, what blocks the conclusion tells of the scores.
    tells_scores = round_.status is RoundStatus.CHECKING and not sees(viewer, Part.RESULT, round_.status)
    page_request = PageRequest.from_query(request.query_params)
    shown = results[page_request.offset :][: page_request.size]
    seat_ids = [scored.seat.id for result in shown for scored in result.scored]
    opinions: Mapping[tuple[UUID, int], SeatOpinion] = {}
    if Part.OPINIONS.value in open_parts:
        opinions = {(row.seat_id, row.version): row for row in await SeatOpinion.filter(seat_id__in=seat_ids)}
    names: dict[UUID, str] = {}
    if Part.NAMES.value in open_parts:
        ids = {seat.user_id for result in shown for seat in result.seats}
        names = {user.id: user.name for user in await User.filter(id__in=list(ids))}
    return render(
        request,
        "panels/round.html",
        422 if error else 200,
        round=round_,
        subjects=await subjects_of(round_),
        page=page_request.page(shown, len(results)),
        item_count=len(results),
        open_parts=open_parts,
        opinions=opinions,
        names=names,
        blocked="" if tells_scores else blocks_conclusion(round_, results),
        biases=_biases(results) if Part.SCORES.value in open_parts else None,
        draws=await RoundDraw.filter(round_id=round_.id).order_by("number"),
        objections=await objections_to(round_) if round_.published_at else [],
        redraws=await Redraw.filter(round_id=round_.id).order_by("proposed_at"),
        may_run=actor.may(PanelAct.RUN_ROUNDS),
        may_conclude=concluder_of(round_) in actor.roles and actor.may(PanelAct.CONCLUDE_ROUND),
        may_approve=actor.may(PanelAct.APPROVE_REDRAW),
        may_rule=actor.may(PanelAct.DECIDE_RESULT_OBJECTION),
        is_running=round_.status in RUNNING,
        error=error,
        field=field,
        hundredths=hundredths,
    )


def _biases(results: list[ItemResult]) -> Mapping[str, str] | None:
    """Return each expert's bias by label of their first seat, where the design is connected."""
    labels: dict[str, str] = {}
    scores = {}
    for result in results:
        for scored in result.scored:
            if scored.points is not None:
                expert = str(scored.seat.expert_id)
                labels.setdefault(expert, f"{result.item.place}·{scored.seat.label}")
                scores[str(result.item.id), expert] = scored.points
    if len(results) < 2:
        return None
    try:
        model = additive_biases(scores)
    except Unconnected:
        return {}
    return {labels[expert]: f"{float(bias):+.2f}" for expert, bias in model.biases.items()}


async def act(request: Request) -> Response:
    """Do what a button of a round's page says."""
    actor = signed_in_actor(request)
    round_ = await get_round_for(actor, request.path_params["number"])
    data = await form_data(request)
    try:
        words = await _act(str(data.get("act") or ""), round_.number, data, By(actor, deps(request).clock()))
    except Invalid as invalid:
        return await _page(request, actor, round_, str(invalid), invalid.field or "")
    return flash(request, redirect_to(request, "panels:round", number=round_.number), words)


async def _act(act: str, number: str, data: FormData, by: By) -> str:
    reason = typed_text(data, "reason", 500)
    match act:
        case "draw":
            await ask_draw(number, by=by)
            return _("正在随机抽取专家，抽出后即发通知。")
        case "discard":
            await discard_round(number, reason=reason, by=by)
            return _("这一轮评审已作废，其中的事项可以另行列入评审。")
        case "redraw":
            await propose_redraw(number, reason=reason, salt=typed_text(data, "salt", 120), by=by)
            return _("再次抽取的申请已提交批准人。")
        case "confirm_redraw" | "reject_redraw":
            verdict = Verdict.CONFIRMED if act == "confirm_redraw" else Verdict.REJECTED
            redraw = await _redraw(number, data)
            await decide_redraw(redraw.id, verdict, reason=reason, by=by)
            return _("已再次抽取。") if verdict is Verdict.CONFIRMED else _("已退回再次抽取的申请。")
        case "replace":
            await panel_seats.replace_expert(await _seat(number, data), reason=reason, by=by)
            return _("专家已替换，候补专家已递补。")
        case "return":
            await score_acts.return_sheet(await _seat(number, data), reason=reason, by=by)
            return _("评分已退回，原来的评分保留。")
        case "more_experts" | "second_round":
            await extend(number, Extension(act), by=by)
            return _("已开始复议，只此一次。")
        case "uphold" | "dismiss":
            objection = await _objection(number, data)
            verdict = Verdict.CONFIRMED if act == "uphold" else Verdict.REJECTED
            await decide_objection(objection.id, verdict, reason=reason, by=by)
            return _("裁定已作出，已告知申报人。")
        case "publish":
            await publish_round(number, by=by)
            return _("结果已告知申报人。")
        case _:
            raise Conflict(_("没有这个操作。"))


async def _seat(number: str, data: FormData) -> UUID:
    seat = await Seat.get_or_none(id=uuid_or_none(data.get("seat")), item__round__number=number)
    if seat is None:
        raise NotFound(_("没有这项评审任务。"))
    return seat.id


async def _objection(number: str, data: FormData) -> ResultObjection:
    objection = await ResultObjection.get_or_none(
        id=uuid_or_none(data.get("objection")), item__round__number=number
    )
    if objection is None:
        raise NotFound(_("没有这份异议。"))
    return objection


async def _redraw(number: str, data: FormData) -> Redraw:
    redraw = await Redraw.get_or_none(id=uuid_or_none(data.get("redraw")), round__number=number)
    if redraw is None:
        raise NotFound(_("没有这份申请。"))
    return redraw


async def rules(request: Request) -> Response:
    """Change the rules of a round before its draw."""
    actor = actor_for(request, PanelAct.RUN_ROUNDS)
    round_ = await get_round_for(actor, request.path_params["number"])
    present = read_rules(round_.rules)
    form = RulesForm(await form_data_or_none(request), data=dict(typed_rules(present)))
    if form.validate_on_submit():
        with form.catch_invalid():
            await change_rules(round_.number, form.rules(present), by=By(actor, deps(request).clock()))
            answer = redirect_to(request, "panels:round", number=round_.number)
            return flash(request, answer, _("规则已修改，存为新的一版。"))
    return render_form(request, "panels/rules.html", form, round=round_)


async def conclude(request: Request) -> Response:
    """Conclude a round with the reason, before its statistics and flags."""
    actor = actor_for(request, PanelAct.CONCLUDE_ROUND)
    round_ = await get_round_for(actor, request.path_params["number"])
    by = By(actor, deps(request).clock())
    require_concluder(round_, by)
    form = ReasonForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await conclude_round(round_.number, reason=str(form.reason.data), by=by)
            answer = redirect_to(request, "panels:round", number=round_.number)
            return flash(request, answer, _("评审结论已作出。"))
    results = await results_of(round_)
    return render_form(
        request,
        "panels/conclude.html",
        form,
        round=round_,
        results=results,
        subjects=await subjects_of(round_),
        blocked=blocks_conclusion(round_, results),
        is_open=sees(viewer_of(actor, round_), Part.SCORES, round_.status),
        hundredths=hundredths,
    )


async def draws(request: Request) -> Response:
    """Replay every draw, and show what was reported, to the auditor."""
    actor_for(request, PanelAct.AUDIT_ROUNDS)
    page_request = PageRequest.from_query(request.query_params)
    rows = Round.filter(draws__id__not_isnull=True).distinct()
    total = await rows.count()
    rounds = await rows.order_by("-number").offset(page_request.offset).limit(page_request.size)
    return render(
        request,
        "panels/draws.html",
        page=page_request.page([(one, await replay_draws(one)) for one in rounds], total),
        reports=await Solicitation.all().order_by("-reported_at").select_related("seat__item__round"),
    )


routes = [
    Route("/admin/rounds", index, name="panels:rounds", methods=["GET"]),
    Route("/admin/rounds/{number}", show, name="panels:round", methods=["GET"]),
    Route("/admin/rounds/{number}", act, name="panels:act_on_round", methods=["POST"]),
    Route("/admin/rounds/{number}/rules", rules, name="panels:rules", methods=["GET", "POST"]),
    Route("/admin/rounds/{number}/conclude", conclude, name="panels:conclude_round", methods=["GET", "POST"]),
    Route("/audit/draws", draws, name="panels:draws", methods=["GET"]),
]
