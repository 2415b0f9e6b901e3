"""Notices of lists as PDF."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import queries
from market.documents.queries import find_document
from market.documents.states import DocumentKind
from market.documents.web import document_response
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _


async def notice(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    batch = await queries.get_batch(actor, request.path_params["number"])
    issued = await find_document("batch", batch.id, (DocumentKind.NOTICE,))
    if issued is None:
        raise NotFound(_("这个批次还没有公示。"))
    return await document_response(request, issued)


routes = [
    Route("/desk/batches/{number}/notice.pdf", notice, name="budgets:notice_pdf", methods=["GET"]),
]
