from market.backoffice.due import run_due
from market.deps import Deps
from market.kit.clock import BusinessClock
from market.kit.database import connection
from market.kit.jobs import job


@job("due.run", attempts=1, cron="* * * * *")
async def run(deps: Deps) -> None:
    """Do what time brings about, every minute; the next minute tries again what failed."""
    if isinstance(deps.clock, BusinessClock):
        # In a demo another process may have moved the clock.
        await deps.clock.load()
    await run_due(deps, deps.clock())


@job("jobs.sweep", cron="40 * * * *")
async def sweep(deps: Deps) -> None:
    """Forget why jobs failed that are gone."""
    await connection().execute_query(
        "DELETE FROM system_state WHERE key LIKE 'job_error:%' AND NOT EXISTS "
        "(SELECT 1 FROM procrastinate_jobs j WHERE key = 'job_error:' || j.id)"
    )
