"""Budgets, lists of claims and orders to pay, as the desk reads them."""

from __future__ import annotations

from dataclasses import dataclass

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.budgets.models import Batch, Budget, Disbursement
from market.claims.models import Claim, ClaimStatus
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.ledger import services as book


async def get_batch(actor: Actor, number: str) -> Batch:
    """Return a list of claims, for the desk."""
    actor.require(AccountAct.SEE_DESK)
    batch = await Batch.get_or_none(number=number).select_related("programme", "confirmed_by", "approved_by")
    if batch is None:
        raise NotFound(_("没有这个批次。"))
    return batch


async def get_disbursement(actor: Actor, number: str) -> Disbursement:
    """Return one order to pay, for the desk."""
    actor.require(AccountAct.SEE_DESK)
    found = await Disbursement.get_or_none(number=number).select_related(
        "claim__applicant", "claim__programme", "claim__batch", "entered_by"
    )
    if found is None:
        raise NotFound(_("没有这笔拨付。"))
    return found


@dataclass(frozen=True)
class BudgetRow:
    """One budget with what the book says of it."""

    budget: Budget
    available: int
    reserved: int
    """Set aside and approved, not yet paid out."""
    paid: int

    @property
    def held(self) -> int:
        """Set aside for lists in publicity, not approved yet."""
        return int(self.budget.amount) - self.available - self.reserved - self.paid


async def list_budgets() -> list[BudgetRow]:
    """Return all budgets with what is left of them, the newest year first."""
    rows = await Budget.all().select_related("programme", "drafted_by", "released_by").order_by("-year")
    return [await _budget_row(row) for row in rows]


async def _budget_row(row: Budget) -> BudgetRow:
    if row.released_at is None:
        return BudgetRow(row, row.amount, 0, 0)
    key = f"{row.programme.slug}:{row.year}"
    available = (await book.available(f"budget:{key}")).amount
    reserved = (await book.balance(f"reserved:{key}")).amount
    paid = await Disbursement.filter(
        claim__programme_id=row.programme_id, claim__year=row.year, status="paid"
    ).values_list("amount", flat=True)
    return BudgetRow(row, available, reserved, sum(int(str(amount)) for amount in paid))


async def list_batches(status: str = "") -> list[Batch]:
    """Return the lists, the newest first, with their claims."""
    rows = Batch.filter(status=status) if status else Batch.all()
    return await rows.select_related("programme").prefetch_related("claims").order_by("-created_at")


async def list_listable() -> list[Claim]:
    """Return the rechecked claims that are on no list yet, by programme and year."""
    return (
        await Claim.filter(status__in=[ClaimStatus.RECHECKED, ClaimStatus.REVIEWED], batch_id=None)
        .select_related("programme", "applicant")
        .order_by("programme__slug", "-year", "number")
    )
