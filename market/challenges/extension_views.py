"""The page on which a deadline is moved, once: by a firm, or by two persons for a government list."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for, signed_in_actor
from market.challenges import extending, queries
from market.challenges.deadlines import deadline_words
from market.challenges.extending import public_refusal
from market.challenges.models import Challenge
from market.challenges.solution_forms import ExtendForm, extend_data
from market.challenges.states import ChallengeAct, Kind
from market.kit.errors import Forbidden
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.notices.holiday_years import load_calendar
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict


async def extend(request: Request) -> Response:
    """Move the deadline of an own list, or propose a later one of a government list."""
    actor, challenge = await _load(request)
    form = ExtendForm(await form_data_or_none(request), data=extend_data(challenge))
    if form.validate_on_submit():
        with form.catch_invalid():
            return await _carry_out(request, actor, challenge, form)
    return render_form(
        request,
        "challenges/extend.html",
        form,
        challenge=challenge,
        is_proposal=challenge.kind is Kind.GOVERNMENT,
        deadline_words=deadline_words,
    )


async def _load(request: Request) -> tuple[Actor, Challenge]:
    """Return the person and the list that they may extend: its owner, of a government list the operator."""
    actor = signed_in_actor(request)
    challenge = await queries.get_challenge_for(actor, request.path_params["number"])
    if challenge.kind is Kind.GOVERNMENT:
        if not actor.may(ChallengeAct.SCREEN_CHALLENGE):
            raise Forbidden(public_refusal())
        return actor, challenge
    actor = actor_for(request, ChallengeAct.DRAFT_CHALLENGE)
    return actor, await queries.get_own_challenge(actor, challenge.number)


async def _carry_out(request: Request, actor: Actor, challenge: Challenge, form: ExtendForm) -> Response:
    until: datetime = form.until
    reason, by = str(form.reason.data), By(actor, deps(request).clock())
    arrived_at = request.state.arrived_at
    if challenge.kind is Kind.GOVERNMENT:
        await extending.propose_extension(challenge.number, until, reason, arrived_at=arrived_at, by=by)
        answer = redirect_to(request, "challenges:desk", number=challenge.number)
        return flash(request, answer, _("已提出，等批准人在截止前决定。"))
    calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
    await extending.extend(challenge.number, until, reason, arrived_at=arrived_at, calendar=calendar, by=by)
    answer = redirect_to(request, "challenges:show", number=challenge.number)
    return flash(request, answer, _("已延期到 %(at)s。", at=deadline_words(until)))


async def decide(request: Request) -> Response:
    """Decide on a later deadline that another person proposed."""
    actor = actor_for(request, ChallengeAct.DECIDE_CHALLENGE)
    verdict, reason = await posted_decision(request)
    challenge = await extending.decide_extension(
        path_id(request, "ruling_id"),
        verdict,
        arrived_at=request.state.arrived_at,
        reason=reason,
        calendar=await load_calendar(accepts_provisional=deps(request).settings.is_demo),
        by=By(actor, deps(request).clock()),
    )
    at = deadline_words(challenge.deadline_at)
    words = _("已延期到 %(at)s。", at=at) if verdict is Verdict.CONFIRMED else _("已退回提出的人。")
    return flash(request, redirect_to(request, "challenges:desk", number=challenge.number), words)


routes = [
    Route("/challenges/{number}/extend", extend, name="challenges:extend", methods=["GET", "POST"]),
    Route(
        "/admin/challenges/{number}/extensions/{ruling_id:uuid}",
        decide,
        name="challenges:decide_extension",
        methods=["POST"],
    ),
]
