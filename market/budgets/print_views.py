"""Notices and computation sheets of lists as PDF."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import queries
from market.claims.decided_claims import load_decided_claim
from market.claims.models import Claim
from market.claims.prints import sheet_print
from market.documents.queries import find_document
from market.documents.sentences import fill
from market.documents.states import DocumentKind
from market.documents.web import document_response
from market.kit.errors import NotFound
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.pdf import pdf_response
from market.kit.web import deps


async def notice(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    batch = await queries.get_batch(actor, request.path_params["number"])
    issued = await find_document("batch", batch.id, (DocumentKind.NOTICE,))
    if issued is None:
        raise NotFound(_("这个批次还没有公示。"))
    return await document_response(request, issued)


async def sheets(request: Request) -> Response:
    """Return the computation sheets of all claims of a list as one PDF; issued ones as they were issued."""
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    batch = await queries.get_batch(actor, request.path_params["number"])
    printed = _("打印于 %(at)s", at=moment(now))
    content = []
    for claim in await Claim.filter(batch_id=batch.id).order_by("number"):
        issued = await find_document("claim", claim.id, (DocumentKind.SHEET,))
        if issued is not None:
            content.append({"made": "", **fill(issued.content)})
        else:
            sheet = sheet_print(await load_decided_claim(claim), made=_("未签发"))
            content.append({**fill(sheet), "number": claim.number})
    if not content:
        raise NotFound(_("这个批次里没有申报。"))
    title = _("批次 %(number)s 核算表", number=batch.number)
    return await pdf_response(
        "sheet_pack.typ", {"title": title, "made": printed, "sheets": content}, f"{batch.number}-sheets"
    )


routes = [
    Route("/desk/batches/{number}/sheets.pdf", sheets, name="budgets:sheets_pdf", methods=["GET"]),
    Route("/desk/batches/{number}/notice.pdf", notice, name="budgets:notice_pdf", methods=["GET"]),
]
