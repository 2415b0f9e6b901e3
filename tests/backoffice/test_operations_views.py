"""Jobs, mails and the demo's clock."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from market.accounts.models import StaffRole
from market.audit.log import record
from market.audit.models import DailyRoot
from market.backoffice.deadlines import STEPS, move_clock, run_due
from market.deps import Deps
from market.kit.clock import BusinessClock
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.jobs import enqueue, record_failure
from market.kit.mail import SITE, queue_mail
from market.kit.models import OutgoingMail
from market.listings.states import OutcomeStatus
from market.records.by import By
from tests.factories import make_outcome, make_staff
from tests.fixtures import NOW
from tests.visitor import post, sign_in


async def failed_job(name: str = "mail.send", **arguments: int) -> int:
    await enqueue(name, mail_id=arguments.get("mail_id", 1))
    rows = await connection().execute_query_dict(
        "UPDATE procrastinate_jobs SET status = 'doing', attempts = 8 "
        "WHERE id = (SELECT max(id) FROM procrastinate_jobs) RETURNING id"
    )
    await connection().execute_query(
        "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = $1", [rows[0]["id"]]
    )
    return int(rows[0]["id"])


async def status_of(job_id: int) -> str:
    rows = await connection().execute_query_dict(
        "SELECT status::text AS status FROM procrastinate_jobs WHERE id = $1", [job_id]
    )
    return str(rows[0]["status"])


async def test_the_operator_sees_failed_jobs_with_the_reason_and_retries_one(
    client: httpx.AsyncClient,
) -> None:
    job_id = await failed_job(mail_id=7)
    await record_failure(job_id, ConnectionRefusedError("no mail server\nsecond line"))
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    page = (await client.get("/backoffice/jobs")).text
    answer = await post(client, f"/backoffice/jobs/{job_id}/retry", follow=False)

    assert "mail.send" in page
    assert "ConnectionRefusedError: no mail server" in page
    assert "second line" not in page
    assert (answer.status_code, await status_of(job_id)) == (303, "todo")


async def test_a_job_that_did_not_fail_is_not_retried(client: httpx.AsyncClient) -> None:
    job_id = await failed_job(mail_id=7)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    await post(client, f"/backoffice/jobs/{job_id}/retry")

    again = await post(client, f"/backoffice/jobs/{job_id}/retry")

    assert again.status_code == 409


@pytest.mark.parametrize("query", ["", "?status=todo", "?status=doing", "?status=nonsense", "?page=9999999"])
async def test_each_list_of_jobs_opens(client: httpx.AsyncClient, query: str) -> None:
    await enqueue("mail.send", mail_id=8)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    answer = await client.get(f"/backoffice/jobs{query}")

    assert answer.status_code == 200
    assert ("mail.send" in answer.text) == (query == "?status=todo")


async def test_everybody_reads_the_demos_mails_and_follows_their_links(client: httpx.AsyncClient) -> None:
    mail = await queue_mail(
        "wei@example.test", "科转：请确认", f"请打开 {SITE}/confirm/abc 完成。\n<b>粗</b>", now=NOW
    )

    listed = await client.get("/mails?to=wei")
    shown = await client.get(f"/mails/{mail.id}")

    assert "wei@example.test" in listed.text
    assert '<a href="/confirm/abc">http://market.test/confirm/abc</a> 完成' in shown.text
    assert "&lt;b&gt;" in shown.text
    assert (await client.get("/mails/999999999999")).status_code == 404


@pytest.mark.parametrize("to", ["%00", "'", "%25", "长" * 500])
async def test_no_search_breaks_the_list_of_mails(client: httpx.AsyncClient, to: str) -> None:
    assert (await client.get(f"/mails?to={to}")).status_code == 200


async def test_moving_the_clock_brings_what_is_due(client: httpx.AsyncClient, deps: Deps) -> None:
    outcome = await make_outcome(expires_on=(NOW + timedelta(days=10)).date())
    await record("outcome", outcome.id, "created", by=By.job(NOW))
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    before = await client.get("/backoffice/clock")

    await post(client, "/backoffice/clock", {"days": "15"})

    assert "2026-03-02 10:00" in before.text
    assert deps.clock() == NOW + timedelta(days=15)
    await outcome.refresh_from_db()
    assert outcome.status is OutcomeStatus.EXPIRED
    assert await DailyRoot.exists(day=(NOW + timedelta(days=14)).date())
    assert await run_due(deps, deps.clock()) == 0


async def test_the_real_business_clock_moves_for_every_process(deps: Deps) -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    demo, other = replace(deps, clock=BusinessClock()), BusinessClock()

    for step in STEPS:
        await move_clock(step, actor=operator, deps=demo)
    await other.load()

    assert other.offset == timedelta(days=16, hours=1, minutes=10)


@pytest.mark.parametrize(
    ("unit", "count", "words", "duration"),
    [
        ("minutes", "10", "+10 分钟", timedelta(minutes=10)),
        ("hours", "1", "+1 小时", timedelta(hours=1)),
        ("days", "1", "+1 天", timedelta(days=1)),
        ("days", "15", "+15 天", timedelta(days=15)),
    ],
)
async def test_each_button_of_the_clock_moves_it_by_what_is_written_on_it(
    client: httpx.AsyncClient, deps: Deps, unit: str, count: str, words: str, duration: timedelta
) -> None:
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    page = await client.get("/backoffice/clock")
    buttons = re.findall(r'name="(\w+)"\s+value="(\d+)"\s*>\s*([^<]+?)\s*</button>', page.text)

    answer = await post(client, "/backoffice/clock", {unit: count})

    assert (unit, count, words) in buttons
    assert deps.clock() == NOW + duration
    assert f"时钟已前进 {words[1:]}" in answer.text


@pytest.mark.parametrize(
    ("unit", "count"),
    [("days", count) for count in ("", "-15", "2", "1e3", "9" * 400, "\x00", "一")]
    + [("minutes", "1"), ("hours", "10"), ("weeks", "1")],
)
async def test_the_clock_moves_by_its_four_steps_only(
    client: httpx.AsyncClient, deps: Deps, unit: str, count: str
) -> None:
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    answer = await post(client, "/backoffice/clock", {unit: count})

    assert (answer.status_code, deps.clock()) == (404, NOW)


async def test_outside_the_demo_the_clock_stands(deps: Deps) -> None:
    real = replace(deps, settings=replace(deps.settings, is_demo=False))

    with pytest.raises(NotFound):
        await move_clock(STEPS[0], actor=await make_staff(StaffRole.OPERATOR), deps=real)

    assert await OutgoingMail.all().count() == 0
