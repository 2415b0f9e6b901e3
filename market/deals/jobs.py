"""What the worker does for deals: the daily digest of unread messages, at eight in the morning."""

from market.deals.digests import write_digests
from market.deps import Deps
from market.kit.jobs import job


@job("deals.digest", attempts=1, cron="0 0 * * *")
async def digest(deps: Deps) -> None:
    """Write the digests; run twice in a day it writes twice, so it is tried once only."""
    await write_digests(deps.clock())
