"""Targets of years: drafted and split by the operator, issued by the approver, amended by versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify_staff
from market.accounts.models import Organisation, OrganisationKind, OrganisationStatus, StaffRole
from market.audit.log import record
from market.codes.labels import label
from market.codes.numbers import next_number
from market.codes.regions import GUANGXI, cities_of, name
from market.deals.models import ContractKind
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import allocate
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition
from market.targets.definitions import definition_of_year
from market.targets.models import TargetDefinition, TargetPlan, TargetShare
from market.targets.reminders import clear_reminders, set_reminders
from market.targets.states import PlanAction, PlanStatus, PlanVerb, ScopeKind, TargetAct

MOST_WEIGHT = 1_000_000
MOST_TOTAL = 1_000_000
RESEARCH = (OrganisationKind.UNIVERSITY, OrganisationKind.INSTITUTE)
"""Units that get a target of their own; deeds of others count for their city."""
KIND = TargetPlan.record_kind


@atomic()
async def draft_plan(year: int, title: str, total: int, *, by: By) -> TargetPlan:
    """Begin the target of a year, or a further version of one that is issued, with the shares of the last.

    Raises:
        Invalid: at `year`: no definition is in force.
        Conflict: a version of the year is being drafted or waits.
    """
    by.actor.require(TargetAct.MANAGE_TARGETS)
    definition = await definition_of_year(year)
    if definition is None:
        raise Invalid(_("这一年还没有确认过的指标口径。"), field="year")
    earlier = await TargetPlan.filter(year=year).order_by("-version").select_for_update()
    if any(plan.status in (PlanStatus.DRAFT, PlanStatus.WAITING) for plan in earlier):
        raise Conflict(_("这一年已有一版目标在拟定或待批准。"))
    plan = await TargetPlan.create(
        id=uuid4(),
        number=await next_number(KIND, by.now),
        year=year,
        version=len(earlier) + 1,
        title=title,
        total=total,
        definition_id=definition.id,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
        updated_at=by.now,
    )
    await begin(plan, by=by)
    await record(KIND, plan.id, PlanVerb.CREATE, by=by, year=year, version=plan.version, total=total)
    if earlier:
        for scope_kind in ScopeKind:
            shares = await TargetShare.filter(plan_id=earlier[0].id, scope_kind=scope_kind)
            if shares:
                await _write_shares(plan, scope_kind, {share.key: share.weight for share in shares})
    return plan


@atomic()
async def edit_plan(number: str, title: str, total: int, *, by: By) -> TargetPlan:
    """Change title and total of a draft; its shares follow by the same weights.

    Raises:
        Conflict: it is no draft any more.
    """
    plan = await _lock_draft(number, by=by)
    plan.title, plan.total, plan.updated_at = title, total, by.now
    await plan.save(update_fields=["title", "total", "updated_at"])
    for scope_kind, weights in (await weights_of(plan)).items():
        await _write_shares(plan, scope_kind, weights)
    await record(KIND, plan.id, PlanVerb.EDIT, by=by, total=total)
    return plan


@atomic()
async def split_plan(number: str, scope_kind: ScopeKind, weights: Mapping[str, int], *, by: By) -> TargetPlan:
    """Split a draft's total over cities, units or kinds in proportion to weights, by largest remainder.

    Raises:
        Invalid: at `weights`: none is above zero, one is out of range, or a key is unknown.
        Conflict: it is no draft any more.
    """
    plan = await _lock_draft(number, by=by)
    known = {key for key, _words in await keys_of(scope_kind)}
    if not known.issuperset(weights):
        raise Invalid(_("有不认识的市、单位或类别。"), field="weights")
    if any(not 0 <= weight <= MOST_WEIGHT for weight in weights.values()):
        raise Invalid(_("权数应是 0 到 1,000,000 之间的整数。"), field="weights")
    if not any(weights.values()):
        raise Invalid(_("至少要有一个权数大于 0。"), field="weights")
    await _write_shares(plan, scope_kind, weights)
    plan.updated_at = by.now
    await plan.save(update_fields=["updated_at"])
    await record(KIND, plan.id, PlanVerb.SPLIT, by=by, scope=scope_kind.value, parts=len(weights))
    return plan


@atomic()
async def submit_plan(number: str, *, by: By) -> TargetPlan:
    """Submit a draft that is split over the cities to the approver.

    Raises:
        Invalid: it is not split over the cities yet.
        Conflict: it is no draft any more.
    """
    plan = await _lock_draft(number, by=by)
    if not await TargetShare.exists(plan_id=plan.id, scope_kind=ScopeKind.CITY):
        raise Invalid(_("请先把目标分解到各市。"))
    await transition(
        plan, PlanAction.SUBMIT, by=by, changes={"proposed_by_id": by.actor.user_id, "proposed_at": by.now}
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("%(title)s（第 %(version)s 版）等您批准下达。", title=plan.title, version=plan.version),
        now=by.now,
        address=f"/backoffice/targets/{plan.number}",
    )
    return plan


@atomic()
async def decide_plan(number: str, verdict: Verdict, *, reason: str = "", by: By) -> TargetPlan:
    """Issue a target, which replaces the version before, or return it, for the approver.

    Raises:
        SamePerson: the person submitted it.
        Conflict: it does not wait any more.
        Invalid: at `reason`, which a return must have.
    """
    by.actor.require(TargetAct.DECIDE_TARGETS)
    plan = await _lock(number)
    if plan.status is not PlanStatus.WAITING:
        raise Conflict(str(plan.workflow.refusal))
    await decide(plan, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        return await transition(plan, PlanAction.RETURN, by=by, note=reason)
    replaced = await TargetPlan.filter(year=plan.year, status=PlanStatus.ISSUED).select_for_update().first()
    if replaced is not None:
        await transition(replaced, PlanAction.REPLACE, by=by, version=plan.version)
        await clear_reminders(replaced)
    await set_reminders(plan)
    return await transition(plan, PlanAction.ISSUE, by=by)


async def issued_plan(year: int) -> TargetPlan | None:
    """Return the target of a year that is in force."""
    return await TargetPlan.filter(year=year, status=PlanStatus.ISSUED).select_related("definition").first()


async def definition_in_force(year: int) -> TargetDefinition | None:
    """Return the definition by which a year is counted: its target's, else the one in force at its end."""
    plan = await issued_plan(year)
    return plan.definition if plan else await definition_of_year(year)


async def issued_years() -> list[int]:
    """Return the years with a target in force, the newest first."""
    years = await TargetPlan.filter(status=PlanStatus.ISSUED).order_by("-year").values_list("year", flat=True)
    return [int(str(year)) for year in years]


async def get_plan(number: str) -> TargetPlan:
    """Return a target with its definition and who drafted and issued it.

    Raises:
        NotFound: there is none of this number.
    """
    plan = (
        await TargetPlan.filter(number=number)
        .select_related("definition", "proposed_by", "decided_by")
        .first()
    )
    if plan is None:
        raise NotFound(_("没有这份目标。"))
    return plan


async def get_plan_for(actor: Actor, number: str) -> TargetPlan:
    """Return a target for the department.

    Raises:
        NotFound: there is none of this number.
    """
    actor.require(TargetAct.READ_DEEDS)
    return await get_plan(number)


async def list_plans() -> list[TargetPlan]:
    """Return all versions of all years, the newest first."""
    return await TargetPlan.all().select_related("definition").order_by("-year", "-version")


async def shares_of(plan: TargetPlan) -> dict[ScopeKind, list[TargetShare]]:
    """Return the shares of a target by what it is split over, the largest first."""
    shares = await TargetShare.filter(plan_id=plan.id).order_by("-target", "key")
    return {
        kind: sorted(
            (share for share in shares if share.scope_kind is kind),
            key=lambda share: (share.key if kind is ScopeKind.CITY else "", -share.target, share.key),
        )
        for kind in ScopeKind
    }


async def weights_of(plan: TargetPlan) -> dict[ScopeKind, dict[str, int]]:
    """Return the weights of a target's shares, of what it is split over."""
    shares = await shares_of(plan)
    return {kind: {share.key: share.weight for share in rows} for kind, rows in shares.items() if rows}


async def keys_of(scope_kind: ScopeKind) -> Sequence[tuple[str, str]]:
    """Return what a target may be split over: keys with their words."""
    if scope_kind is ScopeKind.CITY:
        return [(code[:4], name(code)) for code in cities_of(GUANGXI)]
    if scope_kind is ScopeKind.KIND:
        return [(kind.value, label("contract_kind", kind.value)) for kind in ContractKind]
    units = await Organisation.filter(
        status=OrganisationStatus.VERIFIED, kind__in=list(RESEARCH), region__startswith=GUANGXI[:2]
    ).order_by("name")
    return [(str(unit.id), unit.name) for unit in units]


async def _write_shares(plan: TargetPlan, scope_kind: ScopeKind, weights: Mapping[str, int]) -> None:
    """Replace what a draft is split into along one dimension; parts of weight 0 are left out."""
    rows = sorted((key, weight) for key, weight in weights.items() if weight)
    await TargetShare.filter(plan_id=plan.id, scope_kind=scope_kind).delete()
    await TargetShare.bulk_create(
        [
            TargetShare(
                id=uuid4(), plan_id=plan.id, scope_kind=scope_kind, key=key, weight=weight, target=target
            )
            for (key, weight), target in zip(
                rows, allocate(plan.total, [weight for _key, weight in rows]), strict=True
            )
        ]
    )


async def _lock(number: str) -> TargetPlan:
    plan = await TargetPlan.filter(number=number).select_for_update().first()
    if plan is None:
        raise NotFound(_("没有这份目标。"))
    return plan


async def _lock_draft(number: str, *, by: By) -> TargetPlan:
    by.actor.require(TargetAct.MANAGE_TARGETS)
    plan = await _lock(number)
    if plan.status is not PlanStatus.DRAFT:
        raise Conflict(_("这份目标已经提交，不能再改；要改请拟新的一版。"))
    return plan
