"""The home page, and the contracts behind its figures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import optional_actor
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps
from market.listings import queries
from market.pages import estimates, home, listing_labels


async def show(request: Request) -> Response:
    actor, now = optional_actor(request), deps(request).clock()
    today = local_date(now)
    latest = await queries.list_latest_outcomes(3)
    return render(
        request,
        "pages/home.html",
        scopes=[
            ("outcomes", _("成果")),
            ("needs", _("需求")),
            ("organisations", _("单位")),
            ("brokers", _("经纪人")),
            ("policies", _("政策")),
        ],
        hot_words=[_(word) for word in home.WORDS],
        counters=await home.counters(now),
        latest=latest,
        badges=await estimates.badges(latest, now),
        urgent=await queries.list_urgent_needs(3, today),
        owner_name=lambda need: queries.need_owner_name(need, actor),
        days_left=lambda day: (day - today).days,
        notices=await home.open_notices(3, now),
        example=await estimates.example(now),
        example_amount=estimates.EXAMPLE,
        **listing_labels.context(),
    )


async def concluded(request: Request) -> Response:
    """List this year's signed contracts; the price is shown only where a notice published it."""
    page, public_deal_ids = await home.list_concluded(
        deps(request).clock(), PageRequest.from_query(request.query_params)
    )
    return render(request, "pages/concluded.html", page=page, public_deal_ids=public_deal_ids)


routes = [
    Route("/", show, name="pages:home"),
    Route("/concluded", concluded, name="pages:concluded"),
]
