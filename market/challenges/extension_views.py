"""The page on which an owner moves the deadline of a challenge, once."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.challenges import extending, queries
from market.challenges.deadlines import deadline_words
from market.challenges.solution_forms import ExtendForm, extend_data
from market.challenges.states import ChallengeAct
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.notices.holiday_years import load_calendar
from market.records.by import By


async def extend(request: Request) -> Response:
    actor = actor_for(request, ChallengeAct.DRAFT_CHALLENGE)
    challenge = await queries.get_own_challenge(actor, request.path_params["number"])
    form = ExtendForm(await form_data_or_none(request), data=extend_data(challenge))
    if form.validate_on_submit():
        with form.catch_invalid():
            until: datetime = form.until
            await extending.extend(
                challenge.number,
                until,
                str(form.reason.data),
                arrived_at=request.state.arrived_at,
                calendar=await load_calendar(accepts_provisional=deps(request).settings.is_demo),
                by=By(actor, deps(request).clock()),
            )
            words = _("已延期到 %(at)s。", at=deadline_words(until))
            return flash(request, redirect_to(request, "challenges:show", number=challenge.number), words)
    return render_form(
        request, "challenges/extend.html", form, challenge=challenge, deadline_words=deadline_words
    )


routes = [
    Route("/challenges/{number}/extend", extend, name="challenges:extend", methods=["GET", "POST"]),
]
