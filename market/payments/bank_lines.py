"""Matches lines of a bank statement by hand: one person says what a line pays, another confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Forbidden, Invalid, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.payments.models import Remittance
from market.payments.remittances import confirm_remittance
from market.payments.statement_models import BankLine, BankStatement, LinePart
from market.payments.states import (
    BANK_LINE,
    LineAction,
    LineStatus,
    MatchBasis,
    RemittanceAction,
    RemittanceStatus,
)
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition


@atomic()
async def match_line(
    line_id: UUID, payable_kind: str, parts: Mapping[UUID, int], *, exceeds: bool, by: By
) -> BankLine:
    """Match a line by hand with the payables that it pays; another person confirms it.

    `parts` are the amounts by payable, in minor units.

    Raises:
        Invalid: at `parts`: an amount is not above zero, or they do not add up to the line.
    """
    line = await lock_line(line_id, by.actor)
    if not parts or min(parts.values()) <= 0 or sum(parts.values()) != line.amount:
        raise Invalid(_("各期的金额相加应等于这笔到账 %(amount)s。", amount=yuan(line.money)), field="parts")
    BANK_LINE.next(line.status, LineAction.MATCH)
    await LinePart.bulk_create(
        [
            LinePart(
                id=uuid4(), line_id=line.id, payable_kind=payable_kind, payable_id=payable_id, amount=amount
            )
            for payable_id, amount in parts.items()
        ]
    )
    changes = {
        "match_basis": MatchBasis.HAND,
        "exceeds": exceeds,
        "proposed_by_id": by.actor.user_id,
        "proposed_at": by.now,
    }
    payables = {str(payable_id): amount for payable_id, amount in parts.items()}
    return await transition(
        line, LineAction.MATCH, by=by, changes=changes, amount=line.amount, payables=payables
    )


@atomic()
async def release_line(line_id: UUID, *, by: By) -> BankLine:
    """Undo the match of a line that is not booked yet."""
    line = await lock_line(line_id, by.actor)
    return await drop_match(line, LineAction.RELEASE, by=by)


async def drop_match(line: BankLine, action: LineAction, *, by: By) -> BankLine:
    """Move a locked line on by an action after which it pays for nothing."""
    changes = {"match_basis": None, "exceeds": False}
    line = await transition(line, action, by=by, changes=changes, amount=line.amount)
    await LinePart.filter(line_id=line.id).delete()
    return line


@atomic()
async def decide_resemblance(line_id: UUID, action: LineAction, *, by: By) -> BankLine:
    """Say whether a line is one of an earlier statement (SAME) or another booking (DIFFER)."""
    line = await lock_line(line_id, by.actor)
    line = await transition(line, action, by=by, amount=line.amount, resembles=line.resembles_id)
    if line.status is LineStatus.OPEN and not line.is_incoming:
        return await transition(line, LineAction.TREAT_AS_OUTGOING, by=by, amount=line.amount)
    if line.status is LineStatus.OPEN and line.is_reversal:
        return await transition(line, LineAction.TREAT_AS_REVERSAL, by=by, amount=line.amount)
    return line


@atomic()
async def set_line_aside(line_id: UUID, note: str, *, by: By) -> BankLine:
    """Mark a line as unrelated to any contract, with a note of what it is."""
    if not note.strip():
        raise Invalid(_("请写明这笔款是什么。"), field="note")
    line = await lock_line(line_id, by.actor)
    return await _transition_with_note(line, LineAction.SET_ASIDE, note.strip(), by=by)


@atomic()
async def reopen_line(line_id: UUID, *, by: By) -> BankLine:
    """Reopen a line that was set aside."""
    line = await lock_line(line_id, by.actor)
    return await _transition_with_note(line, LineAction.REOPEN, "", by=by)


async def confirm_line(line: BankLine, *, by: By) -> list[Remittance]:
    """Confirm the match of a locked line and return a remittance for each part, for the caller to book.

    Raises:
        SamePerson: the actor matched it, or recorded the transfer that it confirms.
        ActionNotAllowed: it was decided before.
    """
    BANK_LINE.next(line.status, LineAction.BOOK)
    await decide(
        line,
        Verdict.CONFIRMED,
        by=by,
        refusal=_("导入或匹配这笔流水的人不能自己确认，请由本单位另一位财务人员确认。"),
    )
    parts = await LinePart.filter(line_id=line.id).order_by("payable_id")
    remittances = [await _remittance_of(line, part, by=by) for part in parts]
    await transition(
        line,
        LineAction.BOOK,
        by=by,
        amount=line.amount,
        remittances=[str(remittance.id) for remittance in remittances],
    )
    return remittances


async def _remittance_of(line: BankLine, part: LinePart, *, by: By) -> Remittance:
    if part.remittance_id is not None:
        return await confirm_remittance(part.remittance_id, by=by)
    statement = await BankStatement.get(id=line.statement_id)
    remittance = await Remittance.create(
        id=uuid4(),
        payable_kind=part.payable_kind,
        payable_id=part.payable_id,
        status=RemittanceStatus.CONFIRMED,
        amount=part.amount,
        currency=line.currency,
        received_on=line.booked_on,
        # Banks reuse their numbers; the line's own hash makes the reference unique.
        bank_reference=f"{line.bank_reference[:60]}#{line.id.hex[:12]}",
        voucher_id=statement.file_id,
        proposed_by_id=line.proposed_by_id,
        proposed_at=by.now,
        decided_by_id=by.actor.user_id,
        decided_at=by.now,
        verdict=Verdict.CONFIRMED,
    )
    await begin(remittance, by=by)
    part.remittance_id = remittance.id
    await part.save(update_fields=["remittance_id"])
    await record(
        "remittance", remittance.id, RemittanceAction.CONFIRM, by=by, amount=part.amount, line=line.id
    )
    return remittance


async def return_line(line: BankLine, action: LineAction, *, by: By) -> None:
    """Mark a locked line as returned to the payer (RETURN), or undo that (KEEP)."""
    await _transition_with_note(line, action, line.note, by=by)


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


async def _transition_with_note(line: BankLine, action: LineAction, note: str, *, by: By) -> BankLine:
    return await transition(line, action, by=by, changes={"note": note[:200]}, amount=line.amount)
