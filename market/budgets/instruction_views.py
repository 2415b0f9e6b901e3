"""The desk's pages of payment instructions: their release, and their files for the bank."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import instructions, prints, queries
from market.budgets.payment_files import CSV, WORKBOOK
from market.budgets.payment_models import InstructionFile, PaymentInstruction
from market.budgets.permissions import BudgetAct
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.money import amount_in_words
from market.kit.pdf import pdf_response
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to
from market.records.by import By

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
    reason = str(data.get("reason") or "").replace("\x00", "").strip()[:300]
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
        "payment_list.typ", prints.payment_print(instruction, lines), f"{instruction.number}-list"
    )


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
]
