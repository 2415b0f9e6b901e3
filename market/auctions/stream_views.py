"""The stream of a live auction: what everybody may know of it, as it changes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from market.accounts.web import address_of, optional_actor
from market.auctions import queries
from market.auctions.hub import MOST_EACH, MOST_OF_ADDRESS, Hub
from market.kit.routing import Route
from market.kit.web import deps


async def events(request: Request) -> Response:
    """Send the newest state of an auction until the visitor leaves or the site stops."""
    actor = optional_actor(request)
    auction = await queries.get_auction_for(actor, request.path_params["number"], ())
    visitor = str(actor.user_id) if actor else address_of(request)
    hub = hub_of(request)
    hub.require_room(visitor, MOST_EACH if actor else MOST_OF_ADDRESS)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    frames = hub.stream(auction.id, visitor)
    return StreamingResponse(frames, media_type="text/event-stream", headers=headers)


def hub_of(request: Request) -> Hub:
    """Return the hub of this process, which is made with its first stream."""
    state = request.app.state
    if not hasattr(state, "auction_hub"):
        state.auction_hub = Hub(deps(request).clock, deps(request).shutdown)
    hub: Hub = state.auction_hub
    return hub


routes = [Route("/auctions/{number}/events", events, name="auctions:events")]
