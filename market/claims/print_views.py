"""Computation sheets and decision letters as PDF."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, signed_in_actor
from market.claims import prints
from market.claims.claim_page import ClaimPage, claim_page
from market.claims.queries import get_claim_at_desk, get_claim_for
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pdf import pdf_response
from market.kit.web import deps


async def sheet(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    page = await claim_page(actor, claim, now)
    return await pdf_response("claim_sheet.typ", prints.sheet_print(page, now), f"{claim.number}-sheet")


async def decision(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    return await _decision(request, await claim_page(actor, claim, deps(request).clock()))


async def own_decision(request: Request) -> Response:
    actor = signed_in_actor(request)
    claim = await get_claim_for(actor, request.path_params["number"])
    return await _decision(request, await claim_page(actor, claim, deps(request).clock()))


async def _decision(request: Request, page: ClaimPage) -> Response:
    if not prints.has_decision(page):
        raise NotFound(_("还没有作出决定。"))
    letter = prints.decision_print(page, deps(request).clock())
    return await pdf_response("letter.typ", letter, f"{page.claim.number}-decision")


routes = [
    Route("/desk/{number}/sheet.pdf", sheet, name="claims:sheet_pdf", methods=["GET"]),
    Route("/desk/{number}/decision.pdf", decision, name="claims:decision_pdf", methods=["GET"]),
    Route("/claims/{number}/decision.pdf", own_decision, name="claims:own_decision_pdf", methods=["GET"]),
]
