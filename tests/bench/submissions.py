"""`python -m tests.bench.submissions`: 300 solutions with files of 20 MB in the last minutes.

Each solver uploads a file and then submits; some press the button late, some around the deadline. It
tells how many were taken and refused, memory and processor time of the site, how long pages took meanwhile
and how long the opening. Wrong is one that was lost, or late and taken, or a receipt that does not hold.

    python -m tests.bench.submissions [solvers] [megabytes] [seconds before the deadline]
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil
import uvicorn

from market.accounts.actors import Actor
from market.accounts.models import User
from market.accounts.sessions import COOKIE, start_session
from market.app import create_app
from market.challenges import clock
from market.challenges.deadlines import GRACE
from market.challenges.models import Challenge
from market.challenges.opening import open_all
from market.challenges.solution_models import OpenedSolution, SolutionVersion
from market.deps import Deps
from market.files.store import LocalStore
from market.kit.database_roles import as_application, make_application_role
from market.kit.embedded_postgres import EmbeddedPostgres
from market.ledger.checks import run_checks
from market.rooms import install_rooms
from market.search.embedded import EmbeddedSearch
from market.tables import database, migrate
from tests.challenges.factories import DEADLINE
from tests.challenges.solution_factories import SECRET, make_responding, make_solver, make_written
from tests.crash.processes import context, free_port
from tests.fakes import FakeMailer, fake_settings
from tests.visitor import FORM

SOLVERS, MEGABYTES, SECONDS = 300, 20, 420
MOST_MEMORY = 700
"""Megabytes that the site may take at its highest, however many upload."""
LATE_EVERY = 15
"""Each so manieth solver presses the button after the deadline, and each so manieth around it."""
AROUND = timedelta(milliseconds=400)
BOUNDARY = "solutions-of-many"
PIECE = 256 * 1024


@dataclass
class Outcome:
    """What one solver was answered."""

    sent_at: datetime
    """In business time, when the button was pressed."""
    answered_at: datetime
    status: int


@dataclass
class Seen:
    """What was measured while they came."""

    memory: list[int] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)


def run_site(folder: Path, database_url: str, port: int, shift: Any) -> None:
    """Serve the site, whose business time is real time moved by the seconds that `shift` holds."""
    os.dup2(os.open(folder / "site.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY), 2)
    os.environ["TMPDIR"] = str(folder)

    async def serve() -> None:
        deps = Deps(
            settings=fake_settings(folder, base_url=f"http://127.0.0.1:{port}"),
            clock=lambda: datetime.now(UTC) + timedelta(seconds=shift.value),
            search=EmbeddedSearch(folder / "index"),
            mailer=FakeMailer(),
            store=LocalStore(folder / "files"),
            gateway=None,
        )
        async with database(database_url, pool_size=10):
            config = uvicorn.Config(
                create_app(deps), port=port, lifespan="off", log_config=None, access_log=False
            )
            await uvicorn.Server(config).serve()

    asyncio.run(serve())


async def bench(folder: Path, solvers: int, megabytes: int, seconds: int) -> int:
    postgres = EmbeddedPostgres(folder / "postgres")
    url = await asyncio.to_thread(postgres.start)
    await make_application_role(url)
    try:
        async with database(url, pool_size=3):
            await migrate()
        async with database(as_application(url), pool_size=8):
            stage = await make_responding()
            people = [await make_solver(f"第 {place + 1} 所高校") for place in range(solvers)]
            for person in people:
                await make_written(stage, person)
            return await _run(folder, as_application(url), stage.challenge, people, megabytes, seconds)
    finally:
        postgres.stop()


async def _run(
    folder: Path, url: str, challenge: Challenge, people: list[Actor], megabytes: int, seconds: int
) -> int:
    """Have all come, close, open, and compare; return the exit status."""
    port, shared = free_port(), context.Value("d", 0.0)
    site = context.Process(target=run_site, args=(folder, url, port, shared), daemon=True)
    site.start()
    address = f"http://127.0.0.1:{port}/challenges/{challenge.number}"
    await _until_answered(address)
    seen, content = Seen(), b"%PDF-1.4\n" + os.urandom(megabytes * 1024 * 1024 - 100)
    process = psutil.Process(site.pid)
    before = process.memory_info().rss
    shift = DEADLINE - (datetime.now(UTC) + timedelta(seconds=seconds))
    shared.value = shift.total_seconds()
    watching = [asyncio.create_task(_watch(process, seen)), asyncio.create_task(_read(address, seen))]
    dice, began, processor = Random(20), time.monotonic(), _processor(process)
    outcomes = await asyncio.gather(
        *(
            _solve(address, person, place, content, shift, seconds, dice.random())
            for place, person in enumerate(people)
        )
    )
    took, processor = time.monotonic() - began, _processor(process) - processor
    for task in watching:
        task.cancel()
    wrong = await _compare(challenge, people, outcomes)
    left = (DEADLINE + GRACE - (datetime.now(UTC) + shift)).total_seconds()
    await asyncio.sleep(max(left, 0))
    opened = await _open(challenge, folder)
    site.kill()
    wrong += [f"{told.name}: {line}" for told in await run_checks() for line in told.findings]
    peak = max(seen.memory) // 2**20
    if peak > MOST_MEMORY:
        wrong.append(f"the site took {peak} MB")
    taken = sum(outcome.status == 303 for outcome in outcomes)
    late = sum(outcome.status == 409 for outcome in outcomes)
    for line in wrong:
        sys.stdout.write(f"WRONG  {line}\n")
    sys.stdout.write(
        f"{len(people)} solvers, {megabytes} MB each: {taken} taken, {late} late, in {took:.0f} s, of the "
        f"site's processor {processor:.0f} s; memory {before // 2**20} MB before, {peak} MB at its highest; "
        f"pages meanwhile p50 {_percentile(seen.pages, 50):.0f}, p95 {_percentile(seen.pages, 95):.0f} ms; "
        f"{opened}\n"
    )
    return 1 if wrong else 0


async def _solve(
    address: str, person: Actor, place: int, content: bytes, shift: timedelta, seconds: int, chance: float
) -> Outcome:
    """Upload one's file some time before the deadline, then press the button; 0: the connection broke."""
    try:
        return await _upload_and_submit(address, person, place, content, shift, seconds, chance)
    except httpx.TransportError:
        return Outcome(DEADLINE, DEADLINE, 0)


async def _upload_and_submit(
    address: str, person: Actor, place: int, content: bytes, shift: timedelta, seconds: int, chance: float
) -> Outcome:
    late, around = place % LATE_EVERY == 0, place % LATE_EVERY == 1
    session = await start_session(await User.get(id=person.user_id), device="bench")
    limits = httpx.Timeout(900)
    async with httpx.AsyncClient(cookies={COOKIE: session}, timeout=limits) as client:
        await asyncio.sleep(chance * seconds * 0.6)
        page = await client.get(f"{address}/solution")
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page.text)
        if token is None:
            return Outcome(DEADLINE, DEADLINE, page.status_code)
        head, tail = _around_file(token[1], place)
        answer = await client.post(
            f"{address}/solution/files",
            content=_pieces(head, content, tail),
            headers={
                "content-type": f"multipart/form-data; boundary={BOUNDARY}",
                "content-length": str(len(head) + len(content) + len(tail)),
            },
        )
        if answer.status_code != 303:
            return Outcome(DEADLINE, DEADLINE, answer.status_code)
        if late or around:
            spread = AROUND * (2 * chance - 1) if around else timedelta(seconds=1 + 20 * chance)
            wait = (DEADLINE + spread - (datetime.now(UTC) + shift)).total_seconds()
            await asyncio.sleep(max(wait, 0))
        sent_at = datetime.now(UTC) + shift
        answer = await client.post(
            f"{address}/solution/submit", content=f"csrf_token={token[1]}", headers={"content-type": FORM}
        )
        return Outcome(sent_at, datetime.now(UTC) + shift, answer.status_code)


def _around_file(token: str, place: int) -> tuple[bytes, bytes]:
    """Return what stands before and after the file in a form; no two files are equal."""
    head = (
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        f"--{BOUNDARY}\r\n"
        f'content-disposition: form-data; name="file"; filename="{place}.pdf"\r\n'
        "content-type: application/pdf\r\n\r\n"
    )
    return head.encode(), f"{place:08d}\r\n--{BOUNDARY}--\r\n".encode()


async def _pieces(head: bytes, content: bytes, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    view = memoryview(content)
    for start in range(0, len(content), PIECE):
        yield bytes(view[start : start + PIECE])
    yield tail


async def _compare(challenge: Challenge, people: list[Actor], outcomes: list[Outcome]) -> list[str]:
    """Return what was lost, what late one was taken, and who was told what is not so."""
    wrong = []
    versions = await SolutionVersion.filter(solution__challenge_id=challenge.id).select_related("solution")
    kept = {version.solution.organisation_id: version for version in versions}
    for place, (person, outcome) in enumerate(zip(people, outcomes, strict=True)):
        version = kept.get(person.organisation_id) if person.organisation_id else None
        if outcome.status not in (303, 409):
            wrong.append(f"solver {place} was answered {outcome.status}")
        elif (outcome.status == 303) is not (version is not None):
            wrong.append(f"solver {place} was answered {outcome.status}, kept: {version is not None}")
        elif outcome.answered_at < DEADLINE and version is None:
            wrong.append(f"solver {place} was in time and is lost")
        elif outcome.sent_at >= DEADLINE and version is not None:
            wrong.append(f"solver {place} was late and was taken")
        elif version is not None and not outcome.sent_at <= version.arrived_at < DEADLINE:
            wrong.append(f"solver {place} arrived at {version.arrived_at}, sent at {outcome.sent_at}")
    return wrong


async def _open(challenge: Challenge, folder: Path) -> str:
    """Close the challenge and open all; return how long it took and what memory."""
    at, began = DEADLINE + GRACE, time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await clock.close(challenge.id, now=at)
    await open_all(challenge.id, secret=SECRET, store=LocalStore(folder / "files"), now=at)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    count = await OpenedSolution.all().count()
    return f"opened {count} in {time.monotonic() - began:.0f} s with {grown} MB more"


async def _watch(process: psutil.Process, seen: Seen) -> None:
    while True:
        seen.memory.append(process.memory_info().rss)
        await asyncio.sleep(0.1)


async def _read(address: str, seen: Seen) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        while True:
            began = time.monotonic()
            await client.get(address)
            seen.pages.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(0.5)


async def _until_answered(address: str) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        while True:
            try:
                await client.get(address)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
            else:
                return


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def main(solvers: int, megabytes: int, seconds: int) -> int:
    install_rooms()
    with TemporaryDirectory(prefix="submissions") as name:
        folder = Path(name)
        folder.chmod(0o755)
        return asyncio.run(bench(folder, solvers, megabytes, seconds))


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*[*numbers, *(SOLVERS, MEGABYTES, SECONDS)[len(numbers) :]]))
