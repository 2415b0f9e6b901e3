from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/", stub, name="pages:home", methods=["GET", "POST"]),
    Route("/accessibility", stub, name="pages:accessibility", methods=["GET", "POST"]),
    Route("/audit-roots", stub, name="pages:audit_roots", methods=["GET", "POST"]),
    Route("/brokers", stub, name="pages:brokers", methods=["GET", "POST"]),
    Route("/brokers/{profile_id:uuid}", stub, name="pages:broker", methods=["GET", "POST"]),
    Route("/dashboard", stub, name="pages:dashboard", methods=["GET", "POST"]),
    Route("/deals", stub, name="pages:deals", methods=["GET", "POST"]),
    Route("/deals/{number}", stub, name="pages:deal", methods=["GET", "POST"]),
    Route("/healthz", stub, name="pages:healthz", methods=["GET", "POST"]),
    Route("/help", stub, name="pages:help", methods=["GET", "POST"]),
    Route("/language/{locale}", stub, name="pages:language", methods=["GET", "POST"]),
    Route("/metrics", stub, name="pages:metrics", methods=["GET", "POST"]),
    Route("/needs", stub, name="pages:needs", methods=["GET", "POST"]),
    Route("/needs/{number}", stub, name="pages:need", methods=["GET", "POST"]),
    Route("/organisations", stub, name="pages:organisations", methods=["GET", "POST"]),
    Route("/organisations/{organisation_id:uuid}", stub, name="pages:organisation", methods=["GET", "POST"]),
    Route("/outcomes", stub, name="pages:outcomes", methods=["GET", "POST"]),
    Route("/outcomes/{number}", stub, name="pages:outcome", methods=["GET", "POST"]),
    Route("/outcomes/{number}/estimate", stub, name="pages:estimate", methods=["GET", "POST"]),
    Route("/readyz", stub, name="pages:readyz", methods=["GET", "POST"]),
    Route("/suggest", stub, name="pages:suggest", methods=["GET", "POST"]),
]
