"""Budgets of a programme's year: drafted, released, and changed (追加、调减、结转) by two persons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.figures import BUDGET_FIGURES
from market.budgets.models import Budget, BudgetChange
from market.budgets.states import BudgetChangeKind, BudgetVerb
from market.kit.clock import local_date
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.kit.money import HOME, Money
from market.ledger import transfers as book
from market.programmes.catalogue import get_programme
from market.programmes.models import Programme
from market.programmes.states import ProgrammeAct
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.figures import FigureValue, Period, measure

MONTHS = 12
WAN = 10_000
"""Yuan in 万元."""


@dataclass(frozen=True)
class BudgetDetails:
    """Where a budget comes from, how it is classified, and when it is planned to be paid."""

    source: str = ""
    functional_code: str = ""
    economic_code: str = ""
    months: list[int] | None = None
    """Twelve amounts in fen."""


@atomic()
async def draft_budget(
    slug: str, *, year: int, amount: int, details: BudgetDetails | None = None, by: By
) -> Budget:
    """Draft the pot of one programme in one fiscal year; nothing can be reserved before it is released.

    Raises:
        Invalid: the months do not add up to the budget.
        Conflict: the year's budget was released already.
    """
    by.actor.require(ProgrammeAct.DRAFT_TERMS)
    details = details or BudgetDetails()
    if details.months is not None and (len(details.months) != MONTHS or sum(details.months) != amount):
        raise Invalid(_("十二个月的用款计划合计应等于预算金额。"), field="months")
    programme = await get_programme(slug)
    await Programme.filter(id=programme.id).select_for_update().first()
    budget = await Budget.filter(programme_id=programme.id, year=year).select_for_update().first()
    if budget is not None and budget.is_confirmed:
        raise Conflict(_("这一年的预算已经下达，增减请用追加、调减或结转。"))
    if budget is None:
        budget = Budget(id=uuid4(), programme_id=programme.id, year=year)
    budget.amount, budget.proposed_by_id, budget.proposed_at = amount, by.actor.user_id, by.now
    budget.source = details.source
    budget.months = details.months  # type: ignore[assignment]  # a JSON column that may be null
    budget.functional_code, budget.economic_code = details.functional_code, details.economic_code
    await budget.save()
    await record(
        "budget",
        budget.id,
        BudgetVerb.DRAFT,
        by=by,
        programme=slug,
        year=year,
        amount=amount,
        source=details.source,
        functional_code=details.functional_code,
        economic_code=details.economic_code,
        months=details.months,
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("%(year)s 年 %(name)s 预算待下达。", year=year, name=programme.name),
        now=by.now,
        address="/desk/budgets",
    )
    return budget


@atomic()
async def release_budget(budget_id: UUID, *, by: By) -> Budget:
    """Release a budget, by a second person, and book the appropriation.

    Raises:
        SamePerson: the actor drafted it.
        Conflict: it was released already.
    """
    by.actor.require(ProgrammeAct.RELEASE_TERMS)
    budget = await Budget.filter(id=budget_id).select_for_update().first()
    if budget is None:
        raise NotFound(_("没有这项预算。"))
    await decide(budget, Verdict.CONFIRMED, by=by, refusal=_("预算的拟定与下达须由两人分别完成。"))
    programme = await Programme.get(id=budget.programme_id)
    await book.post(
        "budget_released",
        Money(budget.amount),
        debit=granted_account(programme.slug, budget.year),
        credit=budget_account(programme.slug, budget.year),
        reference=f"budget:{budget.id}",
        at=by.now,
        subject=("budget", budget.id),
    )
    await record("budget", budget.id, BudgetVerb.RELEASE, by=by, amount=budget.amount)
    return budget


def granted_account(slug: str, year: int) -> str:
    return f"granted:{slug}:{year}"


def budget_account(slug: str, year: int) -> str:
    return f"budget:{slug}:{year}"


def reserved_account(slug: str, year: int) -> str:
    return f"reserved:{slug}:{year}"


@dataclass(frozen=True)
class BudgetRow:
    """One budget with its figures by key, such as what is available."""

    budget: Budget
    figures: Mapping[str, FigureValue]

    @property
    def available(self) -> int:
        return self.figures["available"].money.amount


async def list_budgets() -> list[BudgetRow]:
    """Return all budgets with their figures, the newest year first."""
    budgets = await Budget.all().select_related("programme", "proposed_by", "decided_by").order_by("-year")
    figures = {
        (year, group.key["programme"]): group.values
        for year in {budget.year for budget in budgets}
        for group in await measure(BUDGET_FIGURES, Period.of_year(year), by=("programme",))
    }
    return [BudgetRow(budget, figures[budget.year, budget.programme.slug]) for budget in budgets]


async def list_budgets_of(year: int) -> list[BudgetRow]:
    """Return the budgets of one year with their figures."""
    budgets = await Budget.filter(year=year).select_related("programme", "proposed_by", "decided_by")
    groups = await measure(BUDGET_FIGURES, Period.of_year(year), by=("programme",)) if budgets else []
    figures = {group.key["programme"]: group.values for group in groups}
    return [BudgetRow(budget, figures[budget.programme.slug]) for budget in budgets]


async def get_budget(slug: str, year: int) -> BudgetRow:
    """Return one budget with its figures.

    Raises:
        NotFound: there is none.
    """
    budget = await Budget.get_or_none(programme__slug=slug, year=year).select_related(
        "programme", "proposed_by", "decided_by"
    )
    if budget is None:
        raise NotFound(_("没有这项预算。"))
    (group,) = await measure(BUDGET_FIGURES, Period.of_year(year), {"programme": slug}, by=("programme",))
    return BudgetRow(budget, group.values)


async def released_years(slug: str) -> list[int]:
    """Return the fiscal years in which a programme has a released budget, the newest first."""
    rows = await Budget.filter(programme__slug=slug, verdict=Verdict.CONFIRMED).order_by("-year")
    return [budget.year for budget in rows]


async def default_fiscal_year(slug: str, claim_year: int, now: datetime) -> int:
    """Return this year if it is after the claims' year and its budget is released, else the claims' year."""
    this_year = local_date(now).year
    return this_year if this_year > claim_year and this_year in await released_years(slug) else claim_year


async def paid_by_month(budget: Budget) -> dict[str, int]:
    """Return what was paid from a budget, in fen by month of payment (`2026-03`)."""
    rows = await connection().execute_query_dict(
        "SELECT to_char(d.ended_on, 'YYYY-MM') AS month, sum(d.amount) AS amount "
        "FROM disbursements d JOIN claims c ON c.id = d.claim_id JOIN batches b ON b.id = c.batch_id "
        "WHERE d.status = 'paid' AND b.programme_id = $1 AND b.fiscal_year = $2 "
        "GROUP BY month ORDER BY month",
        [budget.programme_id, budget.year],
    )
    return {row["month"]: int(row["amount"]) for row in rows}


def parse_months(text: str) -> list[int] | None:
    """Return twelve amounts in fen from as many in 万元 with spaces or commas between; None if empty.

    Raises:
        Invalid: at `months`, where there are not twelve, or one is no amount.
    """
    parts = re.split(r"[\s,，、;；]+", text.strip())
    if parts == [""]:
        return None
    try:
        amounts = [Money.parse(part, HOME, unit=WAN).amount for part in parts]
    except ValueError:
        amounts = []
    if len(amounts) != MONTHS or min(amounts) < 0:
        raise Invalid(_("请填十二个月的金额（万元），没有的月份填 0。"), field="months")
    return amounts


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
