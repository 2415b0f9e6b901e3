"""The expert's own list: seats that wait, and what was scored, also before there were rounds."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.accounts.web import actor_for
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import path_id
from market.panels.expert_reviews import get_review_for, list_own_reviews
from market.panels.panel_seats import list_seats
from market.panels.states import PanelAct
from market.panels.subjects import get_subject


def may_judge(actor: Actor) -> bool:
    """Return whether the menu offers a person their reviews: who acts for no organisation."""
    return Role.PERSON in actor.roles and not actor.is_staff


async def index(request: Request) -> Response:
    actor = actor_for(request, PanelAct.JUDGE)
    seats = await list_seats(actor)
    return render(
        request,
        "panels/tasks.html",
        seats=[(seat, subject) for seat, subject in seats if seat.is_waiting],
        answered=[(seat, subject) for seat, subject in seats if not seat.is_waiting],
        reviews=await list_own_reviews(actor),
    )


async def review(request: Request) -> Response:
    """Show an expert what they scored of a record before there were rounds."""
    actor = actor_for(request, PanelAct.JUDGE)
    own = await get_review_for(actor, path_id(request, "review_id"))
    return render(
        request,
        "panels/review.html",
        review=own,
        subject=await get_subject(own.subject_kind, own.subject_id),
    )


routes = [
    Route("/reviews", index, name="panels:tasks", methods=["GET"]),
    Route("/reviews/{review_id:uuid}", review, name="panels:review", methods=["GET"]),
]
