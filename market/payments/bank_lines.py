"""Lines of bank statements: matched, confirmed, set aside, returned, and reversals paired with bookings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.audit.log import record
from market.kit.database import atomic, connection
from market.kit.errors import Forbidden, Invalid, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.workflow import ActionNotAllowed
from market.payments.line_comparison import WINDOW, Booking, pair
from market.payments.models import Refund, Remittance
from market.payments.remittances import confirm_remittance
from market.payments.statement_models import BankLine, BankStatement, LinePart
from market.payments.states import (
    BANK_LINE,
    LineAction,
    LineStatus,
    MatchBasis,
    RefundStatus,
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
    if not line.is_incoming:
        raise ActionNotAllowed(str(BANK_LINE.refusal))
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
async def treat_reversal_as(line_id: UUID, action: LineAction, *, by: By) -> BankLine:
    """Say that a line reverses nothing but is money that came (TREAT_AS_INCOMING) or left (…_OUTGOING).

    Raises:
        ActionNotAllowed: it is no open reversal, the money went the other way, or the line that it reverses
            is known: then that has to be refunded.
    """
    line = await lock_line(line_id, by.actor)
    moves = LineAction.TREAT_AS_INCOMING if line.is_incoming else LineAction.TREAT_AS_OUTGOING
    if line.status is not LineStatus.REVERSAL or line.reverses_id is not None or action is not moves:
        raise ActionNotAllowed(str(BANK_LINE.refusal))
    return await transition(line, action, by=by, amount=line.amount)


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


async def twins_of(lines: Collection[BankLine]) -> set[UUID]:
    """Return which incoming lines left again: the same amount to the same other side, without a word why.

    No bank names every reversal so; whoever confirms such a line looks at it first.
    """
    rows = await connection().execute_query_dict(
        "SELECT i.id FROM bank_lines i JOIN bank_statements s ON s.id = i.statement_id "
        "WHERE i.id = ANY($1) AND i.is_incoming AND EXISTS ("
        "  SELECT 1 FROM bank_lines o JOIN bank_statements t ON t.id = o.statement_id "
        "  WHERE o.organisation_id = i.organisation_id AND o.status = 'outgoing' "
        "  AND (o.amount, o.currency) = (i.amount, i.currency) "
        "  AND o.booked_on BETWEEN i.booked_on AND i.booked_on + $2::int "
        "  AND (s.account = '' OR t.account = '' OR s.account = t.account) "
        "  AND ((o.payer_account <> '' AND o.payer_account = i.payer_account) "
        "    OR (o.payer_name <> '' AND o.payer_name = i.payer_name)))",
        [[line.id for line in lines], WINDOW.days],
    )
    return {row["id"] for row in rows}


UNPAIRED = (LineStatus.SIMILAR, LineStatus.DUPLICATE, LineStatus.REVERSED)
"""Statuses of lines that cannot be reversed: not bookings of their own, or reversed before."""
MAX_CANDIDATES = 20


async def pair_reversals(organisation_id: UUID, *, by: By) -> list[BankLine]:
    """Pair the open reversals of an organisation with the lines that they reverse.

    Runs in the transaction of the import. Return the reversals whose line is booked: it must be refunded.
    """
    reversals = await BankLine.filter(
        organisation_id=organisation_id, status=LineStatus.REVERSAL, reverses_id__isnull=True
    ).select_for_update()
    if not reversals:
        return []
    first = min(reversal.booked_on for reversal in reversals) - WINDOW
    paired_ids = await _paired_ids(organisation_id)
    bookings = await BankLine.filter(
        organisation_id=organisation_id, booked_on__gte=first, is_reversal=False, status__not_in=UNPAIRED
    ).select_for_update()
    by_id = {line.id: line for line in (*reversals, *bookings)}
    accounts = {
        statement.id: statement.account
        for statement in await BankStatement.filter(id__in={line.statement_id for line in by_id.values()})
    }
    pairs = pair(
        [_booking(line, accounts) for line in reversals],
        [_booking(line, accounts) for line in bookings if line.id not in paired_ids],
    )
    booked = []
    for reversal_id, original_id in pairs.items():
        reversal = by_id[reversal_id]
        if not await _pair(reversal, by_id[original_id], by=by):
            booked.append(reversal)
    return booked


@atomic()
async def pair_by_hand(reversal_id: UUID, original_id: UUID, *, by: By) -> BankLine:
    """Pair a reversal with a line by hand.

    Raises:
        Invalid: at `original`: that line does not fit, or was reversed before.
    """
    reversal = await lock_line(reversal_id, by.actor)
    BANK_LINE.next(reversal.status, LineAction.PAIR)
    candidates = await candidates_of(reversal)
    if original_id not in {candidate.id for candidate in candidates}:
        raise Invalid(_("这笔流水对不上这笔冲正，请重新选择。"), field="original")
    await _pair(reversal, await lock_line(original_id, by.actor), by=by)
    return reversal


async def candidates_of(reversal: BankLine) -> list[BankLine]:
    """Return the lines that a reversal may reverse: the same amount the other way, the latest first."""
    lines = (
        await BankLine.filter(
            organisation_id=reversal.organisation_id,
            amount=reversal.amount,
            currency=reversal.currency,
            is_incoming=not reversal.is_incoming,
            is_reversal=False,
            booked_on__lte=reversal.booked_on,
            status__not_in=UNPAIRED,
        )
        .order_by("-booked_on", "-row")
        .limit(MAX_CANDIDATES)
    )
    paired_ids = await _paired_ids(reversal.organisation_id)
    return [line for line in lines if line.id not in paired_ids]


async def refundable_remittances(reversal: BankLine) -> list[Remittance]:
    """Return the remittances of the reversed line that are not refunded in full."""
    if reversal.reverses_id is None:
        return []
    parts = await LinePart.filter(line_id=reversal.reverses_id).select_related("remittance")
    remittances = [part.remittance for part in parts if part.remittance is not None]
    refunded = await _refunded([remittance.id for remittance in remittances], proposed=True)
    return [remittance for remittance in remittances if refunded.get(remittance.id, 0) < remittance.amount]


async def settle_reversal_of(remittance_id: UUID, *, by: By) -> None:
    """Settle the reversal of a line once the refunds of its remittances cover it. Idempotent."""
    part = await LinePart.get_or_none(remittance_id=remittance_id)
    if part is None:
        return
    reversal = await BankLine.select_for_update().get_or_none(
        reverses_id=part.line_id, status=LineStatus.REVERSAL
    )
    if reversal is None:
        return
    parts = await LinePart.filter(line_id=part.line_id)
    refunded = await _refunded([part.remittance_id for part in parts if part.remittance_id], proposed=False)
    if sum(refunded.values()) >= reversal.amount:
        await transition(reversal, LineAction.PAIR, by=by, amount=reversal.amount)


async def _pair(reversal: BankLine, original: BankLine, *, by: By) -> bool:
    """Record which line a locked reversal reverses; return whether nothing is left to do."""
    if original.status is LineStatus.BOOKED or original.status is LineStatus.RETURNED:
        await BankLine.filter(id=reversal.id).update(reverses_id=original.id)
        reversal.reverses_id = original.id
        return False
    if BANK_LINE.allows(original.status, LineAction.REVERSE):
        await drop_match(original, LineAction.REVERSE, by=by)
    changes = {"reverses_id": original.id}
    await transition(reversal, LineAction.PAIR, by=by, changes=changes, amount=reversal.amount)
    return True


async def _paired_ids(organisation_id: UUID) -> set[UUID]:
    ids = await BankLine.filter(organisation_id=organisation_id, reverses_id__not_isnull=True).values_list(
        "reverses_id", flat=True
    )
    return {UUID(str(line_id)) for line_id in ids}


async def _refunded(remittance_ids: Collection[UUID], *, proposed: bool) -> dict[UUID, int]:
    """Return the refunds of each remittance in minor units; `proposed` includes unconfirmed ones."""
    statuses = [RefundStatus.SUCCEEDED, *([RefundStatus.RECORDED] if proposed else [])]
    totals: dict[UUID, int] = {}
    for refund in await Refund.filter(remittance_id__in=list(remittance_ids), status__in=statuses):
        if refund.remittance_id is not None:
            totals[refund.remittance_id] = totals.get(refund.remittance_id, 0) + refund.amount
    return totals


def _booking(line: BankLine, accounts: Mapping[UUID, str]) -> Booking[UUID]:
    return Booking(
        key=line.id,
        booked_on=line.booked_on,
        row=line.row,
        is_incoming=line.is_incoming,
        money=line.money,
        name=line.payer_name,
        account=line.payer_account,
        text=line.text,
        own_account=accounts[line.statement_id],
    )
