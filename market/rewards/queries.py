from __future__ import annotations

from datetime import date
from uuid import UUID

from tortoise.query_utils import Prefetch

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.contracts.models import Contract, ContractChange, Receipt
from market.deals.models import ContractKind
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.rewards.models import RewardPlan, RewardRule, RewardShare
from market.rewards.rules import Deduction, Floors, PersonShare, Sharing, UnitShare
from market.rewards.states import RewardKind, RewardStatus


async def get_plan_for(actor: Actor, number: str) -> RewardPlan:
    """Return a plan with its contract and shares, for its unit and auditors.

    Raises:
        NotFound: there is none, or it is another unit's.
    """
    plan = await (
        RewardPlan.get_or_none(number=number)
        .select_related("contract__deal__buyer", "contract__deal__seller", "organisation", "rule")
        .select_related("proposed_by", "decided_by")
        .prefetch_related(Prefetch("shares", queryset=RewardShare.all().order_by("sequence")))
    )
    if plan is None or not (actor.acts_for(plan.organisation_id) or Role.AUDITOR in actor.roles):
        raise NotFound(_("没有这份收益分配，或者您不能查看它。"))
    return plan


async def get_contract_to_share(actor: Actor, number: str) -> Contract:
    """Return a contract whose income the person's unit shares.

    Raises:
        NotFound: there is none, or the unit is not its seller.
    """
    contract = await Contract.get_or_none(number=number).select_related(
        "deal__seller", "deal__buyer", "deal__outcome"
    )
    if contract is None or not actor.acts_for(contract.deal.seller_id):
        raise NotFound(_("没有这份合同，或者您不能分配它的收益。"))
    return contract


async def list_plans(actor: Actor, page_request: PageRequest, status: str = "") -> Page[RewardPlan]:
    """Return the plans of the person's unit (of all, for an auditor), newest first."""
    plans = RewardPlan.all()
    if Role.AUDITOR not in actor.roles:
        plans = (
            plans.filter(organisation_id=actor.organisation_id) if actor.may_sell else plans.filter(id__in=[])
        )
    if status in set(RewardStatus):
        plans = plans.filter(status=status)
    items = (
        await plans.order_by("-proposed_at", "-number")
        .offset(page_request.offset)
        .limit(page_request.size)
        .select_related("contract", "organisation")
    )
    return page_request.page(items, await plans.count())


async def open_income(contract: Contract) -> int:
    """Return the income that can still be shared, in minor units.

    That is what was received, or the agreed value of equity, less the income of plans
    that were not cancelled.
    """
    if kind_of(contract) is RewardKind.EQUITY:
        total: int = contract.contract_amount
    else:
        total = sum(
            [int(row["amount"]) for row in await Receipt.filter(contract_id=contract.id).values("amount")]
        )
    plans = await RewardPlan.filter(contract_id=contract.id).exclude(status=RewardStatus.CANCELLED)
    return total - sum(int(plan.income_amount) for plan in plans)


def kind_of(contract: Contract) -> RewardKind:
    """Return the kind of reward for a contract: equity for one paid in shares, else cash."""
    return RewardKind.EQUITY if contract.kind is ContractKind.EQUITY else RewardKind.CASH


async def list_rules(organisation_id: UUID | None) -> list[RewardRule]:
    """Return a unit's own rules, the newest version first."""
    return await RewardRule.filter(organisation_id=organisation_id).order_by("-version")


async def floors_of(organisation_id: UUID, today: date) -> tuple[Floors, RewardRule | None]:
    """Return the floors by the unit's rules in force today, or by law alone, with the rule if any."""
    rule = (
        await RewardRule.filter(organisation_id=organisation_id, valid_from__lte=today)
        .order_by("-version")
        .first()
    )
    if rule is None:
        return Floors(), None
    source = f"{rule.title}{rule.document_number}"
    return Floors(rule.pot_basis_points, rule.equity_basis_points, rule.main_basis_points, source), rule


def sharing_of(plan: RewardPlan) -> Sharing:
    """Return the sharing of a stored plan; its shares must be fetched."""
    return Sharing(
        kind=plan.kind,
        income=plan.net + type(plan.net)(plan.income_amount - plan.net_amount, plan.currency),
        deductions=tuple(
            Deduction(str(row["kind"]), str(row["note"]), int(str(row["amount"]))) for row in plan.deductions
        ),
        pot=plan.pot_basis_points,
        people=tuple(
            PersonShare(share.name, share.is_main, share.work, share.basis_points, share.account)
            for share in plan.shares
        ),
        units=tuple(UnitShare(str(row["name"]), int(str(row["basis_points"]))) for row in plan.units),
    )


async def is_rescinded(contract_id: UUID) -> bool:
    """Return whether the contract was rescinded: its income is not shared any more."""
    return await ContractChange.exists(contract_id=contract_id, kind="rescission", effective_at__isnull=False)
