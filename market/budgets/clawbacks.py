"""Clawbacks (追回) of paid awards: proposed, confirmed by a second person, settled by receipts.

The order and each receipt are records of their own, so that each has its own two persons; `clawback_returns`
has the receipts, `clawback_handovers` what becomes of a clawback that is not paid.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from tortoise.expressions import Subquery

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.accounts.permissions import AccountAct
from market.audit.log import record
from market.budgets.clawback_letters import issue_demand
from market.budgets.models import Clawback, ClawbackReceipt, Disbursement
from market.budgets.states import (
    BudgetAct,
    ClaimVerb,
    ClawbackAction,
    ClawbackStatus,
    DisbursementStatus,
    InterestBasis,
)
from market.claims.models import Claim, ClaimContract
from market.claims.queries import is_voided
from market.claims.states import ClaimAction, ClaimStatus
from market.claims.transitions import lock_claim, move
from market.codes.numbers import next_number
from market.integrity.conflicts import require_no_conflict
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.kit.money import Money
from market.ledger import transfers as book
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition

RECOVERABLE = frozenset({ClaimStatus.PAID, ClaimStatus.TRACKING})
DAYS_TO_PAY = 30
"""From the confirmation, calendar days (A)."""
LIVE = (ClawbackStatus.STARTED, ClawbackStatus.CONFIRMED, ClawbackStatus.HANDED_OVER)
COLLECTED = (ClawbackStatus.CONFIRMED, ClawbackStatus.HANDED_OVER)
"""Money that comes back is recorded."""


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
        ground = _("合同 %(number)s 已解除或注销登记，对应的补助应当退回。", number=row.contract.number)
    await _start(claim, row.award_amount or 0, ground, contract_id, by=By.job(now))
    return True


@atomic()
async def start_clawback(
    number: str,
    *,
    amount: int,
    ground: str,
    interest: InterestBasis = InterestBasis.FROM_DUE,
    by: By,
) -> Clawback:
    """Start a clawback of a paid award or a part of it; nothing is owed until it is confirmed.

    Raises:
        Invalid: more than was paid.
        Conflict: the award is not paid, or a clawback of it is under way.
    """
    by.actor.require(BudgetAct.START_CLAWBACK)
    claim = await lock_claim(number)
    await require_no_conflict(by, "claim", [claim.id])
    if claim.status not in RECOVERABLE:
        raise Conflict(_("只有已拨付的补助可以追回。"))
    if await Clawback.exists(claim_id=claim.id, status__in=list(LIVE)):
        raise Conflict(_("这份申报的追回正在办理。"))
    if not 0 < amount <= (claim.award_amount or 0):
        raise Invalid(_("追回金额应大于零，不超过已拨付金额。"), field="amount")
    return await _start(claim, amount, source_text(ground), None, interest, by=by)


async def _start(
    claim: Claim,
    amount: int,
    ground: str,
    contract_id: UUID | None,
    interest: InterestBasis = InterestBasis.FROM_DUE,
    *,
    by: By,
) -> Clawback:
    clawback = await Clawback.create(
        id=uuid4(),
        number=await next_number("clawback", by.now),
        claim_id=claim.id,
        contract_id=contract_id,
        amount=amount,
        ground=ground,
        interest_basis=interest,
        proposed_by_id=by.user_id,
        proposed_at=by.now,
    )
    await record(
        "claim",
        claim.id,
        ClaimVerb.START_CLAWBACK,
        by=by,
        number=clawback.number,
        amount=amount,
        interest=interest.value,
    )
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
        "claim__applicant", "claim__programme", "contract", "proposed_by", "decided_by"
    )
    if clawback is None:
        raise NotFound(_("没有这项追回。"))
    return clawback


@atomic()
async def confirm_clawback(number: str, *, by: By) -> Clawback:
    """Confirm a clawback, by a second person, and book what is owed.

    Raises:
        SamePerson: the actor proposed it.
        Conflict: it was confirmed or dropped already.
    """
    row, claim = await lock_clawback(number, BudgetAct.CONFIRM_CLAWBACK, by)
    await decide(row, Verdict.CONFIRMED, by=by, refusal=_("追回的发起与确认须由两人分别完成。"))
    due_on = local_date(by.now) + timedelta(days=DAYS_TO_PAY)
    changes: dict[str, Any] = {"due_on": due_on, "interest_after": await _interest_after(row, due_on)}
    await transition(row, ClawbackAction.CONFIRM, by=by, changes=changes, amount=row.amount, **changes)
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
        note=row.ground,
        amount=row.amount,
        clawback=number,
    )
    await issue_demand(claim, row, by=by)
    await notify(
        _("补助 %(claim)s 须退回，请在 %(end)s 前缴回。", claim=claim.number, end=end_of(row.due_on)),
        now=by.now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )
    return row


async def _interest_after(row: Clawback, due_on: date) -> date | None:
    """Return the day before the first that bears interest; None where none does."""
    if row.interest_basis is InterestBasis.FROM_PAYMENT:
        order = await Disbursement.get(claim_id=row.claim_id, status=DisbursementStatus.PAID)
        return order.ended_on
    return due_on if row.interest_basis is InterestBasis.FROM_DUE else None


@atomic()
async def drop_clawback(number: str, *, reason: str, by: By) -> Clawback:
    """Drop a clawback that is not confirmed, by whoever may confirm it, with the reason.

    Raises:
        SamePerson: the actor proposed it.
        Invalid: there is no reason.
        Conflict: it was confirmed or dropped already.
    """
    row, claim = await lock_clawback(number, BudgetAct.CONFIRM_CLAWBACK, by)
    refusal = _("追回的发起与确认须由两人分别完成。")
    await decide(row, Verdict.REJECTED, by=by, reason=reason, refusal=refusal)
    await transition(row, ClawbackAction.DROP, by=by, note=reason)
    await record("claim", claim.id, ClaimVerb.DROP_CLAWBACK, by=by, number=number)
    return row


async def list_clawbacks(
    status: str = "", *, is_to_confirm: bool = False, overdue_on: date | None = None
) -> list[Clawback]:
    """Return the clawbacks, newest first; where asked, only those overdue or with a receipt to confirm."""
    rows = Clawback.filter(status=status) if status else Clawback.all()
    if overdue_on is not None:
        rows = rows.filter(status=ClawbackStatus.CONFIRMED, due_on__lt=overdue_on)
    if is_to_confirm:
        rows = rows.filter(id__in=Subquery(ClawbackReceipt.filter(verdict=None).values("clawback_id")))
    return await rows.select_related("claim__applicant", "claim__programme").order_by("-number").limit(500)


async def lock_clawback(number: str, act: StrEnum, by: By) -> tuple[Clawback, Claim]:
    """Lock the claim first, then the clawback, in the order used everywhere."""
    by.actor.require(act)
    clawback = await Clawback.get_or_none(number=number).select_related("claim")
    if clawback is None:
        raise NotFound(_("没有这项追回。"))
    claim = await lock_claim(clawback.claim.number)
    await require_no_conflict(by, "claim", [claim.id])
    return await Clawback.filter(id=clawback.id).select_for_update().get(), claim
