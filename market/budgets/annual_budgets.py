"""The pot of one programme in one year: drafted, released by a second person, and its balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.figures import BUDGET_FIGURES
from market.budgets.models import Budget
from market.budgets.verbs import BudgetVerb
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import services as book
from market.programmes.catalogue import get_programme
from market.programmes.models import Programme
from market.programmes.permissions import ProgrammeAct
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.figures import FigureValue, Period, measure


@atomic()
async def draft_budget(slug: str, *, year: int, amount: int, by: By) -> Budget:
    """Draft the pot of one programme in one year; nothing can be reserved before it is released.

    Raises:
        Conflict: the year's budget was released already.
    """
    by.actor.require(ProgrammeAct.DRAFT_TERMS)
    programme = await get_programme(slug)
    await Programme.filter(id=programme.id).select_for_update().first()
    budget = await Budget.filter(programme_id=programme.id, year=year).select_for_update().first()
    if budget is not None and budget.is_confirmed:
        raise Conflict(_("这一年的预算已经下达，不能再改。"))
    if budget is None:
        budget = await Budget.create(
            id=uuid4(),
            programme_id=programme.id,
            year=year,
            amount=amount,
            proposed_by_id=by.actor.user_id,
            proposed_at=by.now,
        )
    else:
        budget.amount, budget.proposed_by_id, budget.proposed_at = amount, by.actor.user_id, by.now
        await budget.save(update_fields=["amount", "proposed_by_id", "proposed_at"])
    await record("budget", budget.id, BudgetVerb.DRAFT, by=by, programme=slug, year=year, amount=amount)
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
        debit=f"granted:{programme.slug}:{budget.year}",
        credit=budget_account(programme.slug, budget.year),
        reference=f"budget:{budget.id}",
        at=by.now,
        subject=("budget", budget.id),
    )
    await record("budget", budget.id, BudgetVerb.RELEASE, by=by, amount=budget.amount)
    return budget


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
