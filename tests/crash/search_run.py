"""`python -m tests.crash.search_run`: worker, engine and PostgreSQL die at random during 1,000 writes.

Afterwards the index is the database: nothing missing, outdated or too many. On the embedded engine the
engine lives in whoever writes: the worker, and a rebuild that runs again and again; both are killed. With
MEILI_BIN=path of a meilisearch the engine is a process of its own, which is killed as well.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psutil

from market.accounts.models import Organisation, OrganisationKind
from market.kit.database import atomic, connection
from market.kit.database_roles import as_application, make_application_role
from market.kit.embedded_postgres import EmbeddedPostgres
from market.kit.errors import SearchUnavailable
from market.listings.models import Outcome
from market.listings.states import OutcomeStatus
from market.search import outbox
from market.search.embedded import EmbeddedSearch
from market.search.engine import SearchEngine
from market.search.meili import MeiliSearch
from market.search.meili_indexes import MarketTenant
from market.search.relay import rebuild, status
from market.tables import database, migrate
from market.worker import Pulse, work
from tests.crash.processes import PATIENCE, Place, context, deps_of, free_port, wait_until
from tests.factories import NOW, make_organisation, make_outcome

WRITES, KILLS = 1000, 60
LISTINGS = 200
"""Written again and again, so that a later state may come while an earlier one is under way."""
KEY = "a key for a kill test"


def engine_of(place: Place) -> SearchEngine:
    if os.environ.get("MEILI_BIN"):
        return MeiliSearch(f"http://127.0.0.1:{place.gateway_port}", KEY, tenant=MarketTenant())
    return EmbeddedSearch(place.directory / "index")


def run_worker(place: Place) -> None:
    async def run() -> None:
        async with database(place.database_url, pool_size=6):
            deps = dataclasses.replace(deps_of(place), search=engine_of(place))
            await work(deps, place.database_url, pulse=Pulse(beat=0.5, silence=2))

    _silent(run())


def run_rebuild(place: Place) -> None:
    async def run() -> None:
        async with database(place.database_url, pool_size=3):
            await rebuild("outcomes", search=engine_of(place))

    _silent(run())


def _silent(running: Any) -> None:
    """Run what dies in the middle; what it complains of is of no use."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    asyncio.run(running)


class Market:
    """The processes that are killed and come up again."""

    def __init__(self, place: Place, postgres: EmbeddedPostgres) -> None:
        self.place, self.postgres = place, postgres
        self.running: dict[str, Any] = {}

    def start(self, name: str) -> None:
        if name == "engine":
            self.running[name] = subprocess.Popen(  # noqa: S603
                [
                    os.environ["MEILI_BIN"],
                    *("--db-path", str(self.place.directory / "meili"), "--master-key", KEY),
                    *("--http-addr", f"127.0.0.1:{self.place.gateway_port}", "--no-analytics"),
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self.place.directory,
            )
            return
        target = {"worker": run_worker, "rebuild": run_rebuild}[name]
        self.running[name] = context.Process(target=target, args=(self.place,), daemon=True)
        self.running[name].start()

    def kill(self, name: str) -> None:
        if name == "postgres":
            pid = int((self.postgres.directory / "postmaster.pid").read_text().split()[0])
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            for each in family:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            psutil.wait_procs(family, timeout=PATIENCE)
            self.postgres.revive()
            return
        self.stop(name)
        self.start(name)

    def keep_up(self) -> None:
        """Start what ended by itself: a worker without its database, a rebuild that was done."""
        for name, process in list(self.running.items()):
            ended = process.poll() is not None if name == "engine" else not process.is_alive()
            if ended:
                self.start(name)

    def stop(self, name: str) -> None:
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait() if name == "engine" else process.join()


def main(writes: int, kills: int, seed: int) -> int:
    with TemporaryDirectory(prefix="crash") as name:
        folder = Path(name)
        folder.chmod(0o755)
        return asyncio.run(crash(folder, writes, kills, seed))


async def crash(folder: Path, writes: int, kills: int, seed: int) -> int:
    """Write and kill; tell and return whether index and database differ in the end."""
    started, dice = time.monotonic(), Random(seed)
    postgres = EmbeddedPostgres(folder / "postgres")
    url = await asyncio.to_thread(postgres.start)
    await make_application_role(url)
    market = Market(Place(folder, as_application(url), free_port(), free_port()), postgres)
    try:
        async with database(url, pool_size=3):
            await migrate()
        async with database(market.place.database_url, pool_size=3):
            search = engine_of(market.place)
            if os.environ.get("MEILI_BIN"):
                market.start("engine")
            await _until_up(search)
            market.start("worker")
            market.start("rebuild")
            written, killed = await _write_and_kill(market, writes, kills, dice)
            market.stop("rebuild")
            left = await _settled(market, search)
            await search.close()
    finally:
        for each in list(market.running):
            market.stop(each)
        postgres.stop()
    sys.stdout.write(
        f"seed {seed}, {time.monotonic() - started:.0f} s on {search.name}: {written} writes, "
        f"killed {dict(killed)}; {left}\n"
    )
    return 0 if left.startswith("index = database") else 1


async def _write_and_kill(market: Market, writes: int, kills: int, dice: Random) -> tuple[int, Counter[str]]:
    owner = await make_organisation(kind=OrganisationKind.UNIVERSITY)
    targets = ["worker", "worker", "rebuild", "postgres", *(["engine"] * ("engine" in market.running))]
    known: list[UUID] = []
    killed: Counter[str] = Counter()
    moments = sorted(dice.sample(range(writes), kills))
    for at in range(writes):
        if at in moments:
            target = dice.choice(targets)
            await asyncio.to_thread(market.kill, target)
            killed[target] += 1
        await _insist(lambda: _write(owner, known, dice))
        await asyncio.to_thread(market.keep_up)
        await asyncio.sleep(dice.uniform(0, 0.03))
    return writes, killed


@atomic()
async def _write(owner: Organisation, known: list[UUID], dice: Random) -> None:
    """Publish an outcome, or change, withdraw or bring back one, as services do."""
    if len(known) < LISTINGS and dice.random() < 0.4:
        made = await make_outcome(owner)
        await outbox.enqueue("outcomes", made.id)
        known.append(made.id)
        return
    if not known:
        return
    outcome = await Outcome.select_for_update().get_or_none(id=dice.choice(known))
    if outcome is None:  # its transaction was answered with an error, and so it never was
        return
    outcome.revision += 1
    outcome.title = f"第 {outcome.revision} 版铝合金导线"
    outcome.status = dice.choice([OutcomeStatus.PUBLISHED, OutcomeStatus.PUBLISHED, OutcomeStatus.UNLISTED])
    outcome.updated_at = NOW
    await outcome.save(update_fields=["revision", "title", "status", "updated_at"])
    await outbox.enqueue("outcomes", outcome.id)


async def _insist(act: Any) -> None:
    """Do it again while the database is away, as a person would."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            await act()
        except Exception:  # whatever it is that a database says as it dies
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def _until_up(search: SearchEngine) -> None:
    async def is_up() -> bool:
        try:
            await search.apply_settings()
        except SearchUnavailable:
            return False
        return True

    await wait_until(is_up, "the search engine")


async def _settled(market: Market, search: SearchEngine) -> str:
    """Wait until the worker alone has sent all that waits, then compare index and database."""

    async def is_settled() -> bool:
        market.keep_up()
        return not await outbox.count_pending("outcomes")

    await wait_until(is_settled, "an empty outbox")
    told = await status("outcomes", search=search)
    titles = dict(await Outcome.filter(status=OutcomeStatus.PUBLISHED).values_list("id", "title"))
    rows = await connection().execute_query_dict("SELECT count(*) AS n FROM outcomes")
    if told.pending or told.differences or told.quarantined or told.documents != len(titles):
        return f"WRONG {told}"
    return f"index = database, 0 differences in {told.documents} documents of {rows[0]['n']} listings"


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*[*numbers, *(WRITES, KILLS, int(time.time()))[len(numbers) :]]))
