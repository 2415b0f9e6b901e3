"""What time itself brings about: periods that end, offers that lapse, lists that clear."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol, cast

from market.accounts.actors import Actor
from market.accounts.permissions import Act
from market.audit.services import make_missing_roots
from market.deps import Deps
from market.kit.clock import BusinessClock
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms

STEPS = (1, 15)
"""By how many days the demo's clock can be moved at once."""


class Steppable(Protocol):
    """A test's clock."""

    def move(self, **by: float) -> None: ...


async def run_due(deps: Deps, now: datetime) -> int:
    """Do everything that is due by `now` and return how many records moved; twice does nothing more.

    Rooms below come first: deals and subsidy lists move on when their notice is clear.
    """
    moved = 0
    for room in rooms().upwards:
        if room.deadlines:
            moved += await room.deadlines(deps, now)
    return moved


async def move_clock(days: int, *, actor: Actor, deps: Deps) -> int:
    """Move the demo's clock forward, then do what is due; returns how many records moved.

    Raises:
        NotFound: this is no demo.
    """
    actor.require(Act.MOVE_CLOCK)
    if not deps.settings.is_demo or days not in STEPS:
        raise NotFound(_("演示时钟只能在演示环境里拨动。"))
    if isinstance(deps.clock, BusinessClock):
        await deps.clock.move(timedelta(days=days))
    else:
        cast(Steppable, deps.clock).move(days=days)
    now = deps.clock()
    moved = await run_due(deps, now)
    await make_missing_roots(now=now)
    return moved
