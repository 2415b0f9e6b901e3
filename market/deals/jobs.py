"""What the worker does for deals: the daily digest of unread messages, at eight in the morning.

Documents of listings are built by it too, and hold how many organisations care for them.
"""

from market.deals.counting import tell_of_needs, tell_of_outcomes
from market.deals.digests import write_digests
from market.deps import Deps
from market.kit.jobs import job
from market.listings.search import register_facts


@job("deals.digest", attempts=1, cron="0 0 * * *")
async def digest(deps: Deps) -> None:
    """Write the digests; run twice in a day it writes twice, so it is tried once only."""
    await write_digests(deps.clock())


register_facts("outcomes", tell_of_outcomes)
register_facts("needs", tell_of_needs)
