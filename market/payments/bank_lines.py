"""Matches lines of a bank statement by hand: one person says what a line pays, another confirms it."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.payments.models import BankLine, BankStatement, Remittance
from market.payments.remittances import confirm_remittance
from market.payments.states import BANK_LINE, LineAction, MatchBasis, RemittanceAction, RemittanceStatus
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition


@atomic()
async def match_line(line_id: UUID, payable_kind: str, payable_id: UUID, *, by: By) -> BankLine:
    """Match a line with a payable by hand; another person confirms it."""
    line = await lock_line(line_id, by.actor)
    changes = {
        "payable_kind": payable_kind,
        "payable_id": payable_id,
        "match_basis": MatchBasis.HAND,
        "proposed_by_id": by.actor.user_id,
        "proposed_at": by.now,
    }
    return await transition(
        line, LineAction.MATCH, by=by, changes=changes, amount=line.amount, payable=payable_id
    )


@atomic()
async def release_line(line_id: UUID, *, by: By) -> BankLine:
    """Undo the match of a line that is not booked yet."""
    line = await lock_line(line_id, by.actor)
    changes = {"payable_kind": "", "payable_id": None, "match_basis": None, "remittance_id": None}
    return await transition(line, LineAction.RELEASE, by=by, changes=changes, amount=line.amount)


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


async def confirm_line(line: BankLine, *, by: By) -> Remittance:
    """Confirm the match of a locked line and return its remittance, for the caller to book.

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
    remittance = await _remittance_of(line, by=by)
    changes = {"remittance_id": remittance.id}
    await transition(
        line, LineAction.BOOK, by=by, changes=changes, amount=line.amount, remittance=remittance.id
    )
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
        proposed_by_id=line.proposed_by_id,
        proposed_at=by.now,
        decided_by_id=by.actor.user_id,
        decided_at=by.now,
        verdict=Verdict.CONFIRMED,
    )
    await begin(remittance, by=by)
    await record(
        "remittance", remittance.id, RemittanceAction.CONFIRM, by=by, amount=line.amount, line=line.id
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
