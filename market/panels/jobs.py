"""Jobs of review rounds: draw the experts, copy the papers of a blind one."""

from uuid import UUID

from market.accounts.actors import load_actor
from market.deps import Deps
from market.kit.jobs import job
from market.panels.blind_copies import make_copies
from market.panels.round_draws import DRAW_JOB, run_draw
from market.panels.rounds import COPY_PAPERS
from market.records.by import By


@job(COPY_PAPERS)
async def copy_papers(deps: Deps, *, round_id: str, again: bool = False) -> None:
    """Copy the papers of a blind round that have no copy yet."""
    await make_copies(UUID(round_id), store=deps.store, now=deps.clock(), again=again)


@job(DRAW_JOB)
async def draw_experts(deps: Deps, *, number: str, user_id: str) -> None:
    """Draw the experts of a round for the person who asked for it."""
    await run_draw(number, by=By(await load_actor(UUID(user_id)), deps.clock()))
