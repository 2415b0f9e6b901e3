"""Pages of the office about challenges: what was submitted, the round that argues about it, the decision."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.challenges import queries, screening
from market.challenges.deadlines import deadline_words, shown_status
from market.challenges.drafting import ARGUMENTS
from market.challenges.extending import may_be_extended
from market.challenges.forms import ArgumentRoundForm, DecisionForm
from market.challenges.models import Challenge
from market.challenges.rules import POINTS_TO_LIST
from market.challenges.screening_panel import (
    KIND,
    argument_rules,
    argument_verdict,
    list_to_argue,
    prepare_argument,
)
from market.challenges.states import ChallengeAct, ChallengeStatus, EndReason, Kind, Ruling
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to, uuid_or_none
from market.notices.holiday_years import load_calendar
from market.panels.round_forms import typed_rules
from market.panels.rounds import round_over
from market.panels.states import PanelAct
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict


async def index(request: Request) -> Response:
    """List what was submitted: what waits for the office first."""
    actor = actor_for(request, ChallengeAct.READ_CHALLENGES)
    now = deps(request).clock()
    return render(
        request,
        "challenges/desk_index.html",
        page=await queries.list_at_desk(PageRequest.from_query(request.query_params)),
        to_argue=len(await list_to_argue()) if actor.may(PanelAct.RUN_ROUNDS) else 0,
        shown=lambda row: shown_status(row.status, now, row.opens_at, row.deadline_at),
        deadline_words=deadline_words,
    )


async def desk(request: Request) -> Response:
    """Show one of them with what is argued for it, and take what the office decides about it."""
    actor, challenge = await _load(request, ChallengeAct.READ_CHALLENGES)
    form = DecisionForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            words = await _carry_out(request, challenge, form)
            return flash(request, _back(request, challenge), words)
    return await _page(request, actor, challenge, form)


async def _page(request: Request, actor: Actor, challenge: Challenge, form: DecisionForm) -> Response:
    is_waiting = challenge.status is ChallengeStatus.COLLECTING
    now = deps(request).clock()
    open_ruling = await queries.open_ruling(challenge.id)
    extension = await queries.open_extension(challenge, now)
    rulings = await queries.list_rulings(challenge.id)
    round_ = await round_over(KIND, challenge.id)
    verdict = await argument_verdict(challenge.id) if round_ else None
    is_supported = (
        verdict is not None
        and verdict.is_concluded
        and verdict.points is not None
        and verdict.points >= POINTS_TO_LIST
    )
    return render_form(
        request,
        "challenges/desk.html",
        form,
        challenge=challenge,
        terms=queries.terms_of(challenge),
        arguments=[getattr(challenge, name) for name in ARGUMENTS],
        round=round_,
        verdict=verdict,
        least=POINTS_TO_LIST,
        rulings=rulings,
        lapsed=[row.id for row in rulings if queries.has_lapsed(challenge, row, now)],
        open_ruling=open_ruling,
        may_screen=is_waiting and open_ruling is None and actor.may(ChallengeAct.SCREEN_CHALLENGE),
        may_list=challenge.kind is Kind.ENTERPRISE or is_supported,
        may_decide=open_ruling is not None
        and open_ruling.ruling in (Ruling.LIST, Ruling.REJECT)
        and actor.may(ChallengeAct.DECIDE_CHALLENGE)
        and open_ruling.proposed_by_id != actor.user_id,
        extension=extension,
        may_extend=actor.may(ChallengeAct.SCREEN_CHALLENGE) and await may_be_extended(challenge, now),
        may_decide_extension=extension is not None
        and actor.may(ChallengeAct.DECIDE_CHALLENGE)
        and extension.proposed_by_id != actor.user_id,
        deadline_words=deadline_words,
    )


async def _carry_out(request: Request, challenge: Challenge, form: DecisionForm) -> str:
    """Carry out what the operator chose, and return what to say."""
    actor = actor_for(request, ChallengeAct.SCREEN_CHALLENGE)
    by = By(actor, deps(request).clock())
    text, reason = str(form.text.data or ""), _reason_of(form)
    is_of_firm = challenge.kind is Kind.ENTERPRISE
    if form.ruling.data == "return":
        await screening.send_back(challenge.number, text, by=by)
        return _("已退回发榜方修改。")
    ruling = Ruling.REJECT if form.ruling.data == "reject" else Ruling.LIST
    if not is_of_firm:
        await screening.propose(challenge.number, ruling, text, end_reason=reason, by=by)
        return _("已提出，等批准人决定。")
    if ruling is Ruling.LIST:
        calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
        await screening.list_of_firm(challenge.number, calendar=calendar, by=by)
        return _("已张榜。")
    await screening.reject_of_firm(challenge.number, reason, text, by=by)
    return _("已告知不予张榜。")


def _reason_of(form: DecisionForm) -> EndReason | None:
    return EndReason(form.end_reason.data) if form.end_reason.data else None


async def decide(request: Request) -> Response:
    """Decide on what another person proposed."""
    actor, challenge = await _load(request, ChallengeAct.DECIDE_CHALLENGE)
    verdict, reason = await posted_decision(request)
    calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
    await screening.decide_ruling(
        path_id(request, "ruling_id"),
        verdict,
        reason=reason,
        calendar=calendar,
        by=By(actor, deps(request).clock()),
    )
    return flash(
        request,
        _back(request, challenge),
        _("已决定。") if verdict is Verdict.CONFIRMED else _("已退回提出的人。"),
    )


async def new_round(request: Request) -> Response:
    """Choose the government lists that experts argue about, and the rules of the round."""
    actor, now = actor_for(request, PanelAct.RUN_ROUNDS), deps(request).clock()
    challenges = await list_to_argue()
    rules = argument_rules()
    title = _("榜单论证 %(day)s", day=local_date(now).isoformat())
    form = ArgumentRoundForm(await form_data_or_none(request), data={**typed_rules(rules), "title": title})
    form.items.choices = [(str(row.id), row.number) for row in challenges]
    if form.validate_on_submit():
        with form.catch_invalid():
            round_ = await prepare_argument(
                [identity for text in form.items.data or [] if (identity := uuid_or_none(text))],
                title=str(form.title.data),
                rules=form.rules(rules),
                salt=str(form.salt.data),
                by=By(actor, now),
            )
            answer = redirect_to(request, "panels:round", number=round_.number)
            return flash(request, answer, _("评审轮次已编制，可以抽取专家。"))
    return render_form(request, "challenges/new_round.html", form, challenges=challenges)


async def _load(request: Request, act: ChallengeAct) -> tuple[Actor, Challenge]:
    actor = actor_for(request, act)
    challenge = await queries.get_challenge_for(actor, request.path_params["number"])
    if challenge.status is ChallengeStatus.DRAFT:
        raise NotFound(_("没有这张榜，或者您不能查看它。"))
    return actor, challenge


def _back(request: Request, challenge: Challenge) -> Response:
    return redirect_to(request, "challenges:desk", number=challenge.number)


BOTH = ["GET", "POST"]
routes = [
    Route("/admin/challenges", index, name="challenges:desk_index"),
    Route("/admin/challenges/rounds/new", new_round, name="challenges:new_round", methods=BOTH),
    Route("/admin/challenges/{number}", desk, name="challenges:desk", methods=BOTH),
    Route(
        "/admin/challenges/{number}/rulings/{ruling_id:uuid}",
        decide,
        name="challenges:decide",
        methods=["POST"],
    ),
]
