"""`python -m market year-run`: take a programme's year through the desk, or print what that would do."""

from __future__ import annotations

import sys

from market.accounts.actors import Actor, load_actor
from market.accounts.models import User
from market.budgets import year_runs
from market.budgets.annual_budgets import default_fiscal_year
from market.budgets.models import YearRun
from market.kit.errors import MarketError
from market.kit.money import Money
from market.records.by import By
from market.runtime import build_deps, running
from market.settings import Settings


async def main(
    settings: Settings, slug: str, year: int, *, officer: str, rechecker: str, rate: int | None, is_dry: bool
) -> int:
    """Compute, or with `is_dry` only plan; after a kill it resumes where it was.

    A second person signs what was computed, at the desk; `rechecker` has no effect.
    """
    if not is_dry and not officer:
        sys.stderr.write("who computes? --officer EMAIL, or --dry-run to see the plan\n")
        return 2
    deps = build_deps(settings)
    async with running(deps):
        try:
            if is_dry:
                fiscal_year = await default_fiscal_year(slug, year, deps.clock())
                _print(await year_runs.plan_run(slug, year, rate=rate, fiscal_year=fiscal_year))
                return 0
            now, who = deps.clock(), await _actor(officer)
            run = await year_runs.open_run(slug, year, rate=rate, by=By(who, now))
            run = await year_runs.compute_all(run.id, by=By(who, now), on_progress=_tell)
            if rechecker:
                sys.stderr.write("--rechecker has no effect: a second person signs the run at the desk\n")
        except MarketError as refusal:
            sys.stderr.write(f"{refusal}\n")
            return 1
        await _report(run)
    return 0


async def _actor(email: str) -> Actor:
    user = await User.get_or_none(email=email.strip().lower())
    if user is None:
        raise MarketError(f"nobody here has the address {email}")
    return await load_actor(user.id)


def _tell(stage: str, done: int, total: int) -> None:
    if done == total or done % 100 == 0:
        sys.stderr.write(f"{stage} {done:,}/{total:,}\n")


def _print(plan: year_runs.RunPlan) -> None:
    write = sys.stdout.write
    write(f"{plan.programme} {plan.year}: a dry run, nothing is written\n")
    write(f"to compute {plan.to_compute:,}, to recheck {plan.to_recheck:,}, to list {plan.to_list:,}\n")
    for status, count in sorted(plan.elsewhere.items()):
        write(f"untouched, {status}: {count:,}\n")
    write(f"awards {Money(plan.award).decimal}, of them waiting for facts {plan.provisional:,} claims\n")
    for number, why in sorted(plan.refused.items()):
        write(f"cannot be computed: {number}: {why}\n")
    if plan.available is None:
        write("the year's budget is not released\n")
    else:
        scaled = ", the list will be scaled to it" if plan.is_short else ""
        write(f"budget left {Money(plan.available).decimal}{scaled}\n")


async def _report(run: YearRun) -> None:
    run = await YearRun.get(id=run.id).select_related("batch")
    sys.stdout.write(f"stage {run.stage.value}\n")
    if run.batch is not None:
        sys.stdout.write(f"list {run.batch.number}\n")
    for number, why in sorted((run.left or {}).items()):
        sys.stdout.write(f"left: {number}: {why}\n")
