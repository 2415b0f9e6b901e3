"""The nightly recount of deeds."""

from __future__ import annotations

from market.deps import Deps
from market.kit.jobs import job
from market.records.by import By
from market.targets.recount import recount_open_years


@job("targets.recount", cron="20 17 * * *")
async def recount(deps: Deps) -> None:
    """Find the deeds of this year and the last, and read their facts anew."""
    await recount_open_years(by=By.job(deps.clock()))
