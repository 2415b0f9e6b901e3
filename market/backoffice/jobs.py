"""Jobs of the back office: the sweep of deadlines each minute, the clean-up of stored job errors."""

from market.backoffice.deadlines import run_due
from market.deps import Deps
from market.kit.clock import BusinessClock
from market.kit.database import connection
from market.kit.jobs import job


@job("due.run", attempts=1, cron="* * * * *")
async def run(deps: Deps) -> None:
    """Run what is due, every minute; what failed is retried the next minute."""
    if isinstance(deps.clock, BusinessClock):
        # In a demo another process may have moved the clock.
        await deps.clock.load()
    await run_due(deps, deps.clock())


@job("jobs.sweep", cron="40 * * * *")
async def sweep(deps: Deps) -> None:
    """Delete the stored errors of jobs that are gone."""
    await connection().execute_query(
        "DELETE FROM system_state WHERE key LIKE 'job_error:%' AND NOT EXISTS "
        "(SELECT 1 FROM procrastinate_jobs j WHERE key = 'job_error:' || j.id)"
    )
