"""The desk's pages of payment instructions and of the layouts of their files for the bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import instructions, queries
from market.budgets.forms import LayoutForm
from market.budgets.layout_versions import (
    decide_layout,
    draft_layout,
    layout_of,
    layouts_in_force,
    list_versions,
)
from market.budgets.payment_files import (
    CSV,
    LINE_FIELDS,
    SHARED_FIELDS,
    WORKBOOK,
    Layout,
    columns_text,
    read_columns,
    read_rows,
    rows_text,
)
from market.budgets.payment_models import InstructionFile, InstructionLine, PaymentInstruction
from market.budgets.states import BudgetAct
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.formats import figure, moment, yuan
from market.kit.i18n import gettext as _
from market.kit.money import amount_in_words
from market.kit.pdf import pdf_response
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to, typed_text
from market.records.by import By
from market.records.decisions import Verdict

MEDIA_TYPES = {"csv": CSV, "xlsx": WORKBOOK}


async def index(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    rows = await instructions.list_instructions()
    if request.query_params.get("status") == "waiting":
        rows = [row for row in rows if row.verdict is None]
    return render(request, "budgets/instructions.html", instructions=rows)


async def show(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    instruction = await instructions.get_instruction(actor, request.path_params["number"])
    lines = await instructions.lines_of(instruction)
    return render(
        request,
        "budgets/instruction.html",
        instruction=instruction,
        lines=lines,
        total_words=amount_in_words(instruction.total),
        stopped=await instructions.stopped_orders(lines),
        files=await InstructionFile.filter(instruction_id=instruction.id)
        .only("layout", "layout_version", "title", "format", "sha256")
        .order_by("layout", "format"),
    )


async def release(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.RELEASE_PAYMENT)
    number = request.path_params["number"]
    await instructions.release_instruction(number, by=By(actor, deps(request).clock()))
    answer = redirect_to(request, "budgets:instruction", number=number)
    return flash(request, answer, _("拨付指令已放行，付款文件已生成。"))


async def reject(request: Request) -> Response:
    actor = actor_for(request, BudgetAct.RELEASE_PAYMENT)
    number, data = request.path_params["number"], await form_data(request)
    reason = typed_text(data, "reason")
    await instructions.reject_instruction(number, reason=reason, by=By(actor, deps(request).clock()))
    answer = redirect_to(request, "budgets:instruction", number=number)
    return flash(request, answer, _("拨付指令已退回，其中的拨付已撤回，可以重新下达。"), "note")


async def download(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    number, format_ = request.path_params["number"], request.path_params["format"]
    file = await instructions.download_file(actor, number, request.path_params["layout"], format_)
    return Response(
        file.content,
        media_type=MEDIA_TYPES[file.format],
        headers={
            "content-disposition": f'attachment; filename="{number}-{file.layout}.{file.format}"',
            "x-content-sha256": file.sha256,
        },
    )


async def payment_list(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    instruction = await instructions.get_instruction(actor, request.path_params["number"])
    return await _pdf(instruction)


async def batch_payments(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    batch = await queries.get_batch(actor, request.path_params["number"])
    released = next((row for row in await instructions.list_instructions(batch) if row.is_confirmed), None)
    if released is None:
        raise NotFound(_("这个批次还没有放行的拨付指令。"))
    return await _pdf(await instructions.get_instruction(actor, released.number))


async def _pdf(instruction: PaymentInstruction) -> Response:
    """Return the payment list of a released instruction as PDF.

    Raises:
        NotFound: it is not released.
    """
    if not instruction.is_confirmed:
        raise NotFound(_("拨付指令放行后才有拨付清单。"))
    lines = await instructions.lines_of(instruction)
    return await pdf_response(
        "payment_list.typ", payment_print(instruction, lines), f"{instruction.number}-list"
    )


def payment_print(instruction: PaymentInstruction, lines: Sequence[InstructionLine]) -> dict[str, Any]:
    """Return the payment list of a released instruction, with its batch and the two persons fetched."""
    batch, checker = instruction.batch, instruction.decided_by
    return {
        "title": _("补助拨付清单"),
        "number": instruction.number,
        "made": _("放行于 %(at)s", at=moment(instruction.decided_at)),
        "facts": [
            [_("批次"), f"{batch.number} {batch.title}"],
            [_("政策"), _(batch.programme.name)],
            [_("申报年度"), str(batch.year)],
        ],
        "head": [_("拨付编号"), _("申报编号"), _("收款单位"), _("开户行"), _("账号"), _("金额（元）")],
        "rows": [
            [
                line.order_number,
                line.claim_number,
                line.payee_name,
                line.payee_bank,
                line.payee_account,
                figure(line.amount),
            ]
            for line in lines
        ],
        "total_label": _("合计 %(count)s 笔", count=instruction.count),
        "total": yuan(instruction.total),
        "capitals_label": _("大写金额"),
        "capitals": amount_in_words(instruction.total),
        "signatures": [
            [_("制表"), instruction.proposed_by.name],
            [_("复核"), checker.name if checker else ""],
            [_("经办人"), ""],
        ],
        "sign_here": _("签字、日期"),
    }


async def layouts(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    return render(request, "budgets/layouts.html", layouts=await layouts_in_force())


async def edit_layout(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    key, by = request.path_params["key"], By(actor, deps(request).clock())
    versions = await list_versions(key)
    layout = (await layouts_in_force())[key]
    data = await form_data_or_none(request)
    if data is not None and data.get("act"):
        return await _decide_layout(request, key, data, by)
    if data is not None:
        actor.require(BudgetAct.DRAFT_LAYOUT)
    form = LayoutForm(data, data=_values_of(layout))
    if form.validate_on_submit():
        with form.catch_invalid():
            await draft_layout(key, _content_of(form), by=by)
            answer = redirect_to(request, "budgets:layout", key=key)
            return flash(request, answer, _("版式的修改已提交，待另一人确认。"), "due")
    waiting = versions[0] if versions and versions[0].verdict is None else None
    return render_form(
        request,
        "budgets/layout.html",
        form,
        layout=layout,
        versions=versions,
        waiting=waiting,
        draft=layout_of(waiting) if waiting else None,
        line_fields=LINE_FIELDS,
        shared_fields=SHARED_FIELDS,
    )


async def _decide_layout(request: Request, key: str, data: FormData, by: By) -> Response:
    answer = redirect_to(request, "budgets:layout", key=key)
    if data.get("act") == "confirm":
        await decide_layout(key, Verdict.CONFIRMED, by=by)
        return flash(request, answer, _("版式已确认，以后放行的指令使用。"))
    reason = typed_text(data, "reason")
    await decide_layout(key, Verdict.REJECTED, reason=reason, by=by)
    return flash(request, answer, _("版式的修改已退回。"), "note")


def _values_of(layout: Layout) -> dict[str, Any]:
    return {
        "name": layout.name,
        "encoding": layout.encoding,
        "guard_digits": layout.guard_digits,
        "head": rows_text(layout.head),
        "columns": columns_text(layout.columns),
        "foot": rows_text(layout.foot),
    }


def _content_of(form: LayoutForm) -> dict[str, Any]:
    return {
        "name": form.name.data,
        "encoding": form.encoding.data,
        "guard_digits": form.guard_digits.data,
        "head": read_rows(str(form.head.data or "")),
        "columns": read_columns(str(form.columns.data or "")),
        "foot": read_rows(str(form.foot.data or "")),
    }


routes = [
    Route(
        "/desk/batches/{number}/payments.pdf", batch_payments, name="budgets:payments_pdf", methods=["GET"]
    ),
    Route("/desk/instructions", index, name="budgets:instructions", methods=["GET"]),
    Route("/desk/instructions/{number}", show, name="budgets:instruction", methods=["GET"]),
    Route(
        "/desk/instructions/{number}/release", release, name="budgets:release_instruction", methods=["POST"]
    ),
    Route("/desk/instructions/{number}/reject", reject, name="budgets:reject_instruction", methods=["POST"]),
    Route(
        "/desk/instructions/{number}/list.pdf", payment_list, name="budgets:instruction_pdf", methods=["GET"]
    ),
    Route(
        "/desk/instructions/{number}/{layout}.{format}",
        download,
        name="budgets:instruction_file",
        methods=["GET"],
    ),
    Route("/desk/layouts", layouts, name="budgets:layouts", methods=["GET"]),
    Route("/desk/layouts/{key}", edit_layout, name="budgets:layout", methods=["GET", "POST"]),
]
