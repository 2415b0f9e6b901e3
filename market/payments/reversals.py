"""Reversals of bank lines: the reversed line is released, or refunded if it was booked."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from market.kit.database import atomic
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.payments.bank_lines import drop_match, lock_line
from market.payments.line_comparison import WINDOW, Booking, pair
from market.payments.models import Refund, Remittance
from market.payments.statement_models import BankLine, LinePart
from market.payments.states import BANK_LINE, LineAction, LineStatus, RefundStatus
from market.records.by import By
from market.records.transitions import transition

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
    pairs = pair(
        [_booking(line) for line in reversals],
        [_booking(line) for line in bookings if line.id not in paired_ids],
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


def _booking(line: BankLine) -> Booking[UUID]:
    return Booking(
        key=line.id,
        booked_on=line.booked_on,
        row=line.row,
        is_incoming=line.is_incoming,
        money=line.money,
        name=line.payer_name,
        account=line.payer_account,
        text=line.text,
    )
