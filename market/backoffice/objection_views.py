from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/backoffice/objections", stub, name="backoffice:objections", methods=["GET", "POST"]),
]
