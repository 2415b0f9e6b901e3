"""The nightly run over all organisations, and the weekly mail."""

from __future__ import annotations

from market.deps import Deps
from market.eligibility.runs import JOB, enqueue_run, run_to_end
from market.eligibility.telling import send_digest
from market.kit.database import in_transaction
from market.kit.jobs import job


@job(JOB)
async def run(deps: Deps) -> None:
    """Carry out the run that is under way."""
    await run_to_end(deps.clock())


@job("eligibility.nightly", cron="0 18 * * *")
async def nightly(deps: Deps) -> None:
    """Begin a run, at 02:00 in Nanning; one that was interrupted goes on."""
    async with in_transaction():
        await enqueue_run(deps.clock())


@job("eligibility.digest", cron="10 0 * * 1")
async def digest(deps: Deps) -> None:
    """Mail organisations what they were told in the week, on Monday at 08:10 in Nanning."""
    await send_digest(now=deps.clock())
