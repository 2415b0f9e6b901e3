"""The nightly check of every invariant."""

from __future__ import annotations

import logging

from market.deps import Deps
from market.kit.jobs import job
from market.ledger.checks import run_checks, store_result

log = logging.getLogger(__name__)


@job("reports.check", cron="40 18 * * *")
async def check(deps: Deps) -> None:
    """Check every invariant of the book and the records, and store the results for the finance pages."""
    results = await run_checks(deps.settings.secret_key, deps.store)
    await store_result(results, deps.clock())
    for result in results:
        if not result.is_well:
            log.error("an invariant is broken", extra={"check": result.name, "findings": result.findings})
