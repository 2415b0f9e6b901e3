"""The buttons by which a person is reminded of a challenge, and is not any more."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.challenges import watching
from market.challenges.states import ChallengeAct
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.web import deps, redirect_to
from market.records.by import By


async def watch(request: Request) -> Response:
    actor = actor_for(request, ChallengeAct.WATCH_CHALLENGE)
    challenge = await watching.watch(request.path_params["number"], by=By(actor, deps(request).clock()))
    response = redirect_to(request, "challenges:show", number=challenge.number)
    return flash(request, response, _("截止前 7 天、1 天、3 小时提醒您；延期和结果也会告诉您。"))


async def unwatch(request: Request) -> Response:
    actor = actor_for(request, ChallengeAct.WATCH_CHALLENGE)
    challenge = await watching.unwatch(request.path_params["number"], by=By(actor, deps(request).clock()))
    response = redirect_to(request, "challenges:show", number=challenge.number)
    return flash(request, response, _("不再提醒。"))


routes = [
    Route("/challenges/{number}/watch", watch, name="challenges:watch", methods=["POST"]),
    Route("/challenges/{number}/unwatch", unwatch, name="challenges:unwatch", methods=["POST"]),
]
