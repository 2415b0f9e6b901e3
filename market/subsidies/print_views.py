"""The desk's prints as PDF."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import Act
from market.accounts.web import actor_for, actor_of
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.prints import render_pdf
from market.kit.web import deps
from market.notices.queries import find_notice
from market.subsidies import prints, queries
from market.subsidies.models import Disbursement
from market.subsidies.pages import ClaimPage, claim_page
from market.subsidies.queries import get_claim_at_desk, get_claim_for


async def sheet(request: Request) -> Response:
    actor, now = actor_for(request, Act.SEE_DESK), deps(request).clock()
    found = await get_claim_at_desk(actor, request.path_params["number"])
    page = await claim_page(actor, found, now)
    return await _pdf("claim_sheet.typ", prints.sheet_print(page, now), f"{found.number}-sheet")


async def decision(request: Request) -> Response:
    actor = actor_for(request, Act.SEE_DESK)
    found = await get_claim_at_desk(actor, request.path_params["number"])
    return await _decision(request, await claim_page(actor, found, deps(request).clock()))


async def own_decision(request: Request) -> Response:
    actor = actor_of(request)
    found = await get_claim_for(actor, request.path_params["number"])
    return await _decision(request, await claim_page(actor, found, deps(request).clock()))


async def _decision(request: Request, page: ClaimPage) -> Response:
    if not prints.has_decision(page):
        raise NotFound(_("还没有作出决定。"))
    made = prints.decision_print(page, deps(request).clock())
    return await _pdf("letter.typ", made, f"{page.claim.number}-decision")


async def notice(request: Request) -> Response:
    actor = actor_for(request, Act.SEE_DESK)
    batch = await queries.get_batch(actor, request.path_params["number"])
    found = await find_notice("batch", batch.id)
    if found is None:
        raise NotFound(_("这个批次还没有公示。"))
    return await _pdf("letter.typ", prints.notice_print(found, deps(request).clock()), found.number)


async def payments(request: Request) -> Response:
    actor = actor_for(request, Act.SEE_DESK)
    batch = await queries.get_batch(actor, request.path_params["number"])
    orders = (
        await Disbursement.filter(claim__batch_id=batch.id)
        .select_related("claim__applicant")
        .order_by("number")
    )
    made = prints.payment_print(batch, orders, deps(request).clock())
    return await _pdf("payment_list.typ", made, f"{batch.number}-payments")


async def _pdf(template: str, data: dict[str, Any], name: str) -> Response:
    return Response(
        await render_pdf(template, data),
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{name}.pdf"'},
    )


routes = [
    Route("/desk/batches/{number}/notice.pdf", notice, name="desk:notice_pdf", methods=["GET"]),
    Route("/desk/batches/{number}/payments.pdf", payments, name="desk:payments_pdf", methods=["GET"]),
    Route("/desk/{number}/sheet.pdf", sheet, name="desk:sheet_pdf", methods=["GET"]),
    Route("/desk/{number}/decision.pdf", decision, name="desk:decision_pdf", methods=["GET"]),
    Route("/claims/{number}/decision.pdf", own_decision, name="subsidies:decision_pdf", methods=["GET"]),
]
