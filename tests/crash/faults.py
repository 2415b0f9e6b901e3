"""`python -m tests.crash.faults`: real `serve` processes, each fault once; what visitors see, and how long.

Two sites share one folder with an embedded PostgreSQL and index. Exit status 1 where one does not come back.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx
import psutil

from market.kit.clock import CLOCK_KEY
from market.kit.database import connection, in_transaction
from market.kit.models import SystemState
from market.ledger.checks import run_checks
from market.listings.models import Outcome
from market.search import outbox
from market.tables import database
from market.worker import MOMENTS_EVERY
from tests.crash.processes import PATIENCE, free_port, until_up, wait_until
from tests.factories import make_organisation, make_outcome

OUTCOMES = 3
OTHER = "another market's"


class Site:
    """One `serve` of the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        log = (self.folder / f"serve-{self.port}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "market", "serve"],
            env=environ(self.folder, self.port),
            stdout=log,
            stderr=log,
        )

    def end(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(PATIENCE)


def _marks(index: Path) -> set[str]:
    return {path.read_text() for path in index.glob("*/MARK")}


def environ(folder: Path, port: int) -> dict[str, str]:
    return {**os.environ, "DATA_DIR": str(folder / "data"), "EMBEDDERS": "none", "PORT": str(port)}


def postmaster(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0]))


async def worker_of(site: Site) -> psutil.Process:
    """Return the worker of a site, as soon as it has one."""
    assert site.process is not None
    found: list[psutil.Process] = []

    async def is_there() -> bool:
        assert site.process is not None
        found[:] = [
            child for child in psutil.Process(site.process.pid).children() if "--for-site" in child.cmdline()
        ]
        return bool(found)

    await wait_until(is_there, "the worker of a site")
    return found[0]


async def _ended(process: psutil.Process) -> bool:
    """Return whether a process ends within ten seconds; one that nobody has asked about yet has ended."""
    for _ in range(100):
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        await asyncio.sleep(0.1)
    return False


def unkept() -> dict[str, str]:
    """Return a query that no page kept for guests was asked with."""
    return {"seen": str(time.monotonic_ns())}


async def status(address: str, path: str) -> int:
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
        try:
            return (await client.get(address + path, params=unkept())).status_code
        except httpx.HTTPError:
            return 0


class Run:
    """The faults, one after another, and the lines of the table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first, self.second = Site(folder), Site(folder)
        self.first_worker = psutil.Process()
        self.wrong = 0

    async def fault(
        self, name: str, harm: Callable[[], object], is_well: Callable[[], Awaitable[bool]], path: str
    ) -> None:
        """Do the harm, note what visitors are answered, and wait until all is well again."""
        harm()
        started, seen = time.monotonic(), set()

        async def look() -> bool:
            seen.add(await status(self.second.address, path))
            return await is_well()

        await wait_until(look, name, pause=0.3)
        seen.discard(200)
        bad = {code for code in seen if code not in (0, 503)}
        self.wrong += bool(bad)
        words = f"answered {sorted(seen)}, " if seen else "always answered, "
        self.tell(name, f"{words}well again after {time.monotonic() - started:.1f} s")

    def tell(self, name: str, words: str) -> None:
        sys.stdout.write(f"{name:34} {words}\n")
        sys.stdout.flush()

    def expect(self, name: str, is_so: bool, words: str) -> None:
        self.wrong += not is_so
        self.tell(name, words if is_so else f"WRONG: not {words}")

    async def _finds_all(self) -> bool:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            page = await client.get(self.second.address + "/outcomes", params=unkept())
            ready = await client.get(self.second.address + "/readyz")
        is_ready = ready.status_code == 200 and ready.json()["search"] == "ok"
        return is_ready and page.status_code == 200 and page.text.count("CG-20") >= OUTCOMES

    async def _is_up(self) -> bool:
        return await status(self.second.address, "/outcomes") == 200

    async def run(self) -> None:
        """Run all faults."""
        data = self.folder / "data"
        index = data / "index" / "outcomes"
        for command in (["release"], ["create-operator", "operator@example.test", "管理员"]):
            subprocess.run(  # noqa: ASYNC221, S603
                [sys.executable, "-m", "market", *command],
                env=environ(self.folder, 1),
                check=True,
                input=b"a long enough password\n" * 2,
                stdout=subprocess.DEVNULL,
            )
        self.first.start()
        await until_up(self.first.address + "/healthz")
        self.second.start()
        await until_up(self.second.address + "/healthz")
        async with self._connected():
            organisation = await make_organisation()
            made = [await make_outcome(organisation) for _ in range(OUTCOMES)]
            await outbox.enqueue_many("outcomes", [outcome.id for outcome in made])
            await outbox.enqueue("organisations", organisation.id)
        await wait_until(self._finds_all, "the outcomes in the index")
        self.first_worker = await worker_of(self.first)
        await self.fault(
            "kill -9 of one of two sites", lambda: self.first.end(signal.SIGKILL), self._is_up, "/outcomes"
        )
        self.expect(
            "its worker, which nobody stopped",
            await _ended(self.first_worker),
            "ended with it",
        )
        await self._kill_worker()
        await self.fault("kill -9 of PostgreSQL", self._kill_postgres, self._finds_all, "/outcomes")
        await self.fault("index removed", lambda: shutil.rmtree(index), self._finds_all, "/outcomes")
        await self.fault("index damaged", lambda: self._damage(index), self._finds_all, "/outcomes")
        await self.fault(
            "index of another market", lambda: self._mark(index), self._is_marked(index), "/outcomes"
        )
        await self._locked(str(made[0].number))
        await self._clock()
        async with self._connected():
            findings = [finding for checked in await run_checks() for finding in checked.findings]
        self.expect("invariants after all of it", not findings, "every one holds")
        server, worker = postmaster(self.folder), await worker_of(self.second)
        self.second.end(signal.SIGTERM)
        self.expect(
            "end of the last living site",
            await _ended(server) and await _ended(worker),
            "worker and PostgreSQL ended with it",
        )

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        socket = self.folder / "data" / "postgres"
        async with database(f"postgresql://postgres:@/postgres?host={socket}", pool_size=2):
            yield

    async def _kill_worker(self) -> None:
        """Kill the worker of the site that lives; another one runs what is enqueued then."""
        worker = await worker_of(self.second)
        worker.kill()
        async with self._connected():
            ids = await Outcome.all().values_list("id", flat=True)
            await outbox.enqueue_many("outcomes", [UUID(str(id_)) for id_ in ids])

        async def is_well() -> bool:
            return (await worker_of(self.second)).pid != worker.pid and await self._is_empty()

        await self.fault("kill -9 of the worker of a site", lambda: None, is_well, "/outcomes")

    async def _is_empty(self) -> bool:
        async with self._connected():
            return not await outbox.count_pending("outcomes")

    def _kill_postgres(self) -> None:
        server = postmaster(self.folder)
        for process in (server, *server.children(recursive=True)):
            process.kill()

    @staticmethod
    def _damage(index: Path) -> None:
        for path in index.glob("*/meta.json"):
            path.write_text("{")

    @staticmethod
    def _mark(index: Path) -> None:
        for path in index.glob("*/MARK"):
            path.write_text(OTHER)

    def _is_marked(self, index: Path) -> Callable[[], Awaitable[bool]]:
        async def is_so() -> bool:
            marks = _marks(index)
            return bool(marks) and OTHER not in marks and await self._finds_all()

        return is_so

    async def _locked(self, number: str) -> None:
        """Hold a table longer than statements wait for a lock."""
        async with self._connected(), in_transaction():
            await connection().execute_query("LOCK TABLE outcomes IN ACCESS EXCLUSIVE MODE")
            started = time.monotonic()
            page = await status(self.second.address, f"/outcomes/{number}")
            others = await status(self.second.address, "/help")
        seconds = time.monotonic() - started
        after = await status(self.second.address, f"/outcomes/{number}")
        self.expect(
            "database slow: a table is locked",
            (page, others, after) == (503, 200, 200),
            f"answered 503 after {seconds:.1f} s, other pages and all afterwards 200",
        )

    async def _clock(self) -> None:
        """Let the clock of the business jump by 400 days and back, with a sweep of deadlines after each."""
        codes = []
        async with self._connected():
            for jump in (timedelta(days=400), timedelta()):
                value = {"seconds": int(jump.total_seconds())}
                await SystemState.update_or_create(key=CLOCK_KEY, defaults={"value": value})
                await asyncio.sleep(MOMENTS_EVERY + 2)
                codes.append(await status(self.second.address, "/outcomes"))
        self.expect("clock jumps 400 days and back", codes == [200, 200], "always answered")


def main() -> int:
    with TemporaryDirectory(prefix="faults") as name:
        folder = Path(name)
        folder.chmod(0o755)
        run = Run(folder)
        try:
            asyncio.run(run.run())
        finally:
            for site in (run.first, run.second):
                if site.process and site.process.poll() is None:
                    site.process.kill()
    return 1 if run.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
