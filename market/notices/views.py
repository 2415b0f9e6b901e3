from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/notices", stub, name="notices:index", methods=["GET", "POST"]),
    Route("/notices/{number}", stub, name="notices:show", methods=["GET", "POST"]),
    Route("/notices/{number}/object", stub, name="notices:object", methods=["GET", "POST"]),
    Route("/objections/{objection_id:uuid}/answer", stub, name="notices:answer", methods=["GET", "POST"]),
    Route("/objections/{objection_id:uuid}/decide", stub, name="notices:decide", methods=["GET", "POST"]),
]
