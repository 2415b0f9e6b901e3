"""What the worker does for the reports: state every invariant each night."""

from __future__ import annotations

import logging

from market.deps import Deps
from market.kit.jobs import job
from market.ledger.checks import run_checks, store_result

log = logging.getLogger(__name__)


@job("reports.check", cron="40 18 * * *")
async def check(deps: Deps) -> None:
    """State every invariant of the book and the records and keep what came of it for the finance pages."""
    checked = await run_checks()
    await store_result(checked, deps.clock())
    for each in checked:
        if not each.is_well:
            log.error("an invariant is broken", extra={"check": each.name, "findings": each.findings})
