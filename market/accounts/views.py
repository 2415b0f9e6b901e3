from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/account", stub, name="accounts:profile", methods=["GET", "POST"]),
    Route("/account/act-for", stub, name="accounts:act_for", methods=["GET", "POST"]),
    Route("/account/broker", stub, name="accounts:broker", methods=["GET", "POST"]),
    Route("/account/erase", stub, name="accounts:erase", methods=["GET", "POST"]),
    Route("/account/export", stub, name="accounts:export", methods=["GET", "POST"]),
    Route("/account/join", stub, name="accounts:join", methods=["GET", "POST"]),
    Route("/account/members", stub, name="accounts:members", methods=["GET", "POST"]),
    Route("/account/messages", stub, name="accounts:messages", methods=["GET", "POST"]),
    Route("/account/organisation", stub, name="accounts:organisation", methods=["GET", "POST"]),
    Route("/account/organisation/new", stub, name="accounts:new_organisation", methods=["GET", "POST"]),
    Route("/account/password", stub, name="accounts:password", methods=["GET", "POST"]),
    Route("/account/sessions", stub, name="accounts:sessions", methods=["GET", "POST"]),
    Route("/confirm/{token}", stub, name="accounts:confirm", methods=["GET", "POST"]),
    Route("/forgot", stub, name="accounts:forgot", methods=["GET", "POST"]),
    Route("/login", stub, name="accounts:login", methods=["GET", "POST"]),
    Route("/logout", stub, name="accounts:logout", methods=["GET", "POST"]),
    Route("/register", stub, name="accounts:register", methods=["GET", "POST"]),
    Route("/reset/{token}", stub, name="accounts:reset", methods=["GET", "POST"]),
]
