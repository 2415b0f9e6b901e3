from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from market.accounts.models import Organisation
from market.accounts.permissions import AccountAct, Role
from market.accounts.web import actor_for
from market.contracts.permissions import ContractAct
from market.deals.models import Side
from market.kit.clock import local_date
from market.kit.errors import Forbidden
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps, uuid_or_none
from market.ledger.checks import last_result
from market.payments.queries import find_connected_account
from market.payments.reconciliation import last_reconciliation, list_differences
from market.reports import sheets
from market.reports.statements import AsBroker, Figure, Period, list_entries, totals
from market.reports.words import entry_text, figure_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def statement(request: Request) -> Response:
    """What was agreed, due, received … of the person's organisation; each number opens its rows."""
    period, party = await _asked(request)
    figures = await totals(period)
    chosen = request.query_params.get("figure", "")
    which = Figure(chosen) if chosen in set(Figure) else None
    actor_is_auditor = Role.AUDITOR in actor_for(request, AccountAct.READ_OWN_DATA).roles
    page_request, currency = PageRequest.from_query(request.query_params), _currency(request)
    entries = await list_entries(
        period, which, currency=currency, offset=page_request.offset, limit=page_request.size
    )
    asked = [
        each for each in figures if which in (None, each.figure) and currency in ("", each.money.currency)
    ]
    return render(
        request,
        "payments/party_statement.html",
        period=period,
        party=party,
        figures=figures,
        figure=which,
        page=page_request.page(entries, sum(each.count for each in asked)),
        currency=currency,
        figure_name=figure_name,
        entry_text=entry_text,
        organisation=request.query_params.get("organisation", "") if actor_is_auditor else "",
        request_query=urlencode(
            [
                *([("organisation", period.organisation_id)] if actor_is_auditor else []),
                ("side", period.side),
                ("from", period.begins_on),
                ("to", period.ends_on),
                *([("figure", which.value)] if which else []),
                *([("currency", currency)] if currency else []),
            ]
        ),
    )


async def statement_excel(request: Request) -> Response:
    period, _party = await _asked(request)
    chosen = request.query_params.get("figure", "")
    which = Figure(chosen) if chosen in set(Figure) else None
    return StreamingResponse(
        sheets.workbook(period, which, _currency(request)), headers=_attached(period, "xlsx"), media_type=XLSX
    )


async def statement_pdf(request: Request) -> Response:
    period, party = await _asked(request)
    made = await sheets.print_of(period, party, await totals(period))
    return Response(made, headers=_attached(period, "pdf"), media_type="application/pdf")


async def checks(request: Request) -> Response:
    """What must be true of the book and the records, and whether it was when it was last checked."""
    actor_for(request, ContractAct.SEE_RECONCILIATION)
    return render(request, "payments/checks.html", result=await last_result())


async def reconciliation(request: Request) -> Response:
    """The last comparison with the payment gateway: operators see all of it, finance its own account."""
    actor = actor_for(request, ContractAct.SEE_RECONCILIATION)
    account: str | None = None
    if not actor.is_staff:
        own = await find_connected_account(actor.organisation_id) if actor.organisation_id else None
        account = own.account if own else ""
    last = await last_reconciliation()
    return render(
        request,
        "payments/reconciliation.html",
        last=last,
        differences=await list_differences(last.id, account) if last else [],
    )


async def _asked(request: Request) -> tuple[Period, str]:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    query, today = request.query_params, local_date(deps(request).clock())
    organisation_id = actor.organisation_id
    if Role.AUDITOR in actor.roles:
        organisation_id = uuid_or_none(query.get("organisation", ""))
    elif Role.BROKER in actor.roles and (
        query.get("side") == "broker" or not actor.acts_for(organisation_id)
    ):
        return Period(actor.user_id, AsBroker.BROKER, *_days(query, today)), actor.name
    elif not actor.acts_for(organisation_id):
        raise Forbidden(_("对账单由已认证单位的人员查看。"))
    party = await Organisation.get_or_none(id=organisation_id) if organisation_id else None
    if party is None:
        raise Forbidden(_("请从单位页打开它的对账单。"))
    default = Side.BUYER if party.kind.value in ("enterprise", "farmers_coop") else Side.SELLER
    side = query.get("side", "")
    return (
        Period(
            party.id,
            Side(side) if side in set(Side) else default,
            *_days(query, today),
        ),
        party.name,
    )


def _days(query: QueryParams, today: date) -> tuple[date, date]:
    return (
        _day(query.get("from", ""), today.replace(month=1, day=1)),
        _day(query.get("to", ""), today + timedelta(days=366)),
    )


def _currency(request: Request) -> str:
    asked = request.query_params.get("currency", "")
    return asked if asked.isalpha() and asked.isascii() and len(asked) == 3 else ""


def _attached(period: Period, ending: str) -> dict[str, str]:
    name = f"statement-{period.side}-{period.begins_on}-{period.ends_on}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _day(text: str, default: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return default
    return found if 1900 <= found.year <= 2200 else default


routes = [
    Route("/statement", statement, name="reports:statement", methods=["GET"]),
    Route("/statement.xlsx", statement_excel, name="reports:statement_excel", methods=["GET"]),
    Route("/statement.pdf", statement_pdf, name="reports:statement_pdf", methods=["GET"]),
    Route("/money/reconciliation", reconciliation, name="reports:reconciliation", methods=["GET"]),
    Route("/money/checks", checks, name="reports:checks", methods=["GET"]),
]
