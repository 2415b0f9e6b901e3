"""Pages of the seller's finance: bank statements, the mapping of their columns, and their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, signed_in_actor
from market.codes.currencies import NAMES
from market.contracts import bank_statements, statement_imports
from market.contracts.forms import StatementForm
from market.contracts.states import ContractAct
from market.files.attachments import required_upload
from market.kit.errors import Forbidden, Invalid
from market.kit.flash import flash
from market.kit.foreign_files import in_file_thread, parse_foreign
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.labels import choices
from market.kit.money import HOME, Money
from market.kit.pagination import PageRequest
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, uuid_or_none
from market.kit.workbooks.cells import Sheet, letter_of
from market.kit.workbooks.heads import MOST_TITLE_ROWS
from market.payments.bank_files import ReadStatement, UnreadableStatement, open_sheets, read_columns
from market.payments.bank_lines import twins_of
from market.payments.statement_columns import Role, StatementColumns, columns_from, guess_columns
from market.payments.statement_models import BankLine, BankStatement, StatementDraft, StatementRow
from market.payments.statements import count_lines, count_skipped, get_statement_for
from market.payments.states import UNDERSTOOD, LineStatus, SkipReason
from market.records.by import By

TABS = (
    LineStatus.MATCHED,
    LineStatus.OPEN,
    LineStatus.SIMILAR,
    LineStatus.REVERSAL,
    LineStatus.BOOKED,
    LineStatus.RETURNED,
    LineStatus.SET_ASIDE,
    LineStatus.REVERSED,
    LineStatus.SETTLED,
    LineStatus.DUPLICATE,
    LineStatus.OUTGOING,
)
"""Where the lines of a statement stand; with those that wait for the matching job, and the rows that are no
lines, they add up to the file."""
ALWAYS = (LineStatus.MATCHED, LineStatus.OPEN, LineStatus.BOOKED, LineStatus.OUTGOING)
"""Tabs that are shown also when they are empty."""
ACCEPT = ".csv,.txt,.xls,.xlsx"
MAX_COLUMNS = 60
MOST_SKIPPED = 200
"""Rows shown of each reason; the counts are of all."""


async def statements(request: Request) -> Response:
    """List the statements of the person's organisation and take in another; an auditor reads those of all."""
    is_reader = actor_for(request, ContractAct.SEE_STATEMENTS).may(AccountAct.READ_AUDIT)
    actor = _seller(request) if request.method == "POST" or not is_reader else signed_in_actor(request)
    form = StatementForm(await form_data_or_none(request))
    if request.method == "POST":
        with form.catch_invalid():
            blob = await required_upload(request)
            imported, is_new = await statement_imports.import_statement(
                blob, by=By(actor, deps(request).clock())
            )
            if isinstance(imported, StatementDraft):
                return redirect_to(request, "contracts:statement_draft", draft_id=imported.id)
            return _imported(request, imported, is_new=is_new)
    page_request = PageRequest.from_query(request.query_params)
    own_statements = (
        BankStatement.all() if is_reader else BankStatement.filter(organisation_id=actor.organisation_id)
    )
    items = (
        await own_statements.select_related("imported_by", "organisation")
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
        drafts=[]
        if is_reader
        else await StatementDraft.filter(organisation_id=actor.organisation_id).order_by("-uploaded_at"),
        is_reader=is_reader,
        accept=ACCEPT,
    )


def _seller(request: Request) -> Actor:
    actor = actor_for(request, ContractAct.IMPORT_STATEMENT)
    if not actor.may_sell:
        raise Forbidden(_("银行流水由已认证的成果方导入。"))
    return actor


def _imported(request: Request, statement: BankStatement, *, is_new: bool) -> Response:
    message = (
        _("共 %(n)s 行，正在匹配。", n=statement.new_count) if is_new else _("这份流水导入过，没有变化。")
    )
    return flash(request, redirect_to(request, "contracts:statement", statement_id=statement.id), message)


async def draft(request: Request) -> Response:
    """Let a person say which column of a file is which, and show how it would be read."""
    actor = _seller(request)
    draft = await statement_imports.get_draft_for(actor, path_id(request, "draft_id"))
    content = await deps(request).store.get(draft.file.sha256)
    sheets = await parse_foreign(content, open_sheets, content)
    data: Mapping[str, Any] = await form_data(request) if request.method == "POST" else request.query_params
    choice = _choice(sheets, data)
    form = BaseForm()
    if request.method == "POST":
        with form.catch_invalid():
            statement, is_new = await statement_imports.import_draft(
                draft,
                content,
                choice.sheet.name,
                choice.columns.head_row,
                choice.columns.columns,
                account=str(data.get("account", "")).replace(" ", "")[:40],
                currency=choice.currency,
                by=By(actor, deps(request).clock()),
            )
            return _imported(request, statement, is_new=is_new)
    read, problem = await in_file_thread(_try_out, choice)
    if problem and request.method == "GET" and not choice.columns.missing():
        form.add_error("", problem)
    sheet = choice.sheet
    return render_form(
        request,
        "payments/statement_draft.html",
        form,
        draft=draft,
        sheet_names=[(option.name, option.name) for option in sheets],
        sheet=sheet,
        columns=choice.columns,
        role_of={
            column: role.value for role, columns in choice.columns.columns.items() for column in columns
        },
        letters={column: letter_of(column) for column in _width(sheet)},
        rows=[row for row in sheet.rows if row.number >= choice.columns.head_row][
            : statement_imports.PREVIEWED
        ],
        head_rows=_head_rows(sheet),
        roles=choices(Role),
        currency=choice.currency,
        currencies=[(code, code) for code in NAMES],
        account=str(data.get("account", "")) or (read.account if read else ""),
        read=read,
    )


@dataclass(frozen=True)
class _Choice:
    """What a person said of a file so far."""

    sheet: Sheet
    columns: StatementColumns
    currency: str


def _choice(sheets: list[Sheet], data: Mapping[str, Any]) -> _Choice:
    if not sheets:
        raise Invalid(_("这个文件是空的。"), field="file")
    named = str(data.get("sheet", ""))
    sheet = next((sheet for sheet in sheets if sheet.name == named), None) or max(
        sheets, key=lambda sheet: len(guess_columns(sheet).columns)
    )
    currency = str(data.get("currency", HOME))
    currency = currency if currency in NAMES else HOME
    if not str(data.get("head_row", "")).isdecimal():
        return _Choice(sheet, guess_columns(sheet), currency)
    columns: dict[Role, list[int]] = {}
    for column in _width(sheet):
        role = str(data.get(f"column-{column}", ""))
        if role in list(Role):
            columns.setdefault(Role(role), []).append(column)
    return _Choice(sheet, columns_from(sheet, int(data["head_row"]), columns), currency)


def _head_rows(sheet: Sheet) -> list[tuple[int, str]]:
    """Return the rows at the top of a sheet that may hold the heads, with how they begin."""
    rows = [row for row in sheet.rows[:MOST_TITLE_ROWS] if len(row.cells) > 1]
    return [
        (row.number, f"{row.number}：{' '.join(cell.text for cell in row.cells.values())[:40]}")
        for row in rows
    ]


def _width(sheet: Sheet) -> range:
    widest = max((max(row.cells) for row in sheet.rows[:200]), default=0)
    return range(1, min(widest, MAX_COLUMNS) + 1)


def _try_out(choice: _Choice) -> tuple[ReadStatement | None, str]:
    """Return how the file would be read, or why it cannot be."""
    if choice.columns.missing():
        return None, ""
    try:
        return read_columns(choice.sheet, choice.columns, choice.currency), ""
    except UnreadableStatement as error:
        return None, str(error)


async def statement(request: Request) -> Response:
    actor = actor_for(request, ContractAct.SEE_STATEMENTS)
    statement = await get_statement_for(actor, path_id(request, "statement_id"))
    return await _statement_page(request, statement, BaseForm())


async def _statement_page(request: Request, statement: BankStatement, form: BaseForm) -> Response:
    counts = (await count_lines([statement.id]))[statement.id]
    skipped_counts = await count_skipped(statement.id)
    wanted_status = request.query_params.get("status", "")
    first = next((tab for tab in TABS if counts.get(tab)), TABS[0])
    status = LineStatus(wanted_status) if wanted_status in TABS else first
    page_request = PageRequest.from_query(request.query_params)
    lines = (
        await BankLine.filter(statement_id=statement.id, status=status)
        .select_related("proposed_by", "decided_by", "reverses", "resembles")
        .order_by("row")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    balance = statement.balance
    return render_form(
        request,
        "payments/statement.html",
        form,
        statement=statement,
        counts=counts,
        status=status,
        shown=[tab for tab in TABS if tab in ALWAYS or counts.get(tab)],
        page=page_request.page(lines, counts.get(status, 0)),
        parts=await bank_statements.instalments_of(lines),
        twins=await twins_of(lines) if status is LineStatus.MATCHED else set(),
        waiting=counts.get(LineStatus.NEW, 0),
        skipped_counts=skipped_counts,
        skipped=[row for reason in skipped_counts for row in await _first_skipped(statement, reason)],
        unread_count=sum(count for reason, count in skipped_counts.items() if reason not in UNDERSTOOD),
        is_confirmed=await statement_imports.is_confirmed(statement),
        balance=balance,
        amounts={
            name: Money(balance[name], balance["currency"])
            for name in ("opening", "incoming", "outgoing", "closing", "difference")
        }
        if balance
        else {},
    )


async def _first_skipped(statement: BankStatement, reason: SkipReason) -> list[StatementRow]:
    return (
        await StatementRow.filter(statement_id=statement.id, reason=reason)
        .order_by("row")
        .limit(MOST_SKIPPED)
    )


async def confirm_account(request: Request) -> Response:
    actor = _seller(request)
    statement = await get_statement_for(actor, path_id(request, "statement_id"))
    form = BaseForm()
    with form.catch_invalid():
        account = str((await form_data(request)).get("account", "")) or statement.account
        await statement_imports.confirm_account(statement, account, by=By(actor, deps(request).clock()))
        message = _("已确认是本单位的账户。")
        return flash(request, redirect_to(request, "contracts:statement", statement_id=statement.id), message)
    return await _statement_page(request, statement, form)


async def confirm(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CONFIRM_REMITTANCE)
    statement = await get_statement_for(actor, path_id(request, "statement_id"))
    chosen = [str(value) for value in (await form_data(request)).getlist("line")]
    result = await bank_statements.confirm_lines(
        [line_id for value in chosen[:100] if (line_id := uuid_or_none(value))],
        by=By(actor, deps(request).clock()),
    )
    message = _("已确认 %(n)s 笔到账。", n=result.done) + " ".join(result.refusals)
    tone = "due" if result.refusals or not result.done else "done"
    return flash(
        request, redirect_to(request, "contracts:statement", statement_id=statement.id), message, tone
    )


routes = [
    Route("/bank/statements", statements, name="contracts:statements", methods=["GET", "POST"], body=UPLOAD),
    Route(
        "/bank/statements/drafts/{draft_id:uuid}",
        draft,
        name="contracts:statement_draft",
        methods=["GET", "POST"],
    ),
    Route("/bank/statements/{statement_id:uuid}", statement, name="contracts:statement", methods=["GET"]),
    Route(
        "/bank/statements/{statement_id:uuid}/account",
        confirm_account,
        name="contracts:confirm_account",
        methods=["POST"],
    ),
    Route(
        "/bank/statements/{statement_id:uuid}/confirm",
        confirm,
        name="contracts:confirm_lines",
        methods=["POST"],
    ),
]
