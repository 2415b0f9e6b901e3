"""The second officer's signature on a year run: sheets compared by the machine, a sample looked at.

The run itself rechecks nothing. What is signed are computations by their sequence; one that changed
afterwards, or that the machine finds fault with, is left to the desk.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from market.audit.log import record
from market.budgets.batches import LISTABLE
from market.budgets.models import RunStage, YearRun
from market.budgets.states import BudgetAct, YearRunVerb
from market.claims.claim_facts import facts_of
from market.claims.computation import compute_claim
from market.claims.models import Assessment, Claim
from market.claims.queries import last_assessment, latest_assessments
from market.claims.states import GRANTED, ClaimAct, ClaimStatus
from market.integrity.conflicts import conflicts_of
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import Page, PageRequest
from market.programmes.catalogue import compiled
from market.programmes.facts import FactsError
from market.programmes.rule_terms import TermError
from market.records.by import By
from market.records.decisions import Verdict, decide, require_second_person

SMALLEST_SAMPLE = 10
SAMPLE_ONE_IN = 20
"""At least ten sheets, and one in twenty (5 %). Settled for this market (issue 15); no law names a figure."""
REFUSAL = lazy("核算人不能复核自己的核算，请由另一人复核。")


class NotSigned(Conflict):
    """The run was computed, and no second person has signed it."""


@dataclass(frozen=True)
class SheetComparison:
    """One computed claim of a run, and where the machine's second computation differs from the first."""

    claim: Claim
    assessment: Assessment | None
    faults: tuple[str, ...]
    """Why the sheet cannot be signed; empty: facts, rules and result agree."""


@dataclass(frozen=True)
class Sample:
    """The sampled claims of a run by what became of them."""

    waiting: list[Claim]
    passed: list[Claim]
    failed: list[Claim]
    """Returned to the officer, asked for a supplement or ended: the sample has found something."""

    @property
    def is_passed(self) -> bool:
        return not self.waiting and not self.failed


async def compare_sheet(claim: Claim) -> SheetComparison:
    """Compute a computed claim a second time and compare it with what was stored; nothing is written."""
    assessment = await last_assessment(claim.id)
    if assessment is None:
        return SheetComparison(claim, None, (_("没有核算。"),))
    faults = []
    if claim.doubt_kinds:
        faults.append(_("有疑点，须逐份复核。"))
    if assessment.is_provisional:
        faults.append(_("还有条件待核，补齐事实并重新核算后才能复核。"))
    if not assessment.award_amount:
        faults.append(_("核算结果为零，请退回核算或作不予支持处理。"))
    if dict(assessment.facts) != await facts_of(claim):
        faults.append(_("核算以后申报的事实有变化，请退回重新核算。"))
    await claim.fetch_related("terms")
    stored: Mapping[str, Any] = assessment.result
    try:
        again = compute_claim(
            assessment.facts, compiled(claim.terms), stored.get("given", {}).get("rate_basis_points")
        )
    except (TermError, FactsError) as fault:
        faults.append(str(fault))
    else:
        if _figures(again) != _figures(stored):
            faults.append(_("按保存的事实和规则重新计算，结果与核算不同。"))
    return SheetComparison(claim, assessment, tuple(faults))


def _figures(result: Mapping[str, Any]) -> list[object]:
    """Return what of a result is money: the award, what is open, and each line of each contract."""
    return [
        result["award"],
        result["provisional"],
        [line["amount"] for line in result["lines"]],
        [
            [contract["no"], contract["award"], [line["amount"] for line in contract["lines"]]]
            for contract in result["contracts"]
        ],
    ]


async def compare_sheets(run: YearRun, page_request: PageRequest) -> Page[SheetComparison]:
    """Return a page of the run's computed claims, each compared by the machine, by number."""
    claims = _computed(run)
    total = await claims.count()
    claims = claims.order_by("number").select_related("applicant")
    rows = await claims.offset(page_request.offset).limit(page_request.size)
    return page_request.page([await compare_sheet(claim) for claim in rows], total)


async def read_sample(run: YearRun) -> Sample | None:
    """Return what became of the sampled claims; None while no sample is drawn."""
    if run.sample is None:
        return None
    sample = Sample([], [], [])
    for claim in await Claim.filter(number__in=run.sample).select_related("applicant").order_by("number"):
        if claim.status is ClaimStatus.CALCULATED:
            sample.waiting.append(claim)
        elif claim.status in (*LISTABLE, *GRANTED):
            sample.passed.append(claim)
        else:
            sample.failed.append(claim)
    return sample


@atomic()
async def draw_sample(run_id: UUID, *, by: By) -> YearRun:
    """Draw the sheets that the second person looks at one by one, by a recorded seed.

    They are rechecked, or returned, on their own pages. A new sample is drawn only after the last one found
    something.

    Raises:
        SamePerson: the actor computed the run.
        Conflict: the run is not computed, or signed, or a sample stands.
    """
    run = await _lock(run_id, by)
    sample = await read_sample(run)
    if sample is not None and not sample.failed:
        raise Conflict(_("样本已经抽取，请逐份复核。"))
    numbers = [claim.number for claim in await _to_sign(run, by)]
    size = min(len(numbers), max(SMALLEST_SAMPLE, -(-len(numbers) // SAMPLE_ONE_IN)))
    run.sample_seed = secrets.token_hex(16)
    run.sample = sample_of(numbers, size, run.sample_seed)
    await run.save(update_fields=["sample_seed", "sample"])
    await record(
        "terms",
        run.programme_id,
        YearRunVerb.DRAW_SAMPLE,
        by=by,
        run=run.id,
        seed=run.sample_seed,
        sheets=len(numbers),
        sample=run.sample,
    )
    return run


def sample_of(numbers: Sequence[str], size: int, seed: str) -> list[str]:
    """Return the sample that a seed draws from these numbers, in their order; anybody can draw it again."""
    return sorted(Random(seed).sample(sorted(numbers), size))  # noqa: S311 -- drawn again by the same seed


@atomic()
async def sign_run(run_id: UUID, *, by: By) -> YearRun:
    """Sign the computations of a run as they stand, by a second person whose sample has passed.

    Claims with doubts are not signed: the desk rechecks each by itself.

    Raises:
        SamePerson: the actor computed the run.
        Conflict: it is not computed, signed already, or the sample has not passed.
    """
    by.actor.require(BudgetAct.SIGN_RUN)
    run = await _lock(run_id, by)
    sample = await read_sample(run)
    if sample is None or not sample.is_passed:
        raise Conflict(_("请先逐份复核抽取的样本，样本全部一致后才能签署。"))
    ids = [claim.id for claim in await _to_sign(run, by)]
    run.signed = {row.claim.number: row.sequence for row in (await latest_assessments(ids)).values()}
    await run.save(update_fields=["signed"])
    await decide(run, Verdict.CONFIRMED, by=by, refusal=str(REFUSAL))
    await record(
        "terms",
        run.programme_id,
        YearRunVerb.SIGN_YEAR_RUN,
        by=by,
        run=run.id,
        sheets=len(run.signed),
        digest=hashlib.sha256(json.dumps(run.signed, sort_keys=True).encode()).hexdigest(),
    )
    return run


async def require_signed(run: YearRun, by: By) -> dict[str, int]:
    """Return what was signed, for the person who signed it.

    Raises:
        NotSigned: nobody has.
        SamePerson: the actor computed the run.
        Forbidden: another person signed it.
    """
    require_second_person(run, by=by, refusal=str(REFUSAL))
    if run.signed is None or not run.is_confirmed:
        raise NotSigned(_("这次年度核算还没有签署。"))
    if run.decided_by_id != by.actor.user_id:
        raise Forbidden(_("由签署的人继续办理。"))
    return run.signed


async def _lock(run_id: UUID, by: By) -> YearRun:
    by.actor.require(ClaimAct.RECHECK)
    run = await YearRun.filter(id=run_id).select_for_update().get()
    require_second_person(run, by=by, refusal=str(REFUSAL))
    if run.stage is not RunStage.RECHECK:
        raise Conflict(_("这次年度核算还没有核算完，或者已经复核完。"))
    if run.signed is not None:
        raise Conflict(_("这次年度核算已经签署。"))
    return run


async def _to_sign(run: YearRun, by: By) -> list[Claim]:
    """Return the computed claims without doubts that the person may decide on, by number."""
    claims = await _computed(run).filter(doubt_kinds="").order_by("number")
    conflicted = await conflicts_of(by, "claim", [claim.id for claim in claims])
    return [claim for claim in claims if claim.id not in conflicted]


def _computed(run: YearRun) -> QuerySet[Claim]:
    return Claim.filter(programme_id=run.programme_id, year=run.year, status=ClaimStatus.CALCULATED)
