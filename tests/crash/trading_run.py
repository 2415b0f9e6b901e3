"""Kills site, worker and PostgreSQL while parties trade, then looks what is lost or doubled."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from market.accounts.models import Organisation
from market.kit.database import connection
from market.kit.database_roles import as_application, make_application_role
from market.kit.embedded_postgres import EmbeddedPostgres
from market.ledger.checks import run_checks
from market.payments.models import ConnectedAccount
from market.tables import database, migrate
from tests.crash.processes import PATIENCE, Market, Place, free_port, until_up, wait_until
from tests.crash.traders import Done, Story, make_outcomes, make_story

KILLS_IN_A_ROW = 10
"""Kills after which an act must get through, however busy the machine is."""
TARGETS = ("site", "site", "site", "worker", "worker", "worker", "postgres")
EFFECTS = {
    "interest": "SELECT count(*) AS n FROM deals d JOIN outcomes o ON o.id = d.outcome_id "
    "WHERE o.number = $1",
    "offer": "SELECT count(*) AS n FROM offers o JOIN deals d ON d.id = o.deal_id WHERE d.number = $1",
    "accept": "SELECT count(*) AS n FROM offers o JOIN deals d ON d.id = o.deal_id "
    "WHERE d.number = $1 AND o.status = 'accepted'",
    "sign": "SELECT count(*) AS n FROM contracts WHERE number = $1",
    "remittance": "SELECT count(*) AS n FROM receipts WHERE source = 'remittance' AND source_id = $1::uuid",
    "payment": "SELECT count(*) AS n FROM receipts r JOIN payments p ON p.id = r.source_id "
    "WHERE r.source = 'payment' AND p.checkout_id = $1 AND r.amount = p.amount",
    "refund": "SELECT count(*) AS n FROM refunds f JOIN receipts r ON r.source_id = f.id "
    "WHERE r.source = 'refund' AND f.payment_id = $1::uuid AND f.status = 'succeeded' "
    "AND -r.amount = f.amount",
}
"""How often the effect of an act stands in the database: once, for each that was answered."""


@dataclass
class Report:
    kills: Counter[str]
    acts: Counter[str]
    rounds: int
    seconds: float
    wrong: list[str]


async def crash(directory: Path, kills: int, *, seed: int, pairs: int = 3) -> Report:
    """Play and kill until `kills` are done and every pair has ended its round; then look."""
    dice, started = random.Random(seed), time.monotonic()
    postgres = EmbeddedPostgres(directory / "postgres")
    url = await asyncio.to_thread(postgres.start)
    await make_application_role(url)
    market = Market(Place(directory, as_application(url), free_port(), free_port()), postgres)
    try:
        async with database(url, pool_size=3):
            await migrate()
        # From here on as in production: what must not be changed or deleted, the database refuses.
        async with database(market.place.database_url, pool_size=3):
            stories = [await make_story(market.place.site) for _ in range(pairs)]
            outcomes = [await make_outcomes(each.parties, max(20, kills)) for each in stories]
            market.start("gateway")
            await until_up(market.place.gateway + "/control/told")
            market.start("site")
            market.start("worker")
            await until_up(market.place.site + "/help")
            await _connect(market, stories)
        over = asyncio.Event()
        playing = [
            asyncio.create_task(_play(story, market, numbers, over))
            for story, numbers in zip(stories, outcomes, strict=True)
        ]
        killed = await _kill(market, kills, dice, stories, playing)
        over.set()
        watching = asyncio.create_task(_watch(market))
        await asyncio.gather(*playing)
        wrong = await _look(market, [act for story in stories for act in story.done])
        watching.cancel()
        acts = Counter(act.act for story in stories for act in story.done)
        rounds = sum(story.rounds for story in stories)
        return Report(killed, acts, rounds, time.monotonic() - started, wrong)
    finally:
        market.stop()


async def _play(story: Story, market: Market, outcomes: Sequence[str], over: asyncio.Event) -> None:
    for outcome in outcomes:
        await story.play(market.place.gateway, outcome)
        if over.is_set():
            return


async def _kill(
    market: Market,
    kills: int,
    dice: random.Random,
    stories: Sequence[Story],
    playing: Sequence[asyncio.Task[None]],
) -> Counter[str]:
    """Kill at random until `kills` are done or a story has failed; return how often each was killed."""
    killed: Counter[str] = Counter()
    while killed.total() < kills:
        if killed.total() % KILLS_IN_A_ROW == 0:
            await _let_one_act(market, stories, playing)
        # Long enough that an act gets through now and then, short enough that most are hit.
        await until_up(market.place.site + "/robots.txt")
        await asyncio.sleep(dice.uniform(0.05, 1.2))
        market.keep_up()
        for task in playing:
            if task.done() and task.exception():
                return killed
        name = dice.choice(TARGETS)
        await market.kill(name)
        killed[name] += 1
        if sys.stderr.isatty() or killed.total() % 20 == 0:
            sys.stderr.write(f"{killed.total()}/{kills} kills\n")
    return killed


async def _let_one_act(
    market: Market, stories: Sequence[Story], playing: Sequence[asyncio.Task[None]]
) -> None:
    """Wait until one more act is answered or a story has ended."""
    before = sum(story.answered for story in stories)

    async def has_acted() -> bool:
        market.keep_up()
        is_over = any(task.done() for task in playing)
        return is_over or sum(story.answered for story in stories) > before

    await wait_until(has_acted, "an answer between kills")


async def _watch(market: Market) -> None:
    while True:
        market.keep_up()
        await asyncio.sleep(0.3)


async def _connect(market: Market, stories: Sequence[Story]) -> None:
    """Give every seller an account at the gateway that can be paid on."""
    import httpx

    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        for story in stories:
            finance = story.people["finance"]
            answer = await finance.act("/account/payouts")
            account = answer.headers["location"].rsplit("/", 1)[1]
            await client.post(f"{market.place.gateway}/control/open/{account}")
    organisations = await Organisation.filter(id__in=[each.parties.university.id for each in stories])

    async def are_open() -> bool:
        return await ConnectedAccount.filter(charges_enabled=True).count() == len(organisations)

    await wait_until(are_open, "open accounts of all sellers")


async def _look(market: Market, done: Sequence[Done]) -> list[str]:
    """Wait until all is quiet, then name each act that is missing or there twice, and what is broken."""
    async with database(market.place.database_url, pool_size=2):
        await _quiet()
        wrong = []
        for act in done:
            [row] = await connection().execute_query_dict(EFFECTS[act.act], [act.subject])
            if row["n"] != 1:
                wrong.append(f"{act.act} {act.subject} is there {row['n']} times")
        for checked in await run_checks():
            wrong += [f"{checked.name}: {finding}" for finding in checked.findings]
    return wrong


async def _quiet() -> None:
    async def is_quiet() -> bool:
        [row] = await connection().execute_query_dict(
            "SELECT count(*) AS n FROM procrastinate_jobs WHERE status IN ('todo', 'doing') "
            "AND (task_name LIKE 'payments.%' OR task_name LIKE 'contracts.%')"
        )
        return not row["n"]

    await wait_until(is_quiet, "an end of all jobs about money")


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with TemporaryDirectory(prefix="crash") as folder:
        Path(folder).chmod(0o755)
        report = asyncio.run(crash(Path(folder), kills, seed=seed, pairs=pairs))
    sys.stdout.write(
        f"seed {seed}, {report.seconds:.0f} s: killed {dict(report.kills)}; {report.rounds} rounds, "
        f"acts answered {dict(report.acts)}\n"
    )
    for each in report.wrong:
        sys.stdout.write(f"WRONG  {each}\n")
    sys.stdout.write("nothing lost, nothing doubled, every invariant holds\n" if not report.wrong else "")
    return 1 if report.wrong or report.kills.total() < kills else 0


if __name__ == "__main__":
    sys.exit(main())
