from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.contracts import queries
from market.contracts.prints import print_of, workbook
from market.deals.permissions import DealAct
from market.kit.pdf import render_pdf
from market.kit.web import deps

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def form(request: Request) -> Response:
    return await _print(request, "contract_form.typ", "form")


async def summary(request: Request) -> Response:
    return await _print(request, "contract_summary.typ", "summary")


async def _print(request: Request, template: str, name: str) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    contract = await queries.get_contract_for(actor, request.path_params["number"])
    pdf = await render_pdf(template, print_of(contract, deps(request).clock()))
    headers = {"content-disposition": f'attachment; filename="{contract.number}-{name}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


async def export(request: Request) -> Response:
    actor = actor_for(request, DealAct.SEE_DEALS)
    contracts = await queries.list_contracts_of(actor)
    content = await asyncio.to_thread(workbook, contracts)
    headers = {"content-disposition": 'attachment; filename="contracts.xlsx"'}
    return Response(content, media_type=_XLSX, headers=headers)


routes = [
    Route("/contracts/export.xlsx", export, name="contracts:export", methods=["GET"]),
    Route("/contracts/{number}/form.pdf", form, name="contracts:form", methods=["GET"]),
    Route("/contracts/{number}/summary.pdf", summary, name="contracts:summary", methods=["GET"]),
]
