from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/matches", stub, name="matching:board", methods=["GET", "POST"]),
    Route("/matches/{match_id:uuid}/dismiss", stub, name="matching:dismiss", methods=["GET", "POST"]),
    Route("/matches/{match_id:uuid}/release", stub, name="matching:release", methods=["GET", "POST"]),
    Route("/matches/{match_id:uuid}/take-up", stub, name="matching:take_up", methods=["GET", "POST"]),
]
