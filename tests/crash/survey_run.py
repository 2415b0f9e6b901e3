"""`python -m tests.crash.survey_run`: a survey's publication killed at random is there whole, or not at all.

The process that publishes is killed, or PostgreSQL under it, at any moment of the act; then it is done again,
as a person would. After each kill every entry is as it was, or every entrant has been told.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

from market.accounts.actors import Actor, load_actor
from market.accounts.models import Message, StaffRole
from market.kit.database import connection
from market.kit.database_roles import as_application, make_application_role
from market.kit.embedded_postgres import EmbeddedPostgres
from market.kit.models import OutgoingMail
from market.ledger.checks import run_checks
from market.listings.models import Need
from market.records.by import By
from market.rooms import install_rooms
from market.surveys import entries, management, publication, sorting
from market.surveys.checks import CHECKS
from market.surveys.models import Survey, SurveyEntry
from market.surveys.states import EntryStatus, SurveyStatus, Verdict
from market.tables import database, migrate
from tests.crash.processes import Market, Place, context, free_port
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_staff
from tests.surveys.factories import CLOSES, content, survey_values

KILLS, SURVEYS, FIRMS = 60, 12, 40
SORTED_AT = CLOSES + timedelta(days=1)
VERDICTS = (Verdict.PUBLISH, Verdict.MERGE, Verdict.REJECT, Verdict.PUBLISH)


def run_publication(place: Place, number: str, user_id: UUID) -> None:
    """Publish, in a process of its own; what it complains of as it dies is of no use."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

    async def publish() -> None:
        install_rooms()
        async with database(place.database_url, pool_size=2):
            await publication.publish(number, by=By(await load_actor(user_id), SORTED_AT))

    asyncio.run(publish())


async def crash(folder: Path, kills: int, surveys: int, seed: int) -> int:
    """Publish and kill; tell and return whether anything was told by halves or twice."""
    started, dice = time.monotonic(), Random(seed)
    postgres = EmbeddedPostgres(folder / "postgres")
    url = await asyncio.to_thread(postgres.start)
    await make_application_role(url)
    market = Market(Place(folder, as_application(url), free_port(), free_port()), postgres)
    killed: Counter[str] = Counter()
    try:
        async with database(url, pool_size=3):
            await migrate()
        wrong: list[str] = []
        for round_ in range(surveys):
            async with database(market.place.database_url, pool_size=3):
                operator = await make_staff(StaffRole.OPERATOR)
                number = await _make_sorted(operator, round_)
            most = kills // surveys + (round_ < kills % surveys)
            wrong += await _kill_and_publish(market, number, operator, most, killed, dice)
        async with database(market.place.database_url, pool_size=3):
            wrong += [f"{told.name}: {line}" for told in await run_checks() for line in told.findings]
    finally:
        market.stop()
    for line in wrong:
        sys.stdout.write(f"WRONG  {line}\n")
    sys.stdout.write(
        f"seed {seed}, {time.monotonic() - started:.0f} s: {surveys} surveys of {FIRMS} entries, "
        f"killed {dict(killed)}; {'by halves or twice' if wrong else 'whole or not at all'}\n"
    )
    return 1 if wrong else 0


async def _make_sorted(operator: Actor, place: int) -> str:
    """Return the number of a survey whose entries all have a verdict."""
    by = By(operator, NOW)
    survey = await management.create(survey_values(title=f"第 {place + 1} 次征集"), by=by)
    await management.open_survey(survey.number, calendar=HOLIDAYS, by=by)
    for firm in range(FIRMS):
        member = await make_member(await make_organisation(name=f"第 {place + 1} 次征集的企业 {firm + 1}"))
        what = content(f"第 {place + 1}-{firm + 1} 项需求")
        await entries.save(survey.number, None, what, is_submitted=True, by=By(member, NOW))
    await management.close_due(survey.id, now=CLOSES)
    for firm in range(FIRMS):
        verdict = VERDICTS[firm % len(VERDICTS)]
        await sorting.sort_entry(
            survey.number,
            firm + 1,
            verdict,
            reason="指标不明确" if verdict is Verdict.REJECT else "",
            into=f"{survey.number}-0001" if verdict is Verdict.MERGE else "",
            by=By(operator, SORTED_AT),
        )
    return survey.number


async def _kill_and_publish(
    market: Market, number: str, operator: Actor, kills: int, killed: Counter[str], dice: Random
) -> list[str]:
    """Publish one survey until it is published, killed up to `kills` times; return what is wrong."""
    wrong: list[str] = []
    for attempt in range(kills + 1):
        process = context.Process(
            target=run_publication, args=(market.place, number, operator.user_id), daemon=True
        )
        process.start()
        if attempt < kills:
            await asyncio.sleep(dice.uniform(0, 0.7))
            target = dice.choice(("process", "process", "postgres"))
            killed[target] += 1
            if target == "postgres":
                await market.kill("postgres")
            with suppress(ProcessLookupError):
                os.kill(process.pid or 0, signal.SIGKILL)
        await asyncio.to_thread(process.join)
        async with database(market.place.database_url, pool_size=2):
            is_done, breaches = await _look(number)
        wrong += breaches
        if is_done:
            killed["too late"] += attempt < kills
            return wrong
    return [*wrong, f"{number} was not published without a kill"]


async def _look(number: str) -> tuple[bool, list[str]]:
    """Return whether a survey is published, and what of it is there by halves or twice."""
    survey = await Survey.get(number=number)
    entered = await SurveyEntry.filter(survey_id=survey.id).order_by("running")
    is_done = survey.status is SurveyStatus.PUBLISHED
    wrong = [f"{number}: {name}" for name, stated in CHECKS.items() if await stated.check()]
    accepted = sum(entry.verdict is Verdict.PUBLISH for entry in entered)
    counts = {
        "told": sum(entry.status is EntryStatus.TOLD for entry in entered),
        "needs": await Need.filter(source_reference__startswith=f"{number}-").count(),
        "messages": await Message.filter(address__startswith=f"/surveys/{number}/entries/").count(),
        "mails": await _count_mails(entered, number),
    }
    expected = dict.fromkeys(counts, len(entered)) | {"needs": accepted}
    if counts != (expected if is_done else dict.fromkeys(counts, 0)):
        wrong.append(f"{number}, published {is_done}: {counts}")
    return is_done, wrong


async def _count_mails(entered: Sequence[SurveyEntry], number: str) -> int:
    """Return how many mails about the entries wait with a job to send them."""
    mails = await OutgoingMail.filter(text__contains=f"/surveys/{number}/entries/")
    rows = await connection().execute_query_dict(
        "SELECT (args->>'mail_id')::bigint AS id FROM procrastinate_jobs WHERE task_name = 'mail.send'"
    )
    return len({mail.id for mail in mails} & {row["id"] for row in rows})


def main(kills: int, surveys: int, seed: int) -> int:
    install_rooms()
    with TemporaryDirectory(prefix="crash") as name:
        folder = Path(name)
        folder.chmod(0o755)
        return asyncio.run(crash(folder, kills, surveys, seed))


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*[*numbers, *(KILLS, SURVEYS, int(time.time()))[len(numbers) :]]))
