"""Payment instructions (拨付指令): one for each order run, made by one person and released by another."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.accounts.permissions import AccountAct
from market.audit.log import record
from market.budgets.batches import lock_batch
from market.budgets.layout_versions import layouts_in_force
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_files import Layout, PaymentRow, PaymentTable, checksum, csv_file, workbook_file
from market.budgets.payment_models import InstructionFile, InstructionLine, PaymentInstruction
from market.budgets.states import BudgetAct, DisbursementAction, DisbursementStatus, InstructionVerb
from market.claims.claim_payees import payee_states
from market.codes import regions
from market.codes.numbers import next_number
from market.integrity.conflicts import require_no_conflict
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import Money, amount_in_words
from market.payees.accounts import lock_organisations
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition


async def make_instruction(batch: Batch, order_ids: Sequence[UUID], *, by: By) -> PaymentInstruction:
    """Make the instruction of one order run of a locked batch, which waits for its release."""
    orders = (
        await Disbursement.filter(id__in=list(order_ids))
        .select_related("claim__applicant", "payee")
        .order_by("number")
    )
    lines = [
        InstructionLine(
            id=uuid4(),
            order_id=order.id,
            sequence=sequence,
            order_number=order.number,
            claim_number=order.claim.number,
            payee_name=order.claim.applicant.name,
            payee_uscc=order.claim.applicant.uscc or "",
            payee_bank=order.payee_bank,
            payee_bank_code=order.payee.bank_code if order.payee else "",
            payee_account=order.payee_account,
            payee_region=order.claim.applicant.region,
            amount=order.amount,
        )
        for sequence, order in enumerate(orders, start=1)
    ]
    instruction = await PaymentInstruction.create(
        id=uuid4(),
        number=await next_number("instruction", by.now),
        batch_id=batch.id,
        count=len(lines),
        total=sum(line.amount for line in lines),
        checksum=checksum(_rows(lines)),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    for line in lines:
        line.instruction_id = instruction.id
    await InstructionLine.bulk_create(lines)
    await record(
        "instruction",
        instruction.id,
        InstructionVerb.MAKE,
        by=by,
        number=instruction.number,
        batch=batch.number,
        orders=[line.order_number for line in lines],
        total=instruction.total,
        checksum=instruction.checksum,
    )
    await notify_staff(
        StaffRole.RECHECKER,
        _("拨付指令 %(number)s 待放行。", number=instruction.number),
        now=by.now,
        address=f"/desk/instructions/{instruction.number}",
    )
    return instruction


@atomic()
async def release_instruction(number: str, *, by: By) -> PaymentInstruction:
    """Release an instruction, as a second person; its files are made now, and never again.

    Raises:
        SamePerson: the actor made it.
        AlreadyDecided: it was released or rejected before.
        Conflict: the account of one of its orders has changed since.
    """
    by.actor.require(BudgetAct.RELEASE_PAYMENT)
    instruction = await _lock(number)
    lines = await lines_of(instruction)
    await require_no_conflict(by, "claim", [line.order.claim_id for line in lines])
    await lock_organisations({line.order.claim.applicant_id for line in lines})
    if stopped := await stopped_orders(lines):
        message = _("收款账户已变更：%(orders)s，请退回这份指令后重新下达。", orders="、".join(stopped))
        raise Conflict(message)
    refusal = _("拨付指令的制作与放行须由两人分别完成。")
    await decide(instruction, Verdict.CONFIRMED, by=by, refusal=refusal)
    files = await _make_files(instruction, lines, checker=by.actor.name)
    await record(
        "instruction",
        instruction.id,
        InstructionVerb.RELEASE,
        by=by,
        number=number,
        files={f"{file.layout}.{file.format}": file.sha256 for file in files},
    )
    return instruction


@atomic()
async def reject_instruction(number: str, *, reason: str, by: By) -> PaymentInstruction:
    """Reject an instruction, as a second person; its orders are withdrawn and may be given anew.

    Raises:
        SamePerson: the actor made it.
        AlreadyDecided: it was released or rejected before.
        Invalid: there is no reason.
    """
    by.actor.require(BudgetAct.RELEASE_PAYMENT)
    instruction = await _lock(number)
    refusal = _("拨付指令的制作与放行须由两人分别完成。")
    await decide(instruction, Verdict.REJECTED, by=by, reason=reason, refusal=refusal)
    for line in await lines_of(instruction):
        await transition(line.order, DisbursementAction.WITHDRAW, by=by, instruction=number)
    await record("instruction", instruction.id, InstructionVerb.REJECT, by=by, number=number)
    return instruction


async def lines_of(instruction: PaymentInstruction) -> list[InstructionLine]:
    """Return the orders of an instruction in their order."""
    return (
        await InstructionLine.filter(instruction_id=instruction.id)
        .select_related("order__claim")
        .order_by("sequence")
    )


async def stopped_orders(lines: Sequence[InstructionLine]) -> list[str]:
    """Return the numbers of open orders whose payee has changed since they were given."""
    payees = await payee_states([line.order.claim_id for line in lines])
    return [
        line.order_number
        for line in lines
        if line.order.status is DisbursementStatus.ORDERED and not payees[line.order.claim_id].is_payable
    ]


async def instruction_of(order: Disbursement) -> PaymentInstruction | None:
    """Return the instruction that an order stands in; None of one from before there were instructions."""
    return await PaymentInstruction.get_or_none(lines__order_id=order.id)


async def get_instruction(actor: Actor, number: str) -> PaymentInstruction:
    """Return an instruction, for the desk.

    Raises:
        NotFound: there is none.
    """
    actor.require(AccountAct.SEE_DESK)
    instruction = await PaymentInstruction.get_or_none(number=number).select_related(
        "batch__programme", "proposed_by", "decided_by"
    )
    if instruction is None:
        raise NotFound(_("没有这份拨付指令。"))
    return instruction


async def list_instructions(batch: Batch | None = None) -> list[PaymentInstruction]:
    """Return the instructions, of one batch where it is given, the newest first."""
    rows = PaymentInstruction.filter(batch_id=batch.id) if batch else PaymentInstruction.all()
    return await rows.select_related("batch", "proposed_by", "decided_by").order_by("-number")


async def download_file(actor: Actor, number: str, layout: str, format_: str) -> InstructionFile:
    """Return a file of a released instruction as it was made at its release.

    Raises:
        NotFound: there is no such file.
        Conflict: the instruction is not released, or one of its open orders is stopped.
    """
    instruction = await get_instruction(actor, number)
    if not instruction.is_confirmed:
        raise Conflict(_("拨付指令还没有放行，不能下载。"))
    file = await InstructionFile.get_or_none(instruction_id=instruction.id, layout=layout, format=format_)
    if file is None:
        raise NotFound(_("没有这个文件。"))
    if stopped := await stopped_orders(await lines_of(instruction)):
        raise Conflict(
            _("收款账户已变更，停止付款：%(orders)s。请先登记银行结果。", orders="、".join(stopped))
        )
    return file


async def _lock(number: str) -> PaymentInstruction:
    instruction = await PaymentInstruction.get_or_none(number=number).select_related("batch__programme")
    if instruction is None:
        raise NotFound(_("没有这份拨付指令。"))
    # The batch is locked first, as in every payment, to avoid deadlocks.
    await lock_batch(instruction.batch.number)
    return (
        await PaymentInstruction.filter(id=instruction.id)
        .select_for_update(of=("payment_instructions",))
        .select_related("batch__programme", "proposed_by")
        .get()
    )


async def _make_files(
    instruction: PaymentInstruction, lines: Sequence[InstructionLine], *, checker: str
) -> list[InstructionFile]:
    layouts = await layouts_in_force()
    table = payment_table(instruction, lines, checker=checker)
    contents = await asyncio.to_thread(_render, list(layouts.values()), table)
    files = [
        InstructionFile(
            id=uuid4(),
            instruction_id=instruction.id,
            layout=layout.key,
            layout_version=layout.version,
            title=layout.name,
            format=format_,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
        )
        for layout, format_, content in contents
    ]
    for file in files:
        await file.save(force_create=True)
    return files


def _render(layouts: Sequence[Layout], table: PaymentTable) -> list[tuple[Layout, str, bytes]]:
    return [
        (layout, format_, render(layout, table))
        for layout in layouts
        for format_, render in (("xlsx", workbook_file), ("csv", csv_file))
    ]


def payment_table(
    instruction: PaymentInstruction, lines: Sequence[InstructionLine], *, checker: str
) -> PaymentTable:
    """Return what the layouts are filled with, of an instruction with its batch and proposer fetched."""
    batch = instruction.batch
    released_at = instruction.decided_at or instruction.proposed_at
    return PaymentTable(
        shared={
            "instruction": instruction.number,
            "batch": batch.number,
            "programme": batch.programme.name,
            "year": str(batch.year),
            "released_on": local_date(released_at).isoformat(),
            "count": str(instruction.count),
            "total": str(Money(instruction.total).decimal),
            "total_words": amount_in_words(instruction.total),
            "maker": instruction.proposed_by.name,
            "checker": checker,
            "checksum": instruction.checksum,
        },
        lines=[
            {
                "sequence": str(line.sequence),
                "order": line.order_number,
                "claim": line.claim_number,
                "payee": line.payee_name,
                "uscc": line.payee_uscc,
                "account": line.payee_account,
                "bank": line.payee_bank,
                "bank_code": line.payee_bank_code,
                "province": regions.name(regions.province_of(line.payee_region)),
                "city": regions.name(f"{line.payee_region[:4]}00"),
                "amount": str(Money(line.amount).decimal),
            }
            for line in lines
        ],
    )


def _rows(lines: Sequence[InstructionLine]) -> list[PaymentRow]:
    return [
        PaymentRow(
            line.sequence,
            line.order_number,
            line.payee_name,
            line.payee_account,
            line.payee_bank,
            line.amount,
        )
        for line in lines
    ]
