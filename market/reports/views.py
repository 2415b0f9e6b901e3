"""The parties' statements on their page, in a workbook and as PDF; the page of the invariants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from market.accounts.models import Organisation
from market.accounts.permissions import AccountAct, Role
from market.accounts.web import actor_for
from market.contracts.states import ContractAct
from market.deals.models import Side
from market.kit.clock import local_date
from market.kit.errors import Forbidden
from market.kit.findings import link_records
from market.kit.formats import day, figure
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.pdf import render_pdf
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, uuid_or_none
from market.kit.workbooks.writing import WORKBOOK, Cell, Table, write_workbook
from market.ledger.checks import invariant_label, last_result
from market.payments.connected_accounts import find_connected_account
from market.payments.reconciliation import last_reconciliation, list_differences
from market.records.figures import Figure, Period, Scope, list_rows, rows_table
from market.reports.statements import (
    ALL_ROWS,
    BALANCE,
    FIGURES,
    SOURCE,
    AsBroker,
    StatementLine,
    months_of,
    statement_lines,
    statement_query,
    statement_scope,
)

PRINTED = 500
"""Rows that a print shows; all of them are in the workbook."""


async def print_statement(period: Period, scope: Scope, party: str, lines: Sequence[StatementLine]) -> bytes:
    """Return the PDF of a statement."""
    rows = await list_rows(ALL_ROWS, period, scope, limit=PRINTED + 1)
    side = {"seller": _("转让方"), "buyer": _("受让方"), "broker": _("经纪人")}[scope["side"]]
    data: dict[str, Any] = {
        "title": _("对账单"),
        "foot": _("本对账单由系统按记账记录生成，不经手、不代管资金。"),
        "facts": [
            [_("单位"), party],
            [_("身份"), side],
            [_("时段"), f"{day(period.begins_on)} – {day(period.ends_on)}"],
        ],
        "totals_head": [_("项目"), _("币种"), _("期初"), _("笔数"), _("本期"), _("期末")],
        "totals": [
            [
                str(line.value.figure.label),
                line.value.money.currency,
                figure(line.opening),
                str(line.value.count),
                figure(line.value.money),
                figure(line.closing),
            ]
            for line in lines
        ],
        "rows_title": _("明细"),
        "head": [*(str(column.label) for column in SOURCE.columns), _("金额")],
        "rows": [
            [*(column.text(row) for column in SOURCE.columns), figure(row.money)] for row in rows[:PRINTED]
        ],
        "more": _("只打印前 %(n)s 行，全部明细见 Excel。", n=PRINTED) if len(rows) > PRINTED else "",
    }
    return await render_pdf("statement.typ", data)


async def statement(request: Request) -> Response:
    """What was agreed, due, received … of the person's organisation; each number opens its rows."""
    period, scope, party = await _requested(request)
    lines, today = await statement_lines(period, scope), local_date(deps(request).clock())
    figure = _figure(request)
    page_request, currency = PageRequest.from_query(request.query_params), _currency(request)
    opened = {**scope, "currency": currency}
    rows = await list_rows(figure, period, opened, offset=page_request.offset, limit=page_request.size)
    counted = [
        line.value
        for line in lines
        if (figure is line.value.figure or (figure is ALL_ROWS and line.value.figure is not BALANCE))
        and currency in ("", line.value.money.currency)
    ]
    return render(
        request,
        "reports/statement.html",
        period=period,
        side=scope["side"],
        party=party,
        lines=lines,
        balance=BALANCE,
        months=await months_of(scope, min(period.ends_on.year, today.year), today),
        figure=None if figure is ALL_ROWS else figure,
        source=figure.source,
        page=page_request.page(rows, sum(value.count for value in counted)),
        currency=currency,
        organisation=request.query_params.get("organisation", "") if "organisation" in scope else "",
        request_query=urlencode([*statement_query(figure, period, opened)]),
    )


def balances_table(lines: Sequence[StatementLine]) -> Table:
    """Return opening, period and closing of each figure as a sheet of a workbook."""

    async def written() -> AsyncIterator[list[list[Cell]]]:
        yield [
            [
                str(line.value.figure.label),
                line.value.money.currency,
                line.opening,
                line.value.count,
                line.value.money,
                line.closing,
            ]
            for line in lines
        ]

    heads = [_("项目"), _("币种"), _("期初"), _("笔数"), _("本期"), _("期末")]
    return Table(_("期初期末"), heads, written(), width=18)


async def statement_excel(request: Request) -> Response:
    period, scope, _party = await _requested(request)
    opened = {**scope, "currency": _currency(request)}
    return StreamingResponse(
        write_workbook(
            rows_table(_("对账单"), _figure(request), period, opened),
            balances_table(await statement_lines(period, scope)),
        ),
        headers=_attachment(period, scope, "xlsx"),
        media_type=WORKBOOK,
    )


async def statement_pdf(request: Request) -> Response:
    period, scope, party = await _requested(request)
    pdf = await print_statement(period, scope, party, await statement_lines(period, scope))
    return Response(pdf, headers=_attachment(period, scope, "pdf"), media_type="application/pdf")


async def _requested(request: Request) -> tuple[Period, Scope, str]:
    """Return the period and the party of the statement, its scope and its name.

    Raises:
        Forbidden: the person may read no statement, or names none of those they may read.
    """
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    query, today = request.query_params, local_date(deps(request).clock())
    organisation_id, is_auditor = actor.organisation_id, Role.AUDITOR in actor.roles
    if is_auditor:
        organisation_id = uuid_or_none(query.get("organisation", ""))
    elif Role.BROKER in actor.roles and (
        query.get("side") == "broker" or not actor.acts_for(organisation_id)
    ):
        return _period(query, today), statement_scope(actor.user_id, AsBroker.BROKER), actor.name
    elif not actor.acts_for(organisation_id):
        raise Forbidden(_("对账单由已认证单位的人员查看。"))
    party = await Organisation.get_or_none(id=organisation_id) if organisation_id else None
    if party is None:
        raise Forbidden(_("请从单位页打开它的对账单。"))
    default = Side.BUYER if party.kind.value in ("enterprise", "farmers_coop") else Side.SELLER
    side = query.get("side", "")
    scope = statement_scope(party.id, Side(side) if side in set(Side) else default, is_named=is_auditor)
    return _period(query, today), scope, party.name


def _figure(request: Request) -> Figure:
    """Return the figure whose rows are opened; all rows where none is."""
    key = request.query_params.get("figure", "")
    return next((figure for figure in (*FIGURES, BALANCE) if figure.key == key), ALL_ROWS)


def _period(query: QueryParams, today: date) -> Period:
    return Period(
        _day(query.get("from", ""), today.replace(month=1, day=1)),
        _day(query.get("to", ""), today),
    )


def _currency(request: Request) -> str:
    code = request.query_params.get("currency", "")
    return code if code.isalpha() and code.isascii() and len(code) == 3 else ""


def _attachment(period: Period, scope: Scope, ending: str) -> dict[str, str]:
    name = f"statement-{scope['side']}-{period.begins_on}-{period.ends_on}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _day(text: str, default: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default
    return day if 1900 <= day.year <= 2200 else default


async def checks(request: Request) -> Response:
    """Show each invariant of the book and the records with the result of the last check."""
    actor_for(request, ContractAct.SEE_RECONCILIATION)
    return render(
        request,
        "reports/checks.html",
        result=await last_result(),
        invariant=invariant_label,
        link=partial(link_records, request),
    )


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
    Route("/statement", statement, name="reports:statement", methods=["GET"]),
    Route("/statement.xlsx", statement_excel, name="reports:statement_excel", methods=["GET"]),
    Route("/statement.pdf", statement_pdf, name="reports:statement_pdf", methods=["GET"]),
    Route("/money/reconciliation", reconciliation, name="reports:reconciliation", methods=["GET"]),
    Route("/money/checks", checks, name="reports:checks", methods=["GET"]),
]
