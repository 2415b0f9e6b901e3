"""`python -m tests.crash.year_run`: a year run killed fifty times at random ends as one that was not.

The market stands in a folder of its own; the run itself is the command, killed with SIGKILL.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from market.accounts.models import User
from market.budgets import run_signing, year_runs
from market.budgets.models import Batch, YearRun
from market.claims.desk_review import recheck
from market.claims.models import Assessment, Claim
from market.kit.database import connection
from market.records.by import By
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from tests.claims.factories import WAN, Desk, make_accepted, make_applicant, make_desk
from tests.crash.processes import wait_until
from tests.factories import NOW

KILLS = 50
CLAIMS = 400
STEPS = 12
"""Up to so many claims are written between two kills, so that fifty kills fall into the run."""


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(folder, "a secret long enough for a crash test", "http://t.test", is_demo=True)
        async with running(build_deps(settings), prepare=migrate):
            desk = await make_desk()
            await _fill(desk)
            plan = await year_runs.plan_run("guangxi", 2026)
            officer = (await User.get(id=desk.officer.user_id)).email
            kills = await _kill_and_finish(folder, officer)
            await _sign_and_list(desk)
            await _compare(plan, kills)


async def _fill(desk: Desk) -> None:
    applicant = await make_applicant()
    for n in range(CLAIMS):
        amount = (50 + n) * WAN
        await make_accepted(desk, applicant, contract_amount=amount, trade_amount=amount)


async def _sign_and_list(desk: Desk) -> None:
    """Look at a sample of what was computed, sign it and put it on the list, as the second person."""
    by = By(desk.rechecker, NOW)
    run = await run_signing.draw_sample((await YearRun.get()).id, by=by)
    for number in run.sample or []:
        await recheck(number, sequence=1, by=by)
    await run_signing.sign_run(run.id, by=by)
    await year_runs.recheck_signed(run.id, by=by)
    await year_runs.list_all(run.id, by=by)


async def _kill_and_finish(folder: Path, officer: str) -> int:
    words = ["year-run", "guangxi", "2026", "--officer", officer]
    dice, kills = Random(50), 0
    environment = {**os.environ, "DATA_DIR": str(folder), "DEMO": "1"}
    while True:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "market", *words), env=environment, stdout=subprocess.DEVNULL
        )
        if kills < KILLS:
            await _let_run(process, dice.randint(0, STEPS), dice.uniform(0, 0.05))
            if process.returncode is None:
                process.kill()
                await process.wait()
                kills += 1
                continue
        if status := await process.wait():
            raise SystemExit(f"the run ended with {status}")
        return kills


async def _let_run(process: asyncio.subprocess.Process, steps: int, seconds: float) -> None:
    """Wait until the run has written `steps` more claims, or has ended, and then some moments more."""
    target = await _written() + steps

    async def is_enough() -> bool:
        return process.returncode is not None or await _written() >= target

    await wait_until(is_enough, "the next claims of the run", pause=0.02)
    await asyncio.sleep(seconds)


async def _written() -> int:
    """Return how many claims are computed and how many rechecked, added up."""
    [row] = await connection().execute_query_dict(
        "SELECT (SELECT count(*) FROM assessments) + (SELECT count(*) FROM claims "
        "WHERE status NOT IN ('accepted', 'calculated')) AS n"
    )
    return int(row["n"])


async def _compare(plan: year_runs.RunPlan, kills: int) -> None:
    batches = await Batch.all().count()
    listed = await Claim.filter(batch_id__isnull=False)
    twice = await connection().execute_query_dict(
        "SELECT claim_id FROM assessments GROUP BY claim_id HAVING count(*) > 1"
    )
    award = sum(claim.award_amount or 0 for claim in listed)
    computed = await Assessment.all().count()
    if batches != 1 or len(listed) != CLAIMS or twice or award != plan.award or computed != CLAIMS:
        raise SystemExit(f"after {kills} kills: {batches} lists, {len(listed)} claims, {award}, {plan.award}")
    sys.stdout.write(f"killed {kills} times: one list of {len(listed)} claims, {award} fen as planned\n")


if __name__ == "__main__":
    asyncio.run(main())
