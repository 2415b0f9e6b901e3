"""Clawbacks (追回) of paid awards: started, confirmed by a second person, settled by receipts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.accounts.permissions import AccountAct
from market.audit.log import record
from market.budgets.models import Clawback, ClawbackReceipt
from market.budgets.permissions import BudgetAct
from market.budgets.states import ClawbackAction, ClawbackStatus
from market.budgets.verbs import ClaimVerb
from market.claims.contract_validity import is_voided
from market.claims.models import Claim, ClaimContract
from market.claims.states import ClaimAction, ClaimStatus
from market.claims.transitions import lock_claim, move
from market.codes.numbers import next_number
from market.integrity.conflicts import require_no_conflict
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound, SamePerson
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.kit.money import Money
from market.ledger import services as book
from market.programmes.models import Programme
from market.records.by import By
from market.records.transitions import transition

RECOVERABLE = frozenset({ClaimStatus.PAID, ClaimStatus.TRACKING})
DAYS_TO_PAY = 30
"""From the confirmation, calendar days (A)."""
LIVE = (ClawbackStatus.STARTED, ClawbackStatus.CONFIRMED)


async def start_due(now: datetime) -> int:
    """Start a clawback for each paid award on a voided contract; return how many."""
    rows = (
        await ClaimContract.filter(is_voided(), claim__status__in=list(RECOVERABLE), award_amount__gt=0)
        .order_by("claim__number", "contract__number")
        .values_list("claim__number", "contract_id")
    )
    return sum([await _start_for(str(number), UUID(str(contract_id)), now) for number, contract_id in rows])


@atomic()
async def _start_for(number: str, contract_id: UUID, now: datetime) -> bool:
    claim = await lock_claim(number)
    if await Clawback.exists(claim_id=claim.id, contract_id=contract_id):
        return False
    if claim.status not in RECOVERABLE or await Clawback.exists(claim_id=claim.id, status__in=list(LIVE)):
        return False
    row = await ClaimContract.get(claim_id=claim.id, contract_id=contract_id).select_related("contract")
    with in_source_language():
        reason = _("合同 %(number)s 已解除或注销登记，对应的补助应当退回。", number=row.contract.number)
    await _start(claim, row.award_amount or 0, reason, contract_id, by=By.job(now))
    return True


@atomic()
async def start_clawback(number: str, *, amount: int, reason: str, by: By) -> Clawback:
    """Start a clawback of a paid award or a part of it; nothing is owed until it is confirmed.

    Raises:
        Invalid: more than was paid.
        Conflict: the award is not paid, or a clawback of it is under way.
    """
    by.actor.require(BudgetAct.START_CLAWBACK)
    claim = await lock_claim(number)
    await require_no_conflict(by.actor, "claim", [claim.id])
    if claim.status not in RECOVERABLE:
        raise Conflict(_("只有已拨付的补助可以追回。"))
    if await Clawback.exists(claim_id=claim.id, status__in=list(LIVE)):
        raise Conflict(_("这份申报的追回正在办理。"))
    if not 0 < amount <= (claim.award_amount or 0):
        raise Invalid(_("追回金额应大于零，不超过已拨付金额。"), field="amount")
    return await _start(claim, amount, source_text(reason), None, by=by)


async def _start(claim: Claim, amount: int, reason: str, contract_id: UUID | None, *, by: By) -> Clawback:
    clawback = await Clawback.create(
        id=uuid4(),
        number=await next_number("clawback", by.now),
        claim_id=claim.id,
        contract_id=contract_id,
        amount=amount,
        reason=reason,
        started_by_id=by.user_id,
        started_at=by.now,
    )
    await record("claim", claim.id, ClaimVerb.START_CLAWBACK, by=by, number=clawback.number, amount=amount)
    await notify_staff(
        StaffRole.APPROVER,
        _("追回 %(number)s 待确认。", number=clawback.number),
        now=by.now,
        address=f"/desk/clawbacks/{clawback.number}",
    )
    return clawback


async def get_clawback(actor: Actor, number: str) -> Clawback:
    """Return one clawback, for the desk."""
    actor.require(AccountAct.SEE_DESK)
    clawback = await Clawback.get_or_none(number=number).select_related(
        "claim__applicant", "claim__programme", "contract", "started_by", "confirmed_by"
    )
    if clawback is None:
        raise NotFound(_("没有这项追回。"))
    return clawback


@atomic()
async def confirm_clawback(number: str, *, by: By) -> Clawback:
    """Confirm a clawback, by a second person, and book what is owed.

    Raises:
        SamePerson: the actor started it.
        Conflict: it was confirmed or dropped already.
    """
    row, claim = await _lock(number, BudgetAct.CONFIRM_CLAWBACK, by.actor)
    if row.status is not ClawbackStatus.STARTED:
        raise Conflict(_("这项追回已经办理，请刷新后再看。"))
    if row.started_by_id == by.actor.user_id:
        raise SamePerson(_("追回的发起与确认须由两人分别完成。"))
    changes = {
        "confirmed_by_id": by.actor.user_id,
        "confirmed_at": by.now,
        "due_on": local_date(by.now) + timedelta(days=DAYS_TO_PAY),
    }
    await transition(row, ClawbackAction.CONFIRM, by=by, changes=changes)
    await book.post(
        "clawback_confirmed",
        Money(row.amount),
        debit=f"disbursed:{claim.id}",
        credit=f"owed:{row.id}",
        reference=f"clawback:{row.id}",
        at=by.now,
        subject=("claim", claim.id),
    )
    await move(
        claim,
        ClaimAction.CLAW_BACK,
        by=by,
        note=row.reason,
        amount=row.amount,
        clawback=number,
    )
    await notify(
        _("补助 %(claim)s 须退回，请在 %(day)s 前缴回。", claim=claim.number, day=row.due_on),
        now=by.now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )
    return row


@atomic()
async def drop_clawback(number: str, *, by: By) -> Clawback:
    """Drop a clawback that is not confirmed, by whoever may confirm it."""
    row, claim = await _lock(number, BudgetAct.CONFIRM_CLAWBACK, by.actor)
    await transition(row, ClawbackAction.DROP, by=by)
    await record("claim", claim.id, ClaimVerb.DROP_CLAWBACK, by=by, number=number)
    return row


@atomic()
async def record_return(
    number: str, *, amount: int, received_on: date, bank_reference: str, by: By
) -> ClawbackReceipt:
    """Record a receipt; the clawback is settled once everything is received.

    Raises:
        Invalid: more than is still owed, or a day that cannot be.
        Conflict: nothing is owed, or the bank reference was entered before.
    """
    row, claim = await _lock(number, BudgetAct.DISBURSE, by.actor)
    if row.status is not ClawbackStatus.CONFIRMED or row.confirmed_at is None:
        raise Conflict(_("这项追回现在不收款。"))
    if not local_date(row.confirmed_at) <= received_on <= local_date(by.now):
        raise Invalid(_("日期应在确认追回之日与今天之间。"), field="received_on")
    if await ClawbackReceipt.exists(clawback_id=row.id, bank_reference=bank_reference):
        raise Conflict(_("这笔银行流水已经登记。"))
    outstanding = row.amount - await sum_returned(row.id)
    if not 0 < amount <= outstanding:
        raise Invalid(_("金额应大于零，不超过尚欠的 %(left)s。", left=Money(outstanding)), field="amount")
    receipt = await ClawbackReceipt.create(
        id=uuid4(),
        clawback_id=row.id,
        amount=amount,
        received_on=received_on,
        bank_reference=bank_reference,
        entered_by_id=by.actor.user_id,
        entered_at=by.now,
    )
    programme = await Programme.get(id=claim.programme_id)
    await book.post(
        "clawback_received",
        Money(amount),
        debit=f"owed:{row.id}",
        credit=f"recovered:{programme.slug}:{claim.year}",
        reference=f"clawback_receipt:{receipt.id}",
        at=by.now,
        subject=("claim", claim.id),
    )
    if amount == outstanding:
        await transition(row, ClawbackAction.SETTLE, by=by, changes={"settled_at": by.now})
    await record("claim", claim.id, ClaimVerb.RECEIVE_CLAWBACK, by=by, number=number, amount=amount)
    return receipt


async def sum_returned(clawback_id: UUID) -> int:
    """Return the sum of receipts so far, in fen."""
    amounts = await ClawbackReceipt.filter(clawback_id=clawback_id).values_list("amount", flat=True)
    return sum(int(str(amount)) for amount in amounts)


async def list_clawbacks(status: str = "") -> list[Clawback]:
    """Return the clawbacks, the newest first."""
    rows = Clawback.filter(status=status) if status else Clawback.all()
    return await rows.select_related("claim__applicant", "claim__programme").order_by("-number").limit(500)


async def _lock(number: str, act: StrEnum, actor: Actor) -> tuple[Clawback, Claim]:
    """Lock the claim first, then the clawback, in the order used everywhere."""
    actor.require(act)
    clawback = await Clawback.get_or_none(number=number).select_related("claim")
    if clawback is None:
        raise NotFound(_("没有这项追回。"))
    claim = await lock_claim(clawback.claim.number)
    await require_no_conflict(actor, "claim", [claim.id])
    return await Clawback.filter(id=clawback.id).select_for_update().get(), claim
