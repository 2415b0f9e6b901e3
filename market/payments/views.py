from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/demo-pay/{session_id}", stub, name="payments:demo_pay", methods=["GET", "POST"]),
    Route("/webhooks/stripe", stub, name="payments:webhook", methods=["GET", "POST"]),
]
