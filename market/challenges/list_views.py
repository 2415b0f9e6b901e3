"""The public list of challenges and its feed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import optional_actor
from market.challenges import feed as atom
from market.challenges.deadlines import deadline_words, left_words, shown_status
from market.challenges.list_filters import BUDGETS, DAYS_LEFT, SORTS, ListFilter, Stage
from market.challenges.public_list import city_of, list_challenges, list_latest, list_regions
from market.challenges.queries import may_put_up, owner_name
from market.challenges.states import ChallengeAct, Kind
from market.challenges.watching import count_watched
from market.codes.labels import choices
from market.kit.atom import MEDIA_TYPE
from market.kit.labels import choices as member_choices
from market.kit.pagination import PageRequest
from market.kit.quotas import QuotaClass
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps


async def index(request: Request) -> Response:
    """Show the public list: what takes solutions first."""
    actor, now = optional_actor(request), deps(request).clock()
    wanted = ListFilter.from_query(request.query_params, actor.user_id if actor else None)
    page, counts = await list_challenges(wanted, PageRequest.from_query(request.query_params), now)
    return render(
        request,
        "challenges/index.html",
        page=page,
        wanted=wanted,
        counts=counts,
        watched=await count_watched(actor),
        may_put_up=actor is not None and actor.may(ChallengeAct.DRAFT_CHALLENGE) and may_put_up(actor),
        stages=list(Stage),
        fields=choices("field"),
        budgets=list(BUDGETS.items()),
        days_left=list(DAYS_LEFT.items()),
        regions=await list_regions(),
        kinds=member_choices(Kind),
        sorts=[(key, words) for key, (words, _order) in SORTS.items()],
        shown=lambda row: shown_status(row.status, now, row.opens_at, row.deadline_at),
        left=lambda row: left_words(now, row.deadline_at),
        owner_name=lambda row: owner_name(actor, row),
        city_of=city_of,
        deadline_words=deadline_words,
    )


async def feed(request: Request) -> Response:
    """Return the feed of lists and of what became of them, as a guest reads them."""
    challenges = await list_latest(atom.NEWEST)
    content = atom.feed(
        challenges,
        await atom.list_events(challenges),
        base_url=deps(request).settings.base_url,
        now=deps(request).clock(),
    )
    headers = {"cache-control": "public, max-age=300"}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


routes = [
    Route("/challenges.atom", feed, name="challenges:feed"),
    Route("/challenges", index, name="challenges:index", quota=QuotaClass.SEARCH),
]
