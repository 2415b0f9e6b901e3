from market.audit.services import make_missing_roots
from market.deps import Deps
from market.kit.jobs import job


@job("audit.publish_roots", cron="12 * * * *")
async def publish_roots(deps: Deps) -> None:
    """Publish the root of each day that is over. Asked hourly, because the demo's clock may jump."""
    await make_missing_roots(now=deps.clock())
