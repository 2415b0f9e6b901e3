"""Changes of released budgets (追加、调减、结转): proposed by one person, booked when another confirms."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.annual_budgets import budget_account, granted_account
from market.budgets.models import Budget, BudgetChange
from market.budgets.states import BudgetChangeKind, BudgetVerb
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.kit.money import Money
from market.ledger import services as book
from market.programmes.models import Programme
from market.programmes.states import ProgrammeAct
from market.records.by import By
from market.records.decisions import Verdict, decide


@atomic()
async def propose_change(
    slug: str, *, year: int, kind: BudgetChangeKind, amount: int, document_number: str, ground: str, by: By
) -> BudgetChange:
    """Propose a change of a released budget; nothing moves before it is confirmed.

    Money is carried over to the next year's budget of the same programme, which must be released.

    Raises:
        Conflict: the budget, or the next year's, is not released.
        Invalid: at `amount` or at `document_number`.
    """
    by.actor.require(ProgrammeAct.DRAFT_TERMS)
    if amount <= 0:
        raise Invalid(_("金额应大于零。"), field="amount")
    if not document_number.strip():
        raise Invalid(_("请填依据的文号。"), field="document_number")
    budget = await _released(slug, year)
    target = await _released(slug, year + 1) if kind is BudgetChangeKind.CARRY_OVER else None
    change = await BudgetChange.create(
        id=uuid4(),
        budget_id=budget.id,
        target_id=target.id if target else None,
        kind=kind,
        amount=amount,
        document_number=document_number.strip(),
        ground=source_text(ground),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await _log(BudgetVerb.PROPOSE_CHANGE, change, by=by)
    await notify_staff(
        StaffRole.APPROVER,
        _("%(year)s 年 %(name)s 预算变更待确认。", year=year, name=budget.programme.name),
        now=by.now,
        address=f"/desk/budgets/{slug}/{year}",
    )
    return change


@atomic()
async def confirm_change(change_id: UUID, *, by: By) -> BudgetChange:
    """Confirm a change, by a second person, and book it.

    Raises:
        SamePerson: the actor proposed it.
        AlreadyDecided: it was confirmed or rejected before.
        Overdrawn: less is available than the change takes away.
    """
    by.actor.require(ProgrammeAct.RELEASE_TERMS)
    change, programme = await _lock(change_id)
    await decide(change, Verdict.CONFIRMED, by=by, refusal=_("预算变更的提出与确认须由两人分别完成。"))
    debit, credit = _accounts(change, programme.slug)
    await book.post(
        f"budget_{change.kind.value}",
        Money(change.amount),
        debit=debit,
        credit=credit,
        reference=f"budget_change:{change.id}",
        at=by.now,
        subject=("budget", change.budget_id),
    )
    await _log(BudgetVerb.CONFIRM_CHANGE, change, by=by)
    return change


@atomic()
async def reject_change(change_id: UUID, *, reason: str, by: By) -> BudgetChange:
    """Reject a change, by a second person, with the reason; who proposed it is told.

    Raises:
        SamePerson: the actor proposed it.
        AlreadyDecided: it was confirmed or rejected before.
        Invalid: there is no reason.
    """
    by.actor.require(ProgrammeAct.RELEASE_TERMS)
    change, programme = await _lock(change_id)
    refusal = _("预算变更的提出与确认须由两人分别完成。")
    await decide(change, Verdict.REJECTED, by=by, reason=reason.strip(), refusal=refusal)
    await _log(BudgetVerb.REJECT_CHANGE, change, by=by)
    await notify(
        _("%(name)s 的预算变更被退回：%(reason)s", name=programme.name, reason=change.reason),
        now=by.now,
        address=f"/desk/budgets/{programme.slug}/{change.budget.year}",
        user_ids=[change.proposed_by_id],
    )
    return change


async def list_changes(budget: Budget) -> list[BudgetChange]:
    """Return the changes of a budget, and what was carried over into it, the oldest first."""
    rows = BudgetChange.filter(budget_id=budget.id).select_related(
        "budget", "target", "proposed_by", "decided_by"
    )
    carried_in = BudgetChange.filter(target_id=budget.id).select_related(
        "budget", "target", "proposed_by", "decided_by"
    )
    return sorted([*await rows, *await carried_in], key=lambda change: (change.proposed_at, change.id))


def effect_on(change: BudgetChange, budget: Budget) -> int:
    """Return by how many fen a confirmed change alters a budget. Pure."""
    is_gain = change.kind is BudgetChangeKind.INCREASE or change.target_id == budget.id
    amount: int = change.amount
    return amount if is_gain else -amount


async def _released(slug: str, year: int) -> Budget:
    budget = await Budget.get_or_none(programme__slug=slug, year=year).select_related("programme")
    if budget is None or not budget.is_confirmed:
        raise Conflict(_("%(year)s 年的预算还没有下达。", year=year))
    return budget


async def _lock(change_id: UUID) -> tuple[BudgetChange, Programme]:
    change = await BudgetChange.filter(id=change_id).select_for_update().first()
    if change is None:
        raise NotFound(_("没有这项预算变更。"))
    await change.fetch_related("budget__programme", "target")
    ids = [identity for identity in (change.budget_id, change.target_id) if identity]
    await Budget.filter(id__in=ids).order_by("id").select_for_update()
    return change, change.budget.programme


def _accounts(change: BudgetChange, slug: str) -> tuple[str, str]:
    """Return the accounts that the change is debited and credited to."""
    own, granted = budget_account(slug, change.budget.year), granted_account(slug, change.budget.year)
    if change.kind is BudgetChangeKind.INCREASE:
        return granted, own
    if change.target is not None:
        return own, budget_account(slug, change.target.year)
    return own, granted


async def _log(verb: BudgetVerb, change: BudgetChange, *, by: By) -> None:
    await record(
        "budget",
        change.budget_id,
        verb,
        by=by,
        change=str(change.id),
        kind=change.kind.value,
        amount=change.amount,
        document=change.document_number,
        reason=change.reason or change.ground,
    )
