"""Computation sheets and decision letters as PDF: as they were issued, byte for byte."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, signed_in_actor
from market.claims import prints
from market.claims.claim_page import claim_page
from market.claims.queries import get_claim_at_desk, get_claim_for
from market.documents.queries import find_document
from market.documents.states import DocumentKind
from market.documents.web import document_response
from market.kit.errors import NotFound
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.pdf import pdf_response
from market.kit.web import deps

LETTERS = (DocumentKind.DECISION, DocumentKind.REFUSAL)


async def sheet(request: Request) -> Response:
    """Return the issued sheet of an approved claim, or a print of the sheet as it stands."""
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    issued = await find_document("claim", claim.id, (DocumentKind.SHEET,))
    if issued is not None:
        return await document_response(request, issued)
    printed = _("未签发，打印于 %(at)s", at=moment(now))
    content = prints.sheet_print(await claim_page(actor, claim, now), made=printed)
    return await pdf_response("claim_sheet.typ", {**content, "number": claim.number}, f"{claim.number}-sheet")


async def decision(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    claim = await get_claim_at_desk(actor, request.path_params["number"])
    return await _decision(request, claim.id)


async def own_decision(request: Request) -> Response:
    actor = signed_in_actor(request)
    claim = await get_claim_for(actor, request.path_params["number"])
    return await _decision(request, claim.id)


async def _decision(request: Request, claim_id: UUID) -> Response:
    issued = await find_document("claim", claim_id, LETTERS)
    if issued is None:
        raise NotFound(_("还没有签发决定书。"))
    return await document_response(request, issued)


routes = [
    Route("/desk/{number}/sheet.pdf", sheet, name="claims:sheet_pdf", methods=["GET"]),
    Route("/desk/{number}/decision.pdf", decision, name="claims:decision_pdf", methods=["GET"]),
    Route("/claims/{number}/decision.pdf", own_decision, name="claims:own_decision_pdf", methods=["GET"]),
]
