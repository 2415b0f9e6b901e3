from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/deals/{number}/accept", stub, name="deals:accept", methods=["GET", "POST"]),
    Route("/deals/{number}/agree", stub, name="deals:agree_introduction", methods=["GET", "POST"]),
    Route("/deals/{number}/files", stub, name="deals:upload", methods=["GET", "POST"]),
    Route("/deals/{number}/offer", stub, name="deals:offer", methods=["GET", "POST"]),
    Route("/deals/{number}/publish", stub, name="deals:publish", methods=["GET", "POST"]),
    Route("/deals/{number}/skip-publicity", stub, name="deals:skip_publicity", methods=["GET", "POST"]),
    Route("/deals/{number}/terminate", stub, name="deals:terminate", methods=["GET", "POST"]),
    Route("/matches/{match_id:uuid}/introduce", stub, name="deals:introduce", methods=["GET", "POST"]),
    Route("/needs/{number}/respond", stub, name="deals:respond", methods=["GET", "POST"]),
    Route("/outcomes/{number}/interest", stub, name="deals:interest", methods=["GET", "POST"]),
]
