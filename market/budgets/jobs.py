"""Jobs that run the stages of a year run."""

from __future__ import annotations

from uuid import UUID

from market.accounts.actors import load_actor
from market.budgets import year_runs
from market.deps import Deps
from market.kit.jobs import job
from market.records.by import By

COMPUTE = "budgets.compute_year"
RECHECK = "budgets.recheck_year"


@job(COMPUTE)
async def compute_year(deps: Deps, run_id: str, user_id: str) -> None:
    """Compute what the run has not computed yet; resumable."""
    actor = await load_actor(UUID(user_id))
    await year_runs.compute_all(UUID(run_id), by=By(actor, deps.clock()))


@job(RECHECK)
async def recheck_year(deps: Deps, run_id: str, user_id: str) -> None:
    """Carry out the signature of a run, then put what was rechecked on one list."""
    actor = await load_actor(UUID(user_id))
    now = deps.clock()
    run = await year_runs.recheck_signed(UUID(run_id), by=By(actor, now))
    await year_runs.list_all(run.id, by=By(actor, now))
