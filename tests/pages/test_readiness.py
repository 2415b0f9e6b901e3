"""What the readiness probe tells of disk, audit log and jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from market.audit.models import AuditEvent
from market.deps import Deps
from market.kit.database import connection
from market.kit.jobs import enqueue
from market.pages import readiness as probe
from tests.factories import NOW, make_outcome
from tests.fakes import FixedClock


async def test_events_without_a_root_and_jobs_that_nobody_runs_are_told_after_a_while(deps: Deps) -> None:
    outcome = await make_outcome()
    await AuditEvent.create(
        subject_kind="outcome",
        subject_id=outcome.id,
        sequence=1,
        action="create",
        role="",
        data={},
        happened_at=NOW,
        previous_hash="0" * 64,
        hash="1" * 64,
    )
    await enqueue("search.sweep")

    states = await probe.readiness(deps)
    assert (states["audit_root"], states["jobs"]) == ("ok", "ok")

    assert isinstance(deps.clock, FixedClock)
    deps.clock.now = NOW + probe.LATE_ROOT + timedelta(minutes=1)
    await connection().execute_query("UPDATE procrastinate_events SET at = at - interval '11 minutes'")
    states = await probe.readiness(deps)
    assert (states["audit_root"], states["jobs"]) == ("late", "late")


@pytest.mark.parametrize(("low", "full", "state"), [(0, 0, "ok"), (2, 0, "low"), (2, 2, "full")])
def test_a_disk_is_full_before_nothing_can_be_written(
    tmp_path: Path, low: float, full: float, state: str
) -> None:
    assert probe.disk_state(tmp_path / "not" / "made yet", low=low, full=full) == state


@pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (-0.5, "off"), (0.5, "off")])
async def test_a_clock_that_differs_from_the_databases_is_told(seconds: float, state: str) -> None:
    assert await probe.clock_state(lambda: datetime.now(UTC) + timedelta(seconds=seconds)) == state
