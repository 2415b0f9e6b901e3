"""How well the site is: database, index, disk, audit log and jobs, for probes and operators."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from weakref import WeakKeyDictionary

from market.deps import Deps
from market.kit.database import connection
from market.kit.errors import Unavailable
from market.search.engine import SearchEngine
from market.search.health import IndexState, worst_state

log = logging.getLogger("market")
LOW_DISK, FULL_DISK = 0.10, 0.01
"""Shares of the data folder's disk that are free, below which it is low, and as good as full."""
LATE_ROOT = timedelta(hours=3)
"""Age of the oldest event under no signed root, from which roots are late; one covers an hour."""
LATE_JOB = timedelta(minutes=10)
"""Time that a job is due for, from which the worker is late."""
MOST_DRIFT = 0.2
"""Seconds between the clocks of site and database from which they differ: bids are judged by the site's, and
several sites by one order of the database."""
KEPT = 15.0
"""Seconds for which the state of the index is kept: probes ask often, and it reads the database."""
_kept: WeakKeyDictionary[SearchEngine, tuple[float, str]] = WeakKeyDictionary()


async def readiness(deps: Deps) -> dict[str, str]:
    """Return the state of each part, "ok" or a word for what is wrong."""
    states = {"database": "ok", "search": "away", "disk": disk_state(deps.settings.data_directory)}
    try:
        states |= await _database_states(deps)
        states["clock"] = await clock_state()
        states["search"] = await _search_state(deps)
    except Exception as error:  # the probe answers whatever the driver raises
        log.warning("not ready", extra={"error": type(error).__name__})
        states["database"] = "away"
        try:
            await deps.search.ping()
            states["search"] = "ok"
        except Unavailable:
            states["search"] = "away"
    return states


def disk_state(folder: Path, *, low: float = LOW_DISK, full: float = FULL_DISK) -> str:
    """Return whether the disk of the data folder has room; `low` and `full` are shares that are free."""
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    free = usage.free / usage.total
    if free < full:
        return "full"
    return "low" if free < low else "ok"


async def _database_states(deps: Deps) -> dict[str, str]:
    rows = await connection().execute_query_dict(
        "SELECT (SELECT min(happened_at) FROM audit_events WHERE happened_at > coalesce("
        "(SELECT max(until) FROM hourly_roots), '-infinity')) AS unproved, "
        "(SELECT min(coalesce(j.scheduled_at, e.at)) FROM procrastinate_jobs j "
        "LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred' "
        "WHERE j.status = 'todo' AND coalesce(j.scheduled_at, e.at) <= now()) AS due"
    )
    unproved, due = rows[0]["unproved"], rows[0]["due"]
    is_root_late = unproved is not None and deps.clock() - unproved > LATE_ROOT
    return {
        "audit_root": "late" if is_root_late else "ok",
        "jobs": "late" if due is not None and datetime.now(UTC) - due > LATE_JOB else "ok",
    }


async def clock_state(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """Return whether site and database have the same time, as far as the way between them lets one tell."""
    asked_at = now()
    rows = await connection().execute_query_dict("SELECT clock_timestamp() AS answered_at")
    way = (now() - asked_at) / 2
    drift = abs(rows[0]["answered_at"] - asked_at - way) - way
    return "off" if drift.total_seconds() > MOST_DRIFT else "ok"


async def _search_state(deps: Deps) -> str:
    looked_at, state = _kept.get(deps.search, (-KEPT, ""))
    if time.monotonic() - looked_at > KEPT:
        async with asyncio.timeout(KEPT):
            state = (await worst_state(search=deps.search)).value
        # What is wrong is looked at again by the next probe.
        if state == IndexState.OK.value:
            _kept[deps.search] = time.monotonic(), state
    return state
