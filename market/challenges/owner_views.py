"""Pages of who puts challenges up: the own ones, the draft, its submission."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.challenges import drafting, prefill, queries
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.deadlines import deadline_words, shown_status
from market.challenges.drafting import ARGUMENTS, PUT_UP_AGAIN
from market.challenges.forms import ChallengeForm, challenge_data
from market.challenges.models import Challenge
from market.challenges.next_steps import step_of_owner
from market.challenges.states import ChallengeAct, ChallengeStatus
from market.kit.errors import Conflict, Forbidden, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.listings.models import Need
from market.listings.queries import get_need_for
from market.records.by import By


async def mine(request: Request) -> Response:
    """List the challenges that the organisation put up."""
    actor = actor_for(request, ChallengeAct.DRAFT_CHALLENGE)
    now = deps(request).clock()
    return render(
        request,
        "challenges/mine.html",
        challenges=await queries.list_own(actor),
        may_put_up=queries.may_put_up(actor),
        put_up_again=PUT_UP_AGAIN,
        shown=lambda row: shown_status(row.status, now, row.opens_at, row.deadline_at),
        next_step=lambda row: step_of_owner(
            row.number, shown_status(row.status, now, row.opens_at, row.deadline_at), row.kind
        ),
        deadline_words=deadline_words,
    )


async def new(request: Request) -> Response:
    """Write a challenge, from nothing, from an own need, or from one that came to nothing."""
    actor = actor_for(request, ChallengeAct.DRAFT_CHALLENGE)
    if not queries.may_put_up(actor):
        raise Forbidden(_("企业和主管部门可以发榜，您的单位不能。"))
    need = await _need(request, actor)
    follows = await _follows(request, actor)
    terms, arguments = _begun(need, follows)
    form = ChallengeForm(await form_data_or_none(request), data=challenge_data(terms, arguments))
    if form.validate_on_submit():
        with form.catch_invalid():
            challenge = await drafting.create(
                form.terms(),
                form.arguments(),
                need=need,
                follows=follows,
                by=By(actor, deps(request).clock()),
            )
            return flash(request, _detail(request, challenge), _("草稿已保存。"))
    return _page(request, form, None)


async def edit(request: Request) -> Response:
    """Change a draft; what keeps it from being submitted is told when that is asked for."""
    actor = actor_for(request, ChallengeAct.DRAFT_CHALLENGE)
    challenge = await _draft(request, actor)
    form = ChallengeForm(await form_data_or_none(request), data=_data(challenge))
    if form.validate_on_submit():
        with form.catch_invalid():
            await drafting.edit(
                challenge.number, form.terms(), form.arguments(), by=By(actor, deps(request).clock())
            )
            return flash(request, _detail(request, challenge), _("已保存。"))
    return _page(request, form, challenge)


async def submit(request: Request) -> Response:
    """Submit a draft; where something is missing, its form is shown with each fault at its field."""
    actor = actor_for(request, ChallengeAct.DRAFT_CHALLENGE)
    challenge = await _draft(request, actor)
    now = deps(request).clock()
    form = ChallengeForm(None, data=_data(challenge))
    form.show_faults(drafting.submission_faults(challenge, challenge.owner.name, now))
    if not form.errors:
        with form.catch_invalid():
            await drafting.submit(challenge.number, by=By(actor, now))
            return flash(request, _detail(request, challenge), _("已提交，论证后告知您是否张榜。"))
    return _page(request, form, challenge)


def _page(request: Request, form: ChallengeForm, challenge: Challenge | None) -> Response:
    if not form.is_submitted:
        form.append_blank_rows()
    return render_form(request, "challenges/form.html", form, challenge=challenge)


def _begun(need: Need | None, follows: Challenge | None) -> tuple[ChallengeTerms, dict[str, str]]:
    """Return what the form of a new challenge begins with."""
    if follows is not None:
        arguments = {name: getattr(follows, name) for name in ARGUMENTS}
        return prefill.again(queries.terms_of(follows)), arguments
    return (prefill.from_need(need) if need else prefill.usual_terms()), {}


def _data(challenge: Challenge) -> dict[str, object]:
    arguments = {name: getattr(challenge, name) for name in ARGUMENTS}
    return challenge_data(queries.terms_of(challenge), arguments)


async def _need(request: Request, actor: Actor) -> Need | None:
    number = request.query_params.get("need", "")
    if not number:
        return None
    need = await get_need_for(actor, number[:20])
    if not actor.acts_for(need.organisation_id):
        raise NotFound(_("没有这项需求，或者不是您单位的。"))
    return need


async def _follows(request: Request, actor: Actor) -> Challenge | None:
    number = request.query_params.get("again", "")
    return await queries.get_own_challenge(actor, number[:20]) if number else None


async def _draft(request: Request, actor: Actor) -> Challenge:
    challenge = await queries.get_own_challenge(actor, request.path_params["number"])
    if challenge.status is not ChallengeStatus.DRAFT:
        raise Conflict(_("已提交的榜单不能再改；要改先请平台退回。"))
    return challenge


def _detail(request: Request, challenge: Challenge) -> Response:
    return redirect_to(request, "challenges:show", number=challenge.number)


BOTH = ["GET", "POST"]
routes = [
    Route("/my/challenges", mine, name="challenges:mine"),
    Route("/my/challenges/new", new, name="challenges:new", methods=BOTH),
    Route("/challenges/{number}/edit", edit, name="challenges:edit", methods=BOTH),
    Route("/challenges/{number}/submit", submit, name="challenges:submit", methods=["POST"]),
]
