from market.audit.roots import make_missing_roots
from market.deps import Deps
from market.kit.jobs import job


@job("audit.publish_roots", cron="12 * * * *")
async def publish_roots(deps: Deps) -> None:
    """Publish the roots of past days. Runs hourly, because the demo's clock may jump."""
    await make_missing_roots(now=deps.clock())
