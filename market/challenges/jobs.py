"""Jobs of challenges: open what was submitted, once the deadline is over."""

from uuid import UUID

from market.challenges.clock import OPEN_JOB
from market.challenges.opening import open_all
from market.deps import Deps
from market.kit.jobs import job


@job(OPEN_JOB, longest_wait=300)
async def open_solutions(deps: Deps, *, challenge_id: str) -> None:
    """Open the solutions of a closed challenge, all together."""
    await open_all(UUID(challenge_id), secret=deps.settings.secret_key, store=deps.store, now=deps.clock())
