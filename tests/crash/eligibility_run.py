"""`python -m tests.crash.eligibility_run`: a run over many firms, killed at random, tells each answer once.

The process that judges is killed, or PostgreSQL under it, at any moment; then it is begun again, as the
worker and the next night do. At the end every firm has been judged once and told once of each answer,
and every invariant of `market check` holds.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from market.accounts.actors import load_actor
from market.accounts.models import (
    MemberRole,
    Membership,
    Message,
    Organisation,
    OrganisationKind,
    OrganisationStatus,
    User,
)
from market.eligibility.models import EligibilityMessage, EligibilityRecord, EligibilityRun
from market.eligibility.runs import enqueue_run, run_to_end
from market.eligibility.states import TOLD
from market.eligibility.telling import ADDRESS
from market.files.store import FileStore, LocalStore
from market.kit.database import connection, in_transaction
from market.kit.database_roles import as_application, make_application_role
from market.kit.embedded_postgres import EmbeddedPostgres
from market.ledger.checks import run_checks
from market.rooms import install_rooms
from market.tables import database, migrate
from tests.claims.factories import make_contract, pay_contract
from tests.crash.processes import Market, Place, context, free_port
from tests.factories import NOW, PASSWORD_HASH, make_uscc
from tests.payees.factories import SECRET
from tests.programmes.factories import make_programmes

KILLS, FIRMS = 12, 10_000
WITH_CONTRACT = 50
"""Of how many firms one has bought something."""


def run_judging(place: Place) -> None:
    """Carry out the run, in a process of its own; what it complains of as it dies is of no use."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

    async def judge_all() -> None:
        install_rooms()
        async with database(place.database_url, pool_size=2):
            await run_to_end(NOW)

    asyncio.run(judge_all())


async def crash(folder: Path, kills: int, firms: int, seed: int) -> int:
    """Judge and kill; tell and return whether anything was left out or told twice."""
    started, dice = time.monotonic(), Random(seed)
    install_rooms()
    postgres = EmbeddedPostgres(folder / "postgres")
    url = await asyncio.to_thread(postgres.start)
    await make_application_role(url)
    market = Market(Place(folder, as_application(url), free_port(), free_port()), postgres)
    store = LocalStore(folder / "files")
    killed: Counter[str] = Counter()
    try:
        async with database(url, pool_size=3):
            await migrate()
        async with database(market.place.database_url, pool_size=3):
            await _make_firms(firms, store)
            async with in_transaction():
                await enqueue_run(NOW)
        await _kill_and_judge(market, kills, killed, dice)
        async with database(market.place.database_url, pool_size=3):
            wrong = await _look()
            for checked in await run_checks(SECRET, store):
                wrong += [f"{checked.name}: {finding}" for finding in checked.findings]
            run = await EligibilityRun.get()
    finally:
        market.stop()
    for line in wrong:
        sys.stdout.write(f"WRONG  {line}\n")
    sys.stdout.write(
        f"seed {seed}, {time.monotonic() - started:.0f} s: {run.organisations} firms judged in "
        f"{run.milliseconds / 1000:.1f} s, {run.told} answers told, killed {dict(killed)}; "
        f"{'left out or told twice' if wrong else 'each told once'}\n"
    )
    return 1 if wrong else 0


async def _make_firms(count: int, store: FileStore) -> None:
    """Make verified firms of Nanning with one member each; some have bought and paid under a contract."""
    await make_programmes()
    made = await Organisation.all().count()
    organisations = [
        Organisation(
            id=uuid4(),
            name=f"企业 {number}",
            uscc=make_uscc(made + number + 500_000),
            kind=OrganisationKind.ENTERPRISE,
            status=OrganisationStatus.VERIFIED,
            region="450100",
            created_at=NOW,
            verified_at=NOW,
        )
        for number in range(count)
    ]
    users = [
        User(
            id=uuid4(),
            email=f"firm{number}@example.test",
            name=f"经办人 {number}",
            password_hash=PASSWORD_HASH,
            email_confirmed_at=NOW,
            created_at=NOW,
        )
        for number in range(count)
    ]
    members = [
        Membership(
            id=uuid4(),
            user_id=user.id,
            organisation_id=organisation.id,
            role=MemberRole.ADMIN,
            applied_at=NOW,
            started_at=NOW,
        )
        for user, organisation in zip(users, organisations, strict=True)
    ]
    await Organisation.bulk_create(organisations, batch_size=1000)
    await User.bulk_create(users, batch_size=1000)
    await Membership.bulk_create(members, batch_size=1000)
    for place in range(0, count, WITH_CONTRACT):
        contract = await make_contract(await Organisation.get(id=organisations[place].id), paid=0)
        await pay_contract(contract, await load_actor(users[place].id), f"20260210{place:08d}", store)


async def _kill_and_judge(market: Market, kills: int, killed: Counter[str], dice: Random) -> None:
    """Judge until the run is at its end, killed up to `kills` times."""
    for attempt in range(kills + 1):
        process = context.Process(target=run_judging, args=(market.place,), daemon=True)
        process.start()
        if attempt < kills:
            await asyncio.sleep(dice.uniform(0.3, 2.5))
            target = dice.choice(("process", "process", "postgres"))
            killed[target] += 1
            if target == "postgres":
                await market.kill("postgres")
            with suppress(ProcessLookupError):
                os.kill(process.pid or 0, signal.SIGKILL)
        await asyncio.to_thread(process.join)


async def _look() -> list[str]:
    """Return what was left out, done twice, or told to the wrong number of people."""
    run = await EligibilityRun.get()
    verified = await Organisation.filter(status=OrganisationStatus.VERIFIED).count()
    wrong = [] if run.finished_at else ["the run is not at its end"]
    if run.organisations != verified:
        wrong.append(f"{run.organisations} firms judged, there are {verified}")
    records = await EligibilityRecord.filter(answer__in=list(TOLD)).count()
    told = await EligibilityMessage.all().count()
    if not run.told == told == records:
        wrong.append(f"{run.told} answers counted, {told} stored, {records} to tell")
    rows = await connection().execute_query_dict(
        "SELECT user_id, count(*) AS n FROM messages WHERE address = $1 "
        "GROUP BY user_id HAVING count(*) <> 1",
        [ADDRESS],
    )
    wrong += [f"{UUID(str(row['user_id']))} has {row['n']} messages" for row in rows]
    reached = (
        await EligibilityMessage.filter(recipients__gt=0).distinct().values_list("organisation_id", flat=True)
    )
    if await Message.filter(address=ADDRESS).count() != len(reached):
        wrong.append("not every organisation that was told has its message")
    return wrong


def main() -> int:
    kills, firms, seed = [*map(int, sys.argv[1:]), *(KILLS, FIRMS, 1)[len(sys.argv) - 1 :]]
    with TemporaryDirectory(prefix="crash") as name:
        folder = Path(name)
        folder.chmod(0o755)
        return asyncio.run(crash(folder, kills, firms, seed))


if __name__ == "__main__":
    sys.exit(main())
