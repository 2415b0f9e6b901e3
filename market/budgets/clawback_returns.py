"""Money that comes back for a clawback: recorded by one person, confirmed by another, then interest is fixed.

A return pays the principal first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.clawback_interest import Interest, Rates, interest_until
from market.budgets.clawback_rates import load_rates
from market.budgets.clawbacks import COLLECTED, lock_clawback
from market.budgets.models import Clawback, ClawbackReceipt
from market.budgets.states import BudgetAct, ClaimVerb, ClawbackAction
from market.claims.models import Claim
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import transfers as book
from market.programmes.models import Programme
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition


@atomic()
async def record_return(
    number: str, *, amount: int, received_on: date, bank_reference: str, by: By
) -> ClawbackReceipt:
    """Record money that came back; it counts when a second person has confirmed it.

    Raises:
        Invalid: more than is still owed and not recorded, or a day that cannot be.
        Conflict: nothing is owed, or the bank reference was entered before.
    """
    row, claim = await lock_clawback(number, BudgetAct.DISBURSE, by)
    if row.status not in COLLECTED or row.decided_at is None:
        raise Conflict(_("这项追回现在不收款。"))
    if not local_date(row.decided_at) <= received_on <= local_date(by.now):
        raise Invalid(_("日期应在确认追回之日与今天之间。"), field="received_on")
    standing = [
        receipt for receipt in await ClawbackReceipt.filter(clawback_id=row.id) if not receipt.is_rejected
    ]
    if any(receipt.bank_reference == bank_reference for receipt in standing):
        raise Conflict(_("这笔银行流水已经登记。"))
    rates = (await load_rates()).known_at()
    principal_left, interest_left = what_is_owed(row, standing, received_on, rates)
    outstanding = principal_left + interest_left
    if not 0 < amount <= outstanding:
        raise Invalid(_("金额应大于零，不超过尚欠的 %(left)s。", left=Money(outstanding)), field="amount")
    receipt = await ClawbackReceipt.create(
        id=uuid4(),
        clawback_id=row.id,
        amount=amount,
        interest_part=max(amount - principal_left, 0),
        received_on=received_on,
        bank_reference=bank_reference,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("claim", claim.id, ClaimVerb.RECORD_RETURN, by=by, number=number, amount=amount)
    await notify_staff(
        StaffRole.RECHECKER,
        _("追回 %(number)s 登记了一笔缴回，待确认。", number=number),
        now=by.now,
        address=f"/desk/clawbacks/{number}",
    )
    return receipt


@atomic()
async def confirm_return(number: str, receipt_id: UUID, *, by: By) -> ClawbackReceipt:
    """Confirm a recorded receipt as a second person and book it; the last one settles the clawback.

    Raises:
        SamePerson: the actor recorded it.
        Conflict: it was confirmed or rejected already.
    """
    row, claim, receipt = await _lock_receipt(number, receipt_id, by=by)
    await decide(receipt, Verdict.CONFIRMED, by=by, refusal=_("登记缴回与确认须由两人分别完成。"))
    confirmed = await ClawbackReceipt.filter(clawback_id=row.id, verdict=Verdict.CONFIRMED)
    returned = sum(part.amount for part in confirmed)
    principal = returned - sum(part.interest_part for part in confirmed)
    if receipt.interest_part and principal < row.amount:
        raise Conflict(_("先确认缴回本金的登记，再确认缴回利息的。"))
    programme = await Programme.get(id=claim.programme_id)
    scope = f"{programme.slug}:{claim.year}"
    if receipt.amount > receipt.interest_part:
        await book.post(
            "clawback_received",
            Money(receipt.amount - receipt.interest_part),
            debit=f"owed:{row.id}",
            credit=f"recovered:{scope}",
            reference=f"clawback_receipt:{receipt.id}",
            at=by.now,
            subject=("claim", claim.id),
        )
    if row.interest_amount is None and principal == row.amount:
        await _fix_interest(row, claim, confirmed, by=by)
    if receipt.interest_part:
        await book.post(
            "clawback_interest_received",
            Money(receipt.interest_part),
            debit=f"owed:{row.id}",
            credit=f"interest_received:{scope}",
            reference=f"clawback_interest_receipt:{receipt.id}",
            at=by.now,
            subject=("claim", claim.id),
        )
    if row.interest_amount is not None and returned == row.amount + row.interest_amount:
        await transition(row, ClawbackAction.SETTLE, by=by, changes={"settled_at": by.now})
    await record("claim", claim.id, ClaimVerb.RECEIVE_CLAWBACK, by=by, number=number, amount=receipt.amount)
    return receipt


async def _fix_interest(row: Clawback, claim: Claim, receipts: Sequence[ClawbackReceipt], *, by: By) -> None:
    """Compute and book the interest of a locked clawback whose principal is whole again."""
    last = max(receipt.received_on for receipt in receipts if receipt.amount > receipt.interest_part)
    row.interest_amount = interest_of(row, receipts, last, (await load_rates()).known_at(by.now)).amount
    await row.save(update_fields=["interest_amount"])
    await record(
        "claim",
        claim.id,
        ClaimVerb.FIX_INTEREST,
        by=by,
        number=row.number,
        amount=row.interest_amount,
    )
    if row.interest_amount:
        await book.post(
            "clawback_interest",
            Money(row.interest_amount),
            debit=f"interest:{claim.id}",
            credit=f"owed:{row.id}",
            reference=f"clawback_interest:{row.id}",
            at=by.now,
            subject=("claim", claim.id),
        )


def interest_of(row: Clawback, receipts: Iterable[ClawbackReceipt], day: date, rates: Rates) -> Interest:
    """Return the interest on a clawback up to a day, by the principal that these receipts brought back."""
    returns = [(receipt.received_on, receipt.amount - receipt.interest_part) for receipt in receipts]
    return interest_until(day, row.amount, row.interest_after, returns, rates)


def what_is_owed(
    row: Clawback, receipts: Iterable[ClawbackReceipt], day: date, rates: Rates
) -> tuple[int, int]:
    """Return what of principal and of interest is still owed on a day, after these receipts, in fen."""
    receipts = list(receipts)
    principal = row.amount - sum(receipt.amount - receipt.interest_part for receipt in receipts)
    paid = sum(receipt.interest_part for receipt in receipts)
    if row.interest_amount is not None:
        return principal, row.interest_amount - paid
    if not principal:
        day = max(receipt.received_on for receipt in receipts if receipt.amount > receipt.interest_part)
    return principal, max(interest_of(row, receipts, day, rates).amount - paid, 0)


@atomic()
async def reject_return(number: str, receipt_id: UUID, *, reason: str, by: By) -> ClawbackReceipt:
    """Reject a recorded receipt as a second person, with the reason; its bank reference is free again.

    Raises:
        SamePerson: the actor recorded it.
        Invalid: there is no reason.
        Conflict: it was confirmed or rejected already.
    """
    _row, claim, receipt = await _lock_receipt(number, receipt_id, by=by)
    await decide(
        receipt, Verdict.REJECTED, by=by, reason=reason, refusal=_("登记缴回与确认须由两人分别完成。")
    )
    await record("claim", claim.id, ClaimVerb.REJECT_RETURN, by=by, number=number, amount=receipt.amount)
    await notify(
        _("追回 %(number)s 登记的缴回被退回：%(reason)s", number=number, reason=reason),
        now=by.now,
        address=f"/desk/clawbacks/{number}",
        user_ids=[receipt.proposed_by_id],
    )
    return receipt


async def sum_returned(clawback_id: UUID) -> int:
    """Return the sum of the confirmed receipts, of principal and interest, in fen."""
    confirmed = ClawbackReceipt.filter(clawback_id=clawback_id, verdict=Verdict.CONFIRMED)
    return sum(int(str(amount)) for amount in await confirmed.values_list("amount", flat=True))


async def _lock_receipt(number: str, receipt_id: UUID, *, by: By) -> tuple[Clawback, Claim, ClawbackReceipt]:
    row, claim = await lock_clawback(number, BudgetAct.CONFIRM_RETURN, by)
    receipt = await ClawbackReceipt.filter(id=receipt_id, clawback_id=row.id).select_for_update().first()
    if receipt is None:
        raise NotFound(_("没有这笔缴回。"))
    return row, claim, receipt
