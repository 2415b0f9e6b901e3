"""The sweep of deadlines over all rooms (periods end, offers lapse, lists clear), and the demo's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, cast

from market.accounts.actors import Actor
from market.audit.roots import make_missing_roots
from market.backoffice.states import BackofficeAct
from market.deps import Deps
from market.kit.clock import BusinessClock
from market.kit.errors import NotFound
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.room import rooms


@dataclass(frozen=True)
class ClockStep:
    """How far one press of a button moves the demo's clock."""

    unit: str
    count: int
    label: Lazy

    @property
    def duration(self) -> timedelta:
        return timedelta(**{self.unit: self.count})


STEPS = (
    ClockStep("minutes", 10, lazy("10 分钟")),
    ClockStep("hours", 1, lazy("1 小时")),
    ClockStep("days", 1, lazy("1 天")),
    ClockStep("days", 15, lazy("15 天")),
)


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


async def move_clock(step: ClockStep | None, *, actor: Actor, deps: Deps) -> int:
    """Move the demo's clock forward, then run what is due; return how many records moved.

    Raises:
        NotFound: this is no demo, or there is no such step.
    """
    actor.require(BackofficeAct.MOVE_CLOCK)
    if not deps.settings.is_demo or step is None:
        raise NotFound(_("演示时钟只能在演示环境里拨动。"))
    if isinstance(deps.clock, BusinessClock):
        await deps.clock.move(step.duration)
    else:
        cast(Steppable, deps.clock).move(**{step.unit: step.count})
    now = deps.clock()
    moved = await run_due(deps, now)
    await make_missing_roots(now=now)
    return moved
