"""`make fuzz`: the demo market, asked by everybody in it what nobody should ask, REQUESTS times.

It runs the site in this process on a PostgreSQL of its own in a temporary folder. Exit status 1 and a line
for each request that was answered with 5xx, or wrote although it was refused, or broke an invariant.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from market.accounts.actors import load_actor
from market.accounts.demo_logins import DOMAIN, LOGINS
from market.accounts.models import User
from market.accounts.passwords import use_hasher
from market.app import create_app
from market.commands.serve import release
from market.runtime import build_deps, running
from market.seed.demo_market import seed_if_empty
from market.settings import Settings
from tests.fuzz.run import Fuzzer, Person, Report, in_full

REQUESTS = 100_000


def main() -> int:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    # Hashing is slow on purpose; what is tried here is everything else.
    use_hasher(PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),)))
    logging.getLogger("market").setLevel(logging.CRITICAL)
    with TemporaryDirectory(prefix="fuzz") as name:
        folder = Path(name)
        folder.chmod(0o755)
        started = time.monotonic()
        report = asyncio.run(fuzz(folder, total))
        _tell(report, time.monotonic() - started)
    return 1 if report.broken else 0


async def fuzz(folder: Path, total: int) -> Report:
    """Fill a demo market in the folder and send `total` requests to it."""
    deps = build_deps(Settings.from_env({"DATA_DIR": str(folder), "EMBEDDERS": "none"}))
    deps.shutdown.begin()  # streams, which have no end of their own, end at once

    async def prepare() -> None:
        await release(deps)
        await seed_if_empty(deps, say=_say)

    async with running(deps, prepare=prepare):
        people: list[Person] = [("guest", None)]
        for login in LOGINS:
            user = await User.get(email=login + DOMAIN)
            people.append((login, await load_actor(user.id)))
        fuzzer = Fuzzer(create_app(deps), people)
        told = shown = 0
        async for report in in_full(fuzzer, total):
            if report.total - told >= total // 20:
                told = report.total
                _say(f"{told} requests, {len(report.broken)} findings")
                for finding in report.broken[shown:]:
                    _say(f"WRONG  {finding}")
                shown = len(report.broken)
        fuzzer.report.broken += sorted(await fuzzer.invariants())
        for finding in fuzzer.report.broken[shown:]:
            _say(f"WRONG  {finding}")
        return fuzzer.report


def _tell(report: Report, seconds: float) -> None:
    slowest = sorted(report.seconds, reverse=True)[:5]
    _say(
        f"{report.total} requests in {seconds:.0f} s: {dict(sorted(report.statuses.items()))}, "
        f"{report.sessions_lost} times somebody had to sign in again"
    )
    _say("slowest: " + "; ".join(f"{duration:.1f} s {what[:100]}" for duration, what in slowest))
    _say(
        f"{len(report.broken)} findings" if report.broken else "no 5xx, no half-write, every invariant holds"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
