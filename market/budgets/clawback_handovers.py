"""Handing over (移送) of clawbacks that were not paid in time: proposed by one, confirmed by another."""

from __future__ import annotations

from uuid import uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.clawback_letters import issue_handover
from market.budgets.clawback_rates import load_rates
from market.budgets.clawback_returns import interest_of, what_is_owed
from market.budgets.clawbacks import lock_clawback
from market.budgets.models import Clawback, ClawbackHandover, ClawbackReceipt
from market.budgets.states import BudgetAct, ClawbackAction, ClawbackStatus, ClawbackVerb
from market.claims.models import Claim
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition


@atomic()
async def propose_handover(number: str, *, recipient: str, ground: str, by: By) -> ClawbackHandover:
    """Propose to hand an overdue clawback over to an authority that collects it.

    Raises:
        Invalid: the authority, or what was done to collect it, is missing.
        Conflict: it is not overdue, or a proposal waits.
    """
    row, _claim = await lock_clawback(number, BudgetAct.PROPOSE_HANDOVER, by)
    _require_overdue(row, by)
    if not recipient.strip():
        raise Invalid(_("请填移送机关。"), field="recipient")
    if not ground.strip():
        raise Invalid(_("请写明催缴的经过。"), field="ground")
    if await ClawbackHandover.exists(clawback_id=row.id, verdict=None):
        raise Conflict(_("已有一份移送待确认。"))
    handover = await ClawbackHandover.create(
        id=uuid4(),
        clawback_id=row.id,
        recipient=recipient.strip(),
        ground=ground.strip(),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("clawback", row.id, ClawbackVerb.PROPOSE_HANDOVER, by=by, handover=handover.id)
    await notify_staff(
        StaffRole.APPROVER,
        _("追回 %(number)s 逾期未缴回，拟移送，待确认。", number=number),
        now=by.now,
        address=f"/desk/clawbacks/{number}",
    )
    return handover


@atomic()
async def decide_handover(number: str, verdict: Verdict, *, reason: str = "", by: By) -> Clawback:
    """Decide on a proposed handing over; confirmed, its letter is issued and the applicant is told.

    Raises:
        SamePerson: the actor proposed it.
        Invalid: a rejection without a reason.
        Conflict: it was paid meanwhile.
        NotFound: no proposal waits.
    """
    row, claim = await lock_clawback(number, BudgetAct.CONFIRM_HANDOVER, by)
    handover = await ClawbackHandover.filter(clawback_id=row.id, verdict=None).select_for_update().first()
    if handover is None:
        raise NotFound(_("没有待确认的移送。"))
    await decide(handover, verdict, by=by, reason=reason, refusal=_("移送的提出与确认须由两人分别完成。"))
    if verdict is Verdict.REJECTED:
        await record("clawback", row.id, ClawbackVerb.REJECT_HANDOVER, by=by, handover=handover.id)
        await notify(
            _("追回 %(number)s 的移送被退回：%(reason)s", number=number, reason=reason),
            now=by.now,
            address=f"/desk/clawbacks/{number}",
            user_ids=[handover.proposed_by_id],
        )
        return row
    _require_overdue(row, by)
    await _hand_over(row, claim, handover, by=by)
    return row


async def _hand_over(row: Clawback, claim: Claim, handover: ClawbackHandover, *, by: By) -> None:
    receipts = await ClawbackReceipt.filter(clawback_id=row.id, verdict=Verdict.CONFIRMED)
    today = local_date(by.now)
    rates = (await load_rates()).of(row.interest_amount, receipts)
    owed, interest = what_is_owed(row, receipts, today, rates), interest_of(row, receipts, today, rates)
    letter = await issue_handover(claim, row, handover, owed, interest, by=by)
    await transition(
        row,
        ClawbackAction.HAND_OVER,
        by=by,
        note=handover.recipient,
        handover=handover.id,
        document=letter.number,
        amount=sum(owed),
    )
    await notify(
        _(
            "追回 %(number)s 逾期未缴清，已移送%(recipient)s追缴。",
            number=row.number,
            recipient=handover.recipient,
        ),
        now=by.now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )


def _require_overdue(row: Clawback, by: By) -> None:
    if row.status is not ClawbackStatus.CONFIRMED or not row.is_overdue(local_date(by.now)):
        raise Conflict(_("只有逾期未缴清的追回可以移送。"))
