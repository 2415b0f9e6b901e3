"""Pages of an award: what both sides agree on, its deal, its milestones."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for, signed_in_actor
from market.challenges import agreeing, milestones, queries
from market.challenges.award_plans import read_plan
from market.challenges.co_funding import promised_to
from market.challenges.models import Challenge
from market.challenges.selection_forms import PlanForm, ReasonForm, ReportForm, plan_data
from market.challenges.selection_models import ChallengeAward
from market.challenges.selection_queries import get_award_for, reports_of
from market.challenges.selection_states import AwardStatus
from market.challenges.solution_content import asked_of
from market.challenges.states import ChallengeAct, ChallengeStatus
from market.files.attachments import optional_upload
from market.files.uploads import ACCEPT
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render
from market.kit.web import deps, form_data, path_id, redirect_to, typed_text
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict


async def show(request: Request) -> Response:
    """Show an award to its two sides and the office."""
    actor = signed_in_actor(request)
    challenge, award = await _load(request, actor)
    return await _page(request, actor, challenge, award)


async def _page(
    request: Request, actor: Actor, challenge: Challenge, award: ChallengeAward, **forms: Any
) -> Response:
    terms, plan = queries.terms_of(challenge), read_plan(award.plan)
    reports = await reports_of(award.id)
    is_owner = queries.is_owner(actor, challenge)
    is_solver = not is_owner and actor.acts_for(award.solution.organisation_id)
    may_act = actor.may(ChallengeAct.AGREE_AWARD)
    is_open = award.status is AwardStatus.PROPOSED and challenge.status is ChallengeStatus.AGREED
    asked = [(place, terms.indicators[place - 1]) for place in asked_of(terms, award.solution.package)]
    plan_form = forms.get("plan_form") or PlanForm(None, data=plan_data(plan))
    report_form = forms.get("report_form") or ReportForm(
        None, data={"reached": [{"place": place} for place, _row in asked]}
    )
    reason_form = forms.get("reason_form") or ReasonForm()
    has_errors = any(form.errors or form.form_errors for form in (plan_form, report_form, reason_form))
    due = milestones.due_stage(award, reports)
    return render(
        request,
        "challenges/award.html",
        422 if has_errors else 200,
        challenge=challenge,
        terms=terms,
        award=award,
        owner=queries.owner_name(actor, challenge) if award.deal_id is None else challenge.owner.name,
        plan=plan,
        public=(await promised_to([challenge.id])).get(award.id, 0),
        may_claim=is_solver and may_act and award.status in (AwardStatus.SIGNED, AwardStatus.ACCEPTED),
        reports=reports,
        due=due,
        indicators=dict(asked),
        is_met=milestones.is_met,
        is_owner=is_owner,
        is_party=is_owner or is_solver,
        may_agree=may_act
        and is_open
        and ((is_owner and not award.owner_agreed_at) or (is_solver and not award.solver_agreed_at)),
        may_revise=may_act and is_open and (is_owner or is_solver),
        may_report=may_act
        and is_solver
        and award.status is AwardStatus.SIGNED
        and due is not None
        and all(row.verdict is not None for row in reports),
        may_review=may_act and is_owner and award.status is AwardStatus.SIGNED,
        plan_form=plan_form,
        report_form=report_form,
        reason_form=reason_form,
        accept=ACCEPT,
    )


async def consent(request: Request) -> Response:
    """Agree to the milestones that were read."""
    actor, challenge, award = await _load_own(request)
    seen = typed_text(await form_data(request), "seen")
    await agreeing.consent(challenge.number, award.id, seen, by=By(actor, deps(request).clock()))
    return flash(request, _back(request, challenge, award), _("已同意。双方都同意后进入签约。"))


async def revise(request: Request) -> Response:
    """Change conditions and days of the milestones."""
    actor, challenge, award = await _load_own(request)
    form = PlanForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            await agreeing.revise(challenge.number, award.id, form.changes(), by=by)
            return flash(request, _back(request, challenge, award), _("已修改，等对方同意。"))
    return await _page(request, actor, challenge, award, plan_form=form)


async def decline(request: Request) -> Response:
    """Record that the two did not agree."""
    actor, challenge, award = await _load_own(request)
    form = ReasonForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            await agreeing.decline(challenge.number, award.id, str(form.reason.data or ""), by=by)
            return flash(request, _back(request, challenge, award), _("已记下协商未成。"))
    return await _page(request, actor, challenge, award, reason_form=form)


async def report(request: Request) -> Response:
    """Report the milestone that is due as reached."""
    actor, challenge, award = await _load_own(request)
    form = ReportForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await milestones.report(
                challenge.number,
                award.id,
                str(form.text.data or ""),
                form.values(),
                await optional_upload(request),
                by=By(actor, deps(request).clock()),
            )
            return flash(request, _back(request, challenge, award), _("已提交，等发榜方验收。"))
    return await _page(request, actor, challenge, award, report_form=form)


async def review(request: Request) -> Response:
    """Accept a reported milestone, or send it back."""
    actor, challenge, award = await _load_own(request)
    verdict, reason = await posted_decision(request)
    await milestones.review(
        challenge.number,
        path_id(request, "report_id"),
        verdict,
        reason=reason,
        by=By(actor, deps(request).clock()),
    )
    words = _("阶段验收通过，按合同付款。") if verdict is Verdict.CONFIRMED else _("已退回揭榜方补充。")
    return flash(request, _back(request, challenge, award), words)


async def fail(request: Request) -> Response:
    """Record that the work failed."""
    actor, challenge, award = await _load_own(request)
    form = ReasonForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            await milestones.fail(challenge.number, award.id, str(form.reason.data or ""), by=by)
            return flash(request, _back(request, challenge, award), _("已记下未通过验收。"))
    return await _page(request, actor, challenge, award, reason_form=form)


async def _load(request: Request, actor: Actor) -> tuple[Challenge, ChallengeAward]:
    challenge = await queries.get_challenge_for(actor, request.path_params["number"])
    return challenge, await get_award_for(actor, challenge, path_id(request, "award_id"))


async def _load_own(request: Request) -> tuple[Actor, Challenge, ChallengeAward]:
    actor = actor_for(request, ChallengeAct.AGREE_AWARD)
    return actor, *await _load(request, actor)


def _back(request: Request, challenge: Challenge, award: ChallengeAward) -> Response:
    return redirect_to(request, "challenges:award", number=challenge.number, award_id=award.id)


POST = ["POST"]
AT = "/challenges/{number}/awards/{award_id:uuid}"
routes = [
    Route(AT, show, name="challenges:award"),
    Route(f"{AT}/agree", consent, name="challenges:agree_award", methods=POST),
    Route(f"{AT}/plan", revise, name="challenges:revise_plan", methods=POST),
    Route(f"{AT}/decline", decline, name="challenges:decline_award", methods=POST),
    Route(f"{AT}/report", report, name="challenges:report_milestone", methods=POST, body=UPLOAD),
    Route(f"{AT}/reports/{{report_id:uuid}}", review, name="challenges:review_milestone", methods=POST),
    Route(f"{AT}/fail", fail, name="challenges:fail_award", methods=POST),
]
