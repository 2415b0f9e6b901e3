"""What time itself brings about: periods that end, offers that lapse, lists that clear."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol, cast

from market.accounts.actors import Actor
from market.accounts.permissions import Act
from market.alerts import services as alerts_services
from market.audit.services import make_missing_roots
from market.budgets import due
from market.deals import services as deals_services
from market.deps import Deps
from market.integrity import services as integrity_services
from market.kit.clock import BusinessClock
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.listings import freshness
from market.listings import services as listings_services
from market.notices import services as notices_services
from market.notices.holidays import load_calendar
from market.rewards import services as rewards_services

STEPS = (1, 15)
"""By how many days the demo's clock can be moved at once."""


class Steppable(Protocol):
    """A test's clock."""

    def move(self, **by: float) -> None: ...


async def run_due(deps: Deps, now: datetime) -> int:
    """Do everything that is due by `now` and return how many records moved; twice does nothing more.

    The notices come first, because deals and subsidy lists move on when theirs is clear.
    """
    calendar = await load_calendar(accepts_provisional=deps.settings.is_demo)
    moved = await notices_services.run_due(now, calendar)
    moved += await listings_services.run_due(now)
    moved += await freshness.run_reminders(now, secret=deps.settings.secret_key)
    moved += await alerts_services.run_due(now, search=deps.search, secret=deps.settings.secret_key)
    moved += await deals_services.run_due(now)
    moved += await rewards_services.run_due(now)
    moved += await due.run_due(now)
    return moved + await integrity_services.run_due(now)


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
