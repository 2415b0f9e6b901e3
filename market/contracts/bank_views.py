"""Pages of the seller's finance: bank statements and their lines."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import actor_for
from market.contracts import bank_statements
from market.contracts.money_forms import AsideForm, StatementForm
from market.contracts.permissions import ContractAct
from market.files.attachments import required_upload
from market.kit.errors import Forbidden, Invalid
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render, render_form
from market.kit.web import (
    deps,
    form_data,
    form_data_or_none,
    path_id,
    redirect_to,
    uuid_or_none,
)
from market.payments.models import BankLine, BankStatement
from market.payments.statements import count_lines, get_line_for, get_statement_for
from market.payments.states import LineStatus
from market.records.by import By

SHOWN = (LineStatus.MATCHED, LineStatus.OPEN, LineStatus.BOOKED, LineStatus.RETURNED, LineStatus.SET_ASIDE)
ACCEPT = ".csv,.txt,.xls,.xlsx"


async def statements(request: Request) -> Response:
    actor = actor_for(request, ContractAct.IMPORT_STATEMENT)
    if not actor.may_sell:
        raise Forbidden(_("银行流水由已认证的成果方导入。"))
    form = StatementForm(await form_data_or_none(request))
    if request.method == "POST":
        with form.catch_invalid():
            blob = await required_upload(request)
            statement, is_new = await bank_statements.import_statement(
                blob, by=By(actor, deps(request).clock())
            )
            words = (
                _("共 %(n)s 行，正在匹配。", n=statement.new_count)
                if is_new
                else _("这份流水导入过，没有变化。")
            )
            return flash(
                request, redirect_to(request, "contracts:statement", statement_id=statement.id), words
            )
    page_request = PageRequest.from_query(request.query_params)
    own_statements = BankStatement.filter(organisation_id=actor.organisation_id)
    items = (
        await own_statements.select_related("imported_by")
        .order_by("-imported_at")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return render_form(
        request,
        "payments/statements.html",
        form,
        page=page_request.page(items, await own_statements.count()),
        counts=await count_lines([row.id for row in items]),
        accept=ACCEPT,
    )


async def statement(request: Request) -> Response:
    actor = actor_for(request, ContractAct.IMPORT_STATEMENT)
    statement = await get_statement_for(actor, path_id(request, "statement_id"))
    counts = (await count_lines([statement.id]))[statement.id]
    wanted_status = request.query_params.get("status", "")
    status = LineStatus(wanted_status) if wanted_status in [option.value for option in SHOWN] else SHOWN[0]
    page_request = PageRequest.from_query(request.query_params)
    lines = (
        await BankLine.filter(statement_id=statement.id, status=status)
        .select_related("proposed_by", "decided_by")
        .order_by("row")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return render(
        request,
        "payments/statement.html",
        statement=statement,
        counts=counts,
        status=status,
        shown=SHOWN,
        page=page_request.page(lines, counts.get(status, 0)),
        instalments=await bank_statements.instalments_of(lines),
        waiting=counts.get(LineStatus.NEW, 0),
    )


async def confirm(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CONFIRM_REMITTANCE)
    statement = await get_statement_for(actor, path_id(request, "statement_id"))
    chosen = [str(value) for value in (await form_data(request)).getlist("line")]
    result = await bank_statements.confirm_lines(
        [line_id for value in chosen[:100] if (line_id := uuid_or_none(value))],
        by=By(actor, deps(request).clock()),
    )
    words = _("已确认 %(n)s 笔到账。", n=result.done) + " ".join(result.refusals)
    tone = "due" if result.refusals or not result.done else "done"
    return flash(request, redirect_to(request, "contracts:statement", statement_id=statement.id), words, tone)


async def line(request: Request) -> Response:
    actor = actor_for(request, ContractAct.IMPORT_STATEMENT)
    return await _line_page(request, await get_line_for(actor, path_id(request, "line_id")), AsideForm())


async def act(request: Request) -> Response:
    """Carry out the act on a line that the pressed button names."""
    actor, now = actor_for(request, ContractAct.IMPORT_STATEMENT), deps(request).clock()
    line = await get_line_for(actor, path_id(request, "line_id"))
    data = await form_data(request)
    form = AsideForm(data)
    try:
        match data.get("act"):
            case "match":
                chosen = uuid_or_none(data.get("instalment"))
                if chosen is None:
                    raise Invalid(_("请选择这笔款付的是哪一期。"))
                await bank_statements.match_line(line.id, chosen, by=By(actor, now))
            case "release":
                await bank_statements.release_line(line.id, by=By(actor, now))
            case "reopen":
                await bank_statements.reopen_line(line.id, by=By(actor, now))
            case "confirm":
                await bank_statements.confirm_line(line.id, by=By(actor, now))
            case _:
                await bank_statements.set_line_aside(line.id, str(form.note.data or ""), by=By(actor, now))
    except Invalid as refused:
        form.add_error(refused.field or "", str(refused))
        return await _line_page(request, line, form)
    return flash(request, redirect_to(request, "contracts:bank_line", line_id=line.id), _("已记下。"))


async def _line_page(request: Request, line: BankLine, form: AsideForm) -> Response:
    is_open = line.status is LineStatus.OPEN
    matcher = await bank_statements.matcher_of(line.organisation_id) if is_open else None
    return render_form(
        request,
        "payments/bank_line.html",
        form,
        line=line,
        instalment=(await bank_statements.instalments_of([line])).get(line.payable_id)
        if line.payable_id
        else None,
        candidates=matcher.candidates(bank_statements.line_facts(line))[:20] if matcher else [],
    )


routes = [
    Route("/bank/statements", statements, name="contracts:statements", methods=["GET", "POST"]),
    Route("/bank/statements/{statement_id:uuid}", statement, name="contracts:statement", methods=["GET"]),
    Route(
        "/bank/statements/{statement_id:uuid}/confirm",
        confirm,
        name="contracts:confirm_lines",
        methods=["POST"],
    ),
    Route("/bank/lines/{line_id:uuid}", line, name="contracts:bank_line", methods=["GET"]),
    Route("/bank/lines/{line_id:uuid}/act", act, name="contracts:act_on_line", methods=["POST"]),
]
