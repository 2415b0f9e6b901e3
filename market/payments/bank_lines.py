"""What people make of the lines of a bank statement: one says what a line pays, another confirms it."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.audit.services import record
from market.kit.database import atomic
from market.kit.errors import Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.payments.models import BankLine, BankStatement, Remittance, RemittanceStatus
from market.payments.remittances import SamePerson, confirm_remittance
from market.payments.states import LineAction, next_line_status
from market.records.by import By


@atomic()
async def match_line(line_id: UUID, payable_kind: str, payable_id: UUID, *, by: By) -> BankLine:
    """Say by hand what a line pays."""
    line = await lock_line(line_id, by.actor)
    line.status = next_line_status(line.status, LineAction.MATCH)
    line.payable_kind, line.payable_id, line.found_by = payable_kind, payable_id, "hand"
    line.matched_by_id = by.actor.user_id
    await line.save(update_fields=["status", "payable_kind", "payable_id", "found_by", "matched_by_id"])
    await _note(line, LineAction.MATCH, by=by, payable=payable_id)
    return line


@atomic()
async def release_line(line_id: UUID, *, by: By) -> BankLine:
    """Take back what was said of a line that is not booked yet."""
    line = await lock_line(line_id, by.actor)
    line.status = next_line_status(line.status, LineAction.RELEASE)
    line.payable_kind, line.payable_id, line.found_by = "", None, ""
    line.remittance_id = line.matched_by_id = None
    await line.save(
        update_fields=["status", "payable_kind", "payable_id", "found_by", "remittance_id", "matched_by_id"]
    )
    await _note(line, LineAction.RELEASE, by=by)
    return line


@atomic()
async def set_line_aside(line_id: UUID, note: str, *, by: By) -> BankLine:
    """Note that a line has nothing to do with a contract, and what it is instead."""
    if not note.strip():
        raise Invalid(_("请写明这笔款是什么。"), field="note")
    line = await lock_line(line_id, by.actor)
    return await _move(line, LineAction.SET_ASIDE, note.strip(), by=by)


@atomic()
async def reopen_line(line_id: UUID, *, by: By) -> BankLine:
    """Look at a line again that was set aside."""
    line = await lock_line(line_id, by.actor)
    return await _move(line, LineAction.REOPEN, "", by=by)


async def confirm_line(line: BankLine, *, by: By) -> Remittance:
    """Confirm what a locked line pays and return the remittance that it is now, for the caller to book.

    Raises:
        SamePerson: the actor matched it, or recorded the transfer that it bears out.
        ActionNotAllowed: it was decided before.
    """
    line.status = next_line_status(line.status, LineAction.BOOK)
    if by.actor.user_id == line.matched_by_id:
        raise SamePerson(_("导入或匹配这笔流水的人不能自己确认，请由本单位另一位财务人员确认。"))
    remittance = await _remittance_of(line, by=by)
    line.remittance_id, line.decided_by_id, line.decided_at = remittance.id, by.actor.user_id, by.now
    await line.save(update_fields=["status", "remittance_id", "decided_by_id", "decided_at"])
    await _note(line, LineAction.BOOK, by=by, remittance=remittance.id)
    return remittance


async def _remittance_of(line: BankLine, *, by: By) -> Remittance:
    if line.remittance_id is not None:
        return await confirm_remittance(line.remittance_id, by=by)
    statement = await BankStatement.get(id=line.statement_id)
    remittance = await Remittance.create(
        id=uuid4(),
        payable_kind=line.payable_kind,
        payable_id=line.payable_id,
        status=RemittanceStatus.CONFIRMED,
        amount=line.amount,
        currency=line.currency,
        received_on=line.booked_on,
        # Banks use a number of theirs more than once; the line itself tells the arrivals apart.
        bank_reference=f"{line.bank_reference[:60]}#{line.fingerprint[:12]}",
        voucher_id=statement.file_id,
        recorded_by_id=line.matched_by_id,
        recorded_at=by.now,
        decided_by_id=by.actor.user_id,
        decided_at=by.now,
    )
    await record("remittance", remittance.id, "confirm", by=by, amount=line.amount, line=line.id)
    return remittance


async def return_line(line: BankLine, action: LineAction, *, by: By) -> None:
    """Mark a locked line as sent back (RETURN), or as not sent back after all (KEEP)."""
    await _move(line, action, line.note, by=by)


async def lock_line(line_id: UUID, actor: Actor) -> BankLine:
    """Lock a line for the rest of the transaction and return it.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    line = await BankLine.select_for_update().get_or_none(id=line_id)
    if line is None or not actor.acts_for(line.organisation_id):
        raise NotFound(_("没有这笔流水，或者您不能查看它。"))
    if not actor.may_sell:
        raise Forbidden(_("银行流水由已认证的成果方导入。"))
    return line


async def _move(line: BankLine, action: LineAction, note: str, *, by: By) -> BankLine:
    line.status, line.note = next_line_status(line.status, action), note[:200]
    await line.save(update_fields=["status", "note"])
    await _note(line, action, by=by)
    return line


async def _note(line: BankLine, action: LineAction, *, by: By, **data: object) -> None:
    await record("bank_line", line.id, action, by=by, amount=line.amount, **data)
