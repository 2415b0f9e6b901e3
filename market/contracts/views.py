from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/account/payouts", stub, name="contracts:payouts", methods=["GET", "POST"]),
    Route("/contracts/{number}", stub, name="contracts:show", methods=["GET", "POST"]),
    Route("/contracts/{number}/register", stub, name="contracts:register", methods=["GET", "POST"]),
    Route("/deals/{number}/sign", stub, name="contracts:sign", methods=["GET", "POST"]),
    Route("/instalments/{instalment_id:uuid}/pay", stub, name="contracts:pay", methods=["GET", "POST"]),
    Route("/instalments/{instalment_id:uuid}/remit", stub, name="contracts:remit", methods=["GET", "POST"]),
    Route("/payments/{payment_id:uuid}/return", stub, name="contracts:pay_return", methods=["GET", "POST"]),
    Route(
        "/remittances/{remittance_id:uuid}/confirm",
        stub,
        name="contracts:confirm_remittance",
        methods=["GET", "POST"],
    ),
    Route(
        "/remittances/{remittance_id:uuid}/reject",
        stub,
        name="contracts:reject_remittance",
        methods=["GET", "POST"],
    ),
]
