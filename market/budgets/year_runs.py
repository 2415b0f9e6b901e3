"""Bulk runs of a programme's year: computed, signed by a second person, put on one list.

Each claim is a transaction of its own and its status tells how far it is, so an interrupted run resumes and
ends the same. Claims that are refused are left to the desk, with the reason.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.accounts.permissions import AccountAct
from market.audit.log import record
from market.budgets.annual_budgets import budget_account
from market.budgets.batches import LISTABLE, make_batch
from market.budgets.models import Budget, RunStage, YearRun
from market.budgets.run_signing import compare_sheet, require_signed
from market.budgets.states import BudgetAct, YearRunVerb
from market.claims.claim_facts import facts_of
from market.claims.computation import compute_claim as compute_facts
from market.claims.desk_review import calculate, recheck
from market.claims.expert_panel import verdict_for
from market.claims.models import Claim
from market.claims.states import ClaimAct, ClaimStatus
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, MarketError, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.ledger import transfers as book
from market.programmes.catalogue import compiled, get_programme
from market.programmes.facts import FactsError
from market.programmes.models import Programme
from market.programmes.rule_terms import TermError
from market.records.by import By

PROGRESS_STEP = 25
"""Claims between two updates of the stored progress."""
ProgressCallback = Callable[[str, int, int], None]


@dataclass
class RunPlan:
    """The result of a dry run."""

    programme: str
    year: int
    to_compute: int = 0
    to_recheck: int = 0
    to_list: int = 0
    elsewhere: dict[str, int] = field(default_factory=dict)
    """Claims the run does not touch, by status."""
    award: int = 0
    """What all of them would be awarded before the pot."""
    provisional: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    available: int | None = None
    """What the year's budget has to give; None while it is not released."""

    @property
    def is_short(self) -> bool:
        return self.available is not None and self.award > self.available


async def plan_run(
    slug: str, year: int, *, rate: int | None = None, fiscal_year: int | None = None
) -> RunPlan:
    """Compute every claim of the year without storing anything, and return what a run would do (dry run).

    `fiscal_year` is that of the budget that would pay; None: the claims' year.
    """
    programme = await get_programme(slug)
    plan = RunPlan(slug, year)
    rows = await Claim.filter(programme_id=programme.id, year=year).select_related("terms").order_by("number")
    for claim in rows:
        if claim.status is ClaimStatus.ACCEPTED:
            plan.to_compute += 1
            await _try(claim, rate, plan)
        elif claim.status is ClaimStatus.CALCULATED:
            plan.to_recheck += 1
            plan.award += claim.award_amount or 0
        elif claim.status in LISTABLE and claim.batch_id is None:
            plan.to_list += 1
            plan.award += claim.award_amount or 0
        else:
            plan.elsewhere[claim.status.value] = plan.elsewhere.get(claim.status.value, 0) + 1
    budget = await Budget.get_or_none(programme_id=programme.id, year=fiscal_year or year)
    if budget is not None and budget.is_confirmed:
        plan.available = (await book.available(budget_account(slug, budget.year))).amount
    return plan


async def _try(claim: Claim, rate: int | None, plan: RunPlan) -> None:
    terms = compiled(claim.terms)
    try:
        verdict = await verdict_for(claim.id, terms)
        if verdict.blocks_computation:
            raise TermError(verdict.blocks_computation)
        rate = verdict.rate if verdict.rate is not None else rate
        if terms.needs_rate and rate is None:
            raise TermError(_("所见文本未载比例，请填核定的比例。"))
        result = compute_facts(await facts_of(claim), terms, rate)
    except (TermError, FactsError) as fault:
        plan.refused[claim.number] = str(fault)
        return
    plan.award += result["award"]
    plan.provisional += result["provisional"]


async def get_run(actor: Actor, run_id: UUID) -> YearRun:
    """Return one run, for the desk."""
    actor.require(AccountAct.SEE_DESK)
    run = await YearRun.get_or_none(id=run_id).select_related(
        "programme", "proposed_by", "decided_by", "batch"
    )
    if run is None:
        raise NotFound(_("没有这次年度核算。"))
    return run


async def list_runs() -> list[YearRun]:
    """Return the runs, the newest first."""
    return await YearRun.all().select_related("programme", "batch").order_by("-proposed_at").limit(100)


@atomic()
async def open_run(slug: str, year: int, *, rate: int | None = None, by: By) -> YearRun:
    """Start a run of a programme's year, or return its unfinished one."""
    by.actor.require(ClaimAct.CALCULATE)
    programme = await get_programme(slug)
    await Programme.filter(id=programme.id).select_for_update().first()
    unfinished = await YearRun.get_or_none(programme_id=programme.id, year=year, ended_at=None)
    if unfinished is not None:
        return unfinished
    run = await YearRun.create(
        id=uuid4(),
        programme_id=programme.id,
        year=year,
        left={},
        rate_basis_points=rate,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("terms", programme.id, YearRunVerb.START_YEAR_RUN, by=by, programme=slug, year=year)
    return run


async def compute_all(run_id: UUID, *, by: By, on_progress: ProgressCallback | None = None) -> YearRun:
    """Compute every accepted claim of the run's year; resumable.

    Raises:
        Conflict: the run is past this stage.
    """
    by.actor.require(ClaimAct.CALCULATE)
    run = await YearRun.get(id=run_id).select_related("programme")
    if run.stage is not RunStage.COMPUTE:
        return run

    async def process(number: str) -> None:
        claim = await Claim.get(number=number).select_related("terms")
        terms = compiled(claim.terms)
        rate = run.rate_basis_points if terms.one_rate or terms.needs_rate else None
        await calculate(
            number,
            rate_basis_points=rate,
            decision=source_text(_("%(year)s 年度核算统一比例", year=run.year)) if rate is not None else "",
            by=by,
        )

    await _process_claims(
        run, [ClaimStatus.ACCEPTED], [ClaimStatus.CALCULATED, *LISTABLE], process, on_progress
    )
    run = await _advance_stage(run.id, RunStage.RECHECK)
    await notify_staff(
        StaffRole.RECHECKER,
        _("年度核算已完成，待抽样复核和签署。"),
        now=by.now,
        address=f"/desk/runs/{run.id}",
    )
    return run


async def recheck_signed(run_id: UUID, *, by: By, on_progress: ProgressCallback | None = None) -> YearRun:
    """Carry out the signature of a run: confirm each signed computation that still agrees; resumable.

    Raises:
        SamePerson: the actor computed the run.
        Forbidden: another person signed it.
        Conflict: the run is not computed, or nobody has signed it.
    """
    by.actor.require(ClaimAct.RECHECK)
    run = await YearRun.get(id=run_id).select_related("programme")
    if run.stage in (RunStage.LIST, RunStage.DONE):
        return run
    if run.stage is not RunStage.RECHECK:
        raise Conflict(_("这次年度核算还没有核算完。"))
    signed = await require_signed(run, by)

    async def process(number: str) -> None:
        if number not in signed:
            raise Invalid(_("没有签署，须逐份复核。"))
        comparison = await compare_sheet(await Claim.get(number=number))
        if comparison.faults:
            raise Invalid(comparison.faults[0])
        await recheck(number, sequence=signed[number], by=by)

    await _process_claims(run, [ClaimStatus.CALCULATED], list(LISTABLE), process, on_progress)
    return await _advance_stage(run.id, RunStage.LIST)


@atomic()
async def list_all(run_id: UUID, *, by: By) -> YearRun:
    """Put every rechecked claim of the year on one list, once, and end the run."""
    by.actor.require(BudgetAct.MAKE_LIST)
    run = await YearRun.filter(id=run_id).select_for_update().get()
    if run.stage is RunStage.DONE:
        return run
    if run.stage is not RunStage.LIST:
        raise Conflict(_("这次年度核算还没有复核完。"))
    programme = await Programme.get(id=run.programme_id)
    numbers = (
        await Claim.filter(
            programme_id=run.programme_id, year=run.year, status__in=list(LISTABLE), batch_id=None
        )
        .order_by("number")
        .values_list("number", flat=True)
    )
    if numbers:
        batch = await make_batch(
            programme.slug,
            year=run.year,
            claim_numbers=[str(number) for number in numbers],
            title="",
            by=by,
        )
        run.batch_id = batch.id
    run.stage, run.ended_at = RunStage.DONE, by.now
    await run.save(update_fields=["batch_id", "stage", "ended_at"])
    return run


async def _process_claims(
    run: YearRun,
    waiting: list[ClaimStatus],
    done_states: list[ClaimStatus],
    process: Callable[[str], Awaitable[None]],
    on_progress: ProgressCallback | None,
) -> None:
    """Process each waiting claim by number; store those refused with the reason."""
    base = Claim.filter(programme_id=run.programme_id, year=run.year)
    numbers = [
        str(number)
        for number in await base.filter(status__in=waiting)
        .order_by("number")
        .values_list("number", flat=True)
    ]
    before = await base.filter(status__in=done_states).count()
    refused = {number: why for number, why in (run.left or {}).items() if number not in numbers}
    await YearRun.filter(id=run.id).update(total=before + len(numbers), done=before)
    for place, number in enumerate(numbers, start=1):
        try:
            with in_source_language():
                await process(number)
        except MarketError as refusal:
            refused[number] = str(refusal)
        if place % PROGRESS_STEP == 0 or place == len(numbers):
            await YearRun.filter(id=run.id).update(done=before + place, left=refused)
        if on_progress is not None:
            on_progress(run.stage.value, place, len(numbers))


@atomic()
async def _advance_stage(run_id: UUID, stage: RunStage) -> YearRun:
    run = await YearRun.filter(id=run_id).select_for_update().get()
    order = list(RunStage)
    if order.index(run.stage) < order.index(stage):
        run.stage = stage
        await run.save(update_fields=["stage"])
    return run
