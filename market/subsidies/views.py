from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/claims", stub, name="subsidies:claims", methods=["GET", "POST"]),
    Route("/claims/new", stub, name="subsidies:new_claim", methods=["GET", "POST"]),
    Route("/claims/{number}", stub, name="subsidies:claim", methods=["GET", "POST"]),
    Route("/claims/{number}/evidence", stub, name="subsidies:add_evidence", methods=["GET", "POST"]),
    Route("/claims/{number}/submit", stub, name="subsidies:submit_claim", methods=["GET", "POST"]),
    Route("/claims/{number}/withdraw", stub, name="subsidies:withdraw_claim", methods=["GET", "POST"]),
    Route("/contracts/{number}/sales", stub, name="subsidies:report_sales", methods=["GET", "POST"]),
    Route("/desk", stub, name="desk:queue", methods=["GET", "POST"]),
    Route("/desk/batches", stub, name="desk:batches", methods=["GET", "POST"]),
    Route("/desk/batches/{number}", stub, name="desk:batch", methods=["GET", "POST"]),
    Route("/desk/batches/{number}/approve", stub, name="desk:approve", methods=["GET", "POST"]),
    Route("/desk/batches/{number}/confirm", stub, name="desk:confirm", methods=["GET", "POST"]),
    Route("/desk/batches/{number}/order", stub, name="desk:order", methods=["GET", "POST"]),
    Route("/desk/budgets", stub, name="desk:budgets", methods=["GET", "POST"]),
    Route("/desk/disbursements/{number}", stub, name="desk:disbursement", methods=["GET", "POST"]),
    Route("/desk/{number}", stub, name="desk:claim", methods=["GET", "POST"]),
    Route("/desk/{number}/accept", stub, name="desk:accept", methods=["GET", "POST"]),
    Route("/desk/{number}/calculate", stub, name="desk:calculate", methods=["GET", "POST"]),
    Route("/desk/{number}/recheck", stub, name="desk:recheck", methods=["GET", "POST"]),
    Route("/desk/{number}/reject", stub, name="desk:reject", methods=["GET", "POST"]),
    Route("/desk/{number}/return", stub, name="desk:return", methods=["GET", "POST"]),
    Route("/desk/{number}/sheet", stub, name="desk:sheet", methods=["GET", "POST"]),
    Route("/desk/{number}/supplement", stub, name="desk:supplement", methods=["GET", "POST"]),
    Route("/subsidies", stub, name="subsidies:programmes", methods=["GET", "POST"]),
    Route("/subsidies/calculator", stub, name="subsidies:calculator", methods=["GET", "POST"]),
    Route("/subsidies/{slug}", stub, name="subsidies:programme", methods=["GET", "POST"]),
]
