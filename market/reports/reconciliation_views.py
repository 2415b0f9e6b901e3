"""Pages of what is compared each night: the payment gateway with the records, the records with themselves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import actor_for
from market.contracts.states import ContractAct
from market.kit.templating import render
from market.ledger.checks import last_result
from market.payments.connected_accounts import find_connected_account
from market.payments.reconciliation import last_reconciliation, list_differences


async def checks(request: Request) -> Response:
    """Show each invariant of the book and the records with the result of the last check."""
    actor_for(request, ContractAct.SEE_RECONCILIATION)
    return render(request, "reports/checks.html", result=await last_result())


async def reconciliation(request: Request) -> Response:
    """Show the last reconciliation with the payment gateway, to finance that of its own account."""
    actor = actor_for(request, ContractAct.SEE_RECONCILIATION)
    account: str | None = None
    if not actor.is_staff:
        own = await find_connected_account(actor.organisation_id) if actor.organisation_id else None
        account = own.account if own else ""
    last = await last_reconciliation()
    return render(
        request,
        "reports/reconciliation.html",
        last=last,
        differences=await list_differences(last.id, account) if last else [],
    )


routes = [
    Route("/money/reconciliation", reconciliation, name="reports:reconciliation", methods=["GET"]),
    Route("/money/checks", checks, name="reports:checks", methods=["GET"]),
]
