"""`replay-draw`: the experts of a review round drawn once more from what was stored of its draws."""

from __future__ import annotations

import sys

from market.codes.numbers import record_number
from market.panels.draw_replay import Replay, replay_draws
from market.panels.round_models import Round
from market.runtime import build_deps, running
from market.settings import Settings


async def replay_draw(settings: Settings, number: str) -> int:
    """Replay the draws of a round; return 1 where one differs, 2 where there is no such round or draw."""
    deps = build_deps(settings)
    async with running(deps):
        round_ = await Round.get_or_none(number=record_number(number) or number)
        replays = await replay_draws(round_) if round_ else []
    if not replays:
        sys.stderr.write(f"{number}: there is no such round, or nothing was drawn for it\n")
        return 2
    sys.stdout.write("".join(describe(replay) for replay in replays))
    return 0 if all(replay.is_same for replay in replays) else 1


def describe(replay: Replay) -> str:
    """Return what a replay came to: the experts by item, or where it differs."""
    draw = replay.draw
    lines = [
        f"draw {draw.number} of {draw.drawn_at.isoformat()}, {len(draw.eligible)} eligible, {draw.method}",
        f"  seed {draw.seed}",
        f"  head {draw.chain_head}",
    ]
    for item, ids in sorted((replay.outcome.picked if replay.outcome else draw.picked).items()):
        lines.append(f"  item {item}: {', '.join(ids)}")
    if replay.is_same:
        lines.append("  THE SAME EXPERTS")
    lines += [f"  DIFFERENT: {fault}" for fault in replay.faults]
    return "\n".join(lines) + "\n"
