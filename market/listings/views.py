from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/my/needs", stub, name="listings:needs", methods=["GET", "POST"]),
    Route("/my/needs/new", stub, name="listings:new_need", methods=["GET", "POST"]),
    Route("/my/needs/{number}", stub, name="listings:edit_need", methods=["GET", "POST"]),
    Route("/my/needs/{number}/renew", stub, name="listings:renew_need", methods=["GET", "POST"]),
    Route("/my/needs/{number}/submit", stub, name="listings:submit_need", methods=["GET", "POST"]),
    Route("/my/needs/{number}/unlist", stub, name="listings:unlist_need", methods=["GET", "POST"]),
    Route("/my/outcomes", stub, name="listings:outcomes", methods=["GET", "POST"]),
    Route("/my/outcomes/new", stub, name="listings:new_outcome", methods=["GET", "POST"]),
    Route("/my/outcomes/{number}", stub, name="listings:edit_outcome", methods=["GET", "POST"]),
    Route("/my/outcomes/{number}/renew", stub, name="listings:renew_outcome", methods=["GET", "POST"]),
    Route("/my/outcomes/{number}/submit", stub, name="listings:submit_outcome", methods=["GET", "POST"]),
    Route("/my/outcomes/{number}/unlist", stub, name="listings:unlist_outcome", methods=["GET", "POST"]),
]
