"""Jobs of review rounds: copy the papers of a blind one."""

from uuid import UUID

from market.deps import Deps
from market.kit.jobs import job
from market.panels.blind_copies import make_copies
from market.panels.rounds import COPY_PAPERS


@job(COPY_PAPERS)
async def copy_papers(deps: Deps, *, round_id: str, again: bool = False) -> None:
    """Copy the papers of a blind round that have no copy yet."""
    await make_copies(UUID(round_id), store=deps.store, now=deps.clock(), again=again)
