"""Pages of the choice: the formal check, who is chosen, the result, an end."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for, signed_in_actor
from market.challenges import admission, choosing, ending, queries, result_notices, selection_panel
from market.challenges.award_deals import lapse
from market.challenges.choosing import BadChoice
from market.challenges.models import Challenge
from market.challenges.price_tests import alone_of
from market.challenges.selection_forms import ChoosingRoundForm, EndingForm, ReasonForm, SelectionForm
from market.challenges.selection_queries import (
    admissions_of,
    decider_words,
    decides,
    judges,
    list_awards,
    list_selections,
    open_selection,
    opened_of,
    rows_of,
)
from market.challenges.selection_results import notice_parts
from market.challenges.selection_rules import FIRST, SECOND, cost_of, ranks_of
from market.challenges.selection_states import VACANT, AwardStatus
from market.challenges.solution_queries import list_opened
from market.challenges.states import ChallengeAct, ChallengeStatus, Kind, Ruling
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, typed_text
from market.notices.holiday_years import load_calendar
from market.notices.states import NoticeStatus
from market.panels.round_forms import typed_rules
from market.panels.states import PanelAct
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict

S = ChallengeStatus


async def show(request: Request) -> Response:
    """Show where the choice stands, for the owner and the office."""
    actor, challenge = await _load(request)
    return await _page(request, actor, challenge)


async def _page(request: Request, actor: Actor, challenge: Challenge, **forms: Any) -> Response:
    selections, awards = await list_selections(challenge.id), await list_awards(challenge.id)
    waiting, now = await open_selection(challenge.id), deps(request).clock()
    ruling = await queries.open_ruling(challenge.id)
    is_judge, ending_form = judges(actor, challenge), forms.get("ending_form") or EndingForm()
    told = await notice_parts(challenge)
    opened = await opened_of(challenge.id) if await list_opened(actor, challenge) else []
    is_public = challenge.kind is Kind.GOVERNMENT
    round_ = await selection_panel.open_round_of(challenge) if is_public else None
    reason_form = forms.get("reason_form") or ReasonForm()
    errors = ending_form.errors or reason_form.errors or ending_form.form_errors
    return render(
        request,
        "challenges/selection.html",
        422 if errors else 200,
        challenge=challenge,
        terms=queries.terms_of(challenge),
        opened=opened,
        admissions=await admissions_of(challenge.id),
        checking=is_judge and challenge.status is S.CHECKING,
        reason_form=reason_form,
        reason_place=forms.get("place"),
        selections=selections,
        rows=await rows_of(selections),
        waiting=waiting,
        may_decide=waiting is not None
        and waiting.proposed_by_id != actor.user_id
        and await decides(actor, challenge),
        awards=awards,
        alone=await alone_of(challenge),
        is_judge=is_judge,
        decides_prices=await decides(actor, challenge),
        round=round_,
        may_prepare=is_public
        and challenge.status is S.REVIEWING
        and round_ is None
        and actor.may(PanelAct.RUN_ROUNDS),
        may_choose=is_judge
        and waiting is None
        and (challenge.status is S.REVIEWING or await choosing.is_cut_due(challenge))
        and (not is_public or challenge.status is not S.REVIEWING or _is_over(round_)),
        may_publish=is_judge and is_public and challenge.status is S.AGREED and _are_agreed(awards),
        **told,
        may_choose_again=is_judge
        and challenge.status is S.PUBLICITY
        and told["notice"] is not None
        and told["notice"].status is NoticeStatus.UPHELD,
        decider=await decider_words(challenge) if waiting else "",
        vacant=[row.id for row in awards if row.status in VACANT]
        if is_judge and waiting is None and challenge.status in choosing.PROMOTING
        else [],
        late=[
            row.id
            for row in awards
            if is_judge and row.status is AwardStatus.AGREED and row.sign_by and row.sign_by <= now
        ],
        endings=ending.endings_of(actor, challenge) if ruling is None and waiting is None else [],
        ending_form=ending_form,
        ruling=ruling if ruling and ruling.ruling in ending.ENDINGS else None,
        may_end=ruling is not None
        and ruling.ruling in ending.ENDINGS
        and ruling.proposed_by_id != actor.user_id
        and ending.decides_ending(actor, challenge),
    )


def _is_over(round_: Any) -> bool:
    return round_ is not None and round_.concluded_at is not None


def _are_agreed(awards: Any) -> bool:
    statuses = [award.status for award in awards]
    return AwardStatus.AGREED in statuses and AwardStatus.PROPOSED not in statuses


async def check(request: Request) -> Response:
    """Admit a solution, or refuse it with its reason."""
    actor, challenge = await _load(request)
    form, place = ReasonForm(await form_data(request)), int(request.path_params["place"])
    is_admitted = str((await form_data(request)).get("verdict")) == "admit"
    if form.validate_on_submit():
        with form.catch_invalid():
            await admission.check_solution(
                challenge.number,
                place,
                is_admitted=is_admitted,
                reason=str(form.reason.data or ""),
                by=By(actor, deps(request).clock()),
            )
            words = _("方案 %(n)s 通过形式审查。", n=place)
            refused = _("方案 %(n)s 未通过形式审查，已告知揭榜人。", n=place)
            return flash(request, _back(request, challenge), words if is_admitted else refused)
    return await _page(request, actor, challenge, reason_form=form, place=place)


async def choose(request: Request) -> Response:
    """Propose who is chosen, with an amount or a reason for each."""
    actor, challenge = await _load(request)
    if not judges(actor, challenge):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    stage = SECOND if challenge.status is S.EXECUTING else FIRST
    candidates = await choosing.candidates_for(challenge, stage)
    ranks = ranks_of([candidate for candidate, _solution in candidates])
    amounts = await choosing.first_amounts(challenge.id) if stage == SECOND else {}
    data = {
        "rows": [
            {
                "place": row.place,
                "rank": ranks[row.place],
                "amount": amounts.get(row.place, row.price),
            }
            for row, _solution in candidates
        ]
    }
    form = SelectionForm(await form_data_or_none(request), data=data)
    if form.validate_on_submit():
        try:
            await choosing.propose_selection(
                challenge.number,
                form.choices(),
                str(form.text.data or ""),
                by=By(actor, deps(request).clock()),
            )
        except BadChoice as refusal:
            form.show_faults(refusal.faults)
        else:
            words = _("入选名单已提出，等另一人决定。")
            return flash(request, _back(request, challenge), words)
    contents = {row.solution_id: content for row, content in await opened_of(challenge.id)}
    return render_form(
        request,
        "challenges/choose.html",
        form,
        challenge=challenge,
        terms=queries.terms_of(challenge),
        stage=stage,
        alone={row.candidate.place: row for row in await alone_of(challenge)},
        by_place={row.place: (row, solution, contents[solution.id]) for row, solution in candidates},
        cost_of=cost_of,
    )


async def decide(request: Request) -> Response:
    """Decide on who another person proposed."""
    actor, challenge = await _load(request)
    verdict, reason = await posted_decision(request)
    await choosing.decide_selection(
        path_id(request, "selection_id"),
        verdict,
        reason=reason,
        by=By(actor, deps(request).clock()),
    )
    words = _("已确定入选，请双方商定阶段和金额。") if verdict is Verdict.CONFIRMED else _("已退回提出的人。")
    return flash(request, _back(request, challenge), words)


async def promote(request: Request) -> Response:
    """Propose that the next in rank steps in."""
    actor, challenge = await _load(request)
    by = By(actor, deps(request).clock())
    await choosing.propose_promotion(challenge.number, path_id(request, "award_id"), by=by)
    return flash(request, _back(request, challenge), _("递补已提出，等另一人决定。"))


async def record_lapse(request: Request) -> Response:
    """Record that a solver did not sign in time."""
    actor, challenge = await _load(request)
    await lapse(challenge.number, path_id(request, "award_id"), by=By(actor, deps(request).clock()))
    return flash(request, _back(request, challenge), _("已记下没有按期签约，可以递补下一名。"))


async def publish(request: Request) -> Response:
    """Publish the result of a government list."""
    actor, challenge = await _load(request)
    calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
    notice = await result_notices.publish_result(
        challenge.number, calendar=calendar, by=By(actor, deps(request).clock())
    )
    words = _("已公示，公示 %(number)s 期满无异议后签约。", number=notice.number)
    return flash(request, _back(request, challenge), words)


async def choose_again(request: Request) -> Response:
    """Set a result aside after an objection was upheld."""
    actor, challenge = await _load(request)
    reason = typed_text(await form_data(request), "reason")
    await result_notices.choose_again(challenge.number, reason, by=By(actor, deps(request).clock()))
    return flash(request, _back(request, challenge), _("结果已撤销，请重新评选。"))


async def propose_ending(request: Request) -> Response:
    """Propose that a challenge ends, or that nobody takes it."""
    actor, challenge = await _load(request, ChallengeAct.SELECT_SOLUTION)
    form = EndingForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await ending.propose_ending(
                challenge.number,
                Ruling(form.ruling.data),
                str(form.text.data or ""),
                by=By(actor, deps(request).clock()),
            )
            return flash(request, _back(request, challenge), _("已提出，等另一人决定；决定后理由公开。"))
    return await _page(request, actor, challenge, ending_form=form)


async def decide_ending(request: Request) -> Response:
    """Decide on an end that another person proposed."""
    actor, challenge = await _load(request, ChallengeAct.SELECT_SOLUTION)
    verdict, reason = await posted_decision(request)
    await ending.decide_ending(
        path_id(request, "ruling_id"),
        verdict,
        reason=reason,
        by=By(actor, deps(request).clock()),
    )
    return flash(
        request,
        _back(request, challenge),
        _("已决定。") if verdict is Verdict.CONFIRMED else _("已退回提出的人。"),
    )


async def new_round(request: Request) -> Response:
    """Prepare the round of experts over the admitted solutions of a government list."""
    actor, now = actor_for(request, PanelAct.RUN_ROUNDS), deps(request).clock()
    challenge = await queries.get_challenge_for(actor, request.path_params["number"])
    rules = selection_panel.choosing_rules(queries.terms_of(challenge))
    title = _("%(number)s 方案评审 %(day)s", number=challenge.number, day=local_date(now).isoformat())
    form = ChoosingRoundForm(await form_data_or_none(request), data={**typed_rules(rules), "title": title})
    if form.validate_on_submit():
        with form.catch_invalid():
            round_ = await selection_panel.prepare_choice(
                challenge.number,
                title=str(form.title.data),
                rules=form.rules(rules),
                salt=str(form.salt.data),
                by=By(actor, now),
            )
            answer = redirect_to(request, "panels:round", number=round_.number)
            return flash(request, answer, _("评审轮次已编制，可以抽取专家。"))
    return render_form(request, "challenges/choosing_round.html", form, challenge=challenge)


async def _load(request: Request, act: ChallengeAct | None = None) -> tuple[Actor, Challenge]:
    """Return the person and the challenge, for its owner and the office, once it is listed.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    actor = actor_for(request, act) if act else signed_in_actor(request)
    challenge = await queries.get_challenge_for(actor, request.path_params["number"])
    is_theirs = queries.is_owner(actor, challenge) or actor.may(ChallengeAct.READ_CHALLENGES)
    if not is_theirs or not challenge.version:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return actor, challenge


def _back(request: Request, challenge: Challenge) -> Response:
    return redirect_to(request, "challenges:selection", number=challenge.number)


POST, BOTH = ["POST"], ["GET", "POST"]
AT = "/challenges/{number}/selection"
routes = [
    Route(AT, show, name="challenges:selection"),
    Route(f"{AT}/new", choose, name="challenges:choose", methods=BOTH),
    Route(f"{AT}/round", new_round, name="challenges:choosing_round", methods=BOTH),
    Route(f"{AT}/publish", publish, name="challenges:publish_result", methods=POST),
    Route(f"{AT}/again", choose_again, name="challenges:choose_again", methods=POST),
    Route(f"{AT}/end", propose_ending, name="challenges:propose_ending", methods=POST),
    Route(f"{AT}/rulings/{{ruling_id:uuid}}", decide_ending, name="challenges:decide_ending", methods=POST),
    Route(f"{AT}/{{selection_id:uuid}}", decide, name="challenges:decide_selection", methods=POST),
    Route(f"{AT}/awards/{{award_id:uuid}}/next", promote, name="challenges:promote", methods=POST),
    Route(f"{AT}/awards/{{award_id:uuid}}/lapse", record_lapse, name="challenges:lapse", methods=POST),
    Route(
        "/challenges/{number}/solutions/{place:int}/check",
        check,
        name="challenges:check_solution",
        methods=POST,
    ),
]
