"""The result of a survey is published in one act: needs, results and messages, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.models import Message
from market.audit.models import AuditEvent
from market.kit.database import connection
from market.kit.errors import Conflict, Invalid
from market.kit.models import OutgoingMail
from market.listings.models import Need
from market.listings.states import NeedStatus
from market.records.by import By
from market.records.transitions import transition
from market.search.models import OutboxEntry
from market.surveys import management, publication, sorting
from market.surveys.checks import CHECKS
from market.surveys.models import Survey, SurveyEntry
from market.surveys.queries import tally_of
from market.surveys.rules import Tally
from market.surveys.states import EntryAction, EntryStatus, SurveyStatus, Verdict
from tests import invariants
from tests.databases import as_owner, tampered
from tests.factories import NOW, make_need
from tests.surveys.factories import SORTED_AT, Call, make_call, make_sorted, make_sorting, submit


async def broken() -> list[str]:
    """Return the invariants of surveys that do not hold."""
    return [name.removeprefix("surveys: ") for name, stated in CHECKS.items() if await stated.check()]


async def publish(call: Call) -> Tally:
    return await publication.publish(call.number, by=By(call.operator, SORTED_AT))


async def queued_mails() -> set[int]:
    """Return the ids of the mails for which a job waits."""
    rows = await connection().execute_query_dict(
        "SELECT (args->>'mail_id')::bigint AS id FROM procrastinate_jobs WHERE task_name = 'mail.send'"
    )
    return {row["id"] for row in rows}


async def test_every_entrant_is_told_at_once_and_what_was_accepted_is_a_need() -> None:
    call = await make_sorted()
    await OutboxEntry.all().delete()
    mails, jobs = {mail.id for mail in await OutgoingMail.all()}, await queued_mails()

    assert await publish(call) == Tally(submitted=3, published=1, merged=1, told=1)
    need = await Need.get(source_reference=f"{call.number}-0001")
    assert need.status is NeedStatus.PUBLISHED
    assert (need.organisation_id, need.created_by_id) == (
        call.firms[0].organisation_id,
        call.firms[0].user_id,
    )
    assert (need.title, need.deadline_on, need.contact_name) == (
        "提高架空导线导电率",
        date(2026, 9, 1),
        "陈工",
    )
    assert await OutboxEntry.filter(index_name="needs", document_id=need.id).count() == 1
    first, second, third = await SurveyEntry.all().order_by("running")
    assert first.need_id == second.merged_into_id == need.id
    assert {entry.status for entry in (first, second, third)} == {EntryStatus.TOLD}
    assert {entry.told_at for entry in (first, second, third)} == {SORTED_AT}
    for firm, words in enumerate(
        (f"已转为正式需求 {need.number}", f"与需求 {need.number} 合并", "原因：指标不明确")
    ):
        user_id = call.firms[firm].user_id
        assert await Message.filter(user_id=user_id, text__contains=words).count() == 1
        assert await OutgoingMail.filter(recipient=call.firms[firm].email, text__contains=words).count() == 1
    assert await queued_mails() - jobs == {mail.id for mail in await OutgoingMail.all()} - mails
    assert [event.action for event in await AuditEvent.filter(subject_id=need.id)] == ["collected"]
    assert (await tally_of(call.survey)).is_whole
    assert await broken() == []
    assert await invariants.broken("listings:", "records:") == {}
    survey = await management.archive(call.number, by=By(call.operator, SORTED_AT))
    assert survey.status is SurveyStatus.ARCHIVED
    assert await broken() == []


async def test_nothing_is_published_while_one_entry_waits_or_cannot_become_a_need() -> None:
    call = await make_sorting()
    by = By(call.operator, SORTED_AT)
    await sorting.sort_entry(call.number, 1, Verdict.PUBLISH, by=by)
    await sorting.sort_entry(call.number, 2, Verdict.MERGE, into=f"{call.number}-0001", by=by)

    with pytest.raises(Conflict, match="还有 1 条没有甄别"):
        await publish(call)
    await sorting.sort_entry(call.number, 3, Verdict.VISIT, reason="请经办人到厂里看", by=by)
    await sorting.sort_entry(call.number, 1, Verdict.REJECT, reason="指标不明确", by=by)
    with pytest.raises(Conflict, match="要并入的那一条没有转为需求"):
        await publish(call)
    await sorting.sort_entry(call.number, 1, Verdict.PUBLISH, by=by)
    late = By(call.operator, SORTED_AT + timedelta(days=200))
    with pytest.raises(Conflict, match="截止日期应在今天之后"):
        await publication.publish(call.number, by=late)
    assert not await Need.exists()
    assert (await publish(call)).is_whole
    for act in (publish(call), sorting.sort_entry(call.number, 3, Verdict.PUBLISH, by=by)):
        with pytest.raises(Conflict):
            await act


async def test_a_verdict_has_its_reason_and_its_target() -> None:
    call = await make_sorting()
    by = By(call.operator, SORTED_AT)
    need, closed = await make_need(), await make_need(status=NeedStatus.CLOSED)

    with pytest.raises(Invalid, match="请写明理由"):
        await sorting.sort_entry(call.number, 1, Verdict.SECRET, reason=" ", by=by)
    await sorting.sort_entry(call.number, 1, Verdict.MERGE, into=need.number, by=by)
    for into in ("", closed.number, f"{call.number}-0002", f"{call.number}-0001", f"{call.number}-0099"):
        with pytest.raises(Invalid, match="在征的需求编号"):
            await sorting.sort_entry(call.number, 2, Verdict.MERGE, into=into, by=by)
    entry = await sorting.sort_entry(call.number, 1, Verdict.DUPLICATE, reason="与上次相同", by=by)
    assert (entry.verdict, entry.merged_into_id) == (Verdict.DUPLICATE, None)


async def test_an_entry_is_sorted_only_in_its_time() -> None:
    call = await make_call()
    await submit(call, 0)

    with pytest.raises(Conflict, match="现在不是甄别的时候"):
        await sorting.sort_entry(call.number, 1, Verdict.PUBLISH, by=By(call.operator, NOW))


async def test_a_publication_that_breaks_at_its_very_end_leaves_nothing() -> None:
    call = await make_sorted()
    mails = await OutgoingMail.all().count()
    async with as_owner():
        # The last statement of the act fails, as it would when the process is killed there.
        await connection().execute_script(
            "ALTER TABLE surveys ADD CONSTRAINT breaks CHECK (published_at IS NULL)"
        )

    with pytest.raises(IntegrityError):
        await publish(call)
    assert not await Need.exists()
    assert await OutgoingMail.all().count() == mails
    assert await SurveyEntry.filter(status=EntryStatus.SORTED).count() == 3
    assert (await Survey.get(id=call.survey.id)).status is SurveyStatus.SORTING
    assert await broken() == []


async def test_who_was_told_before_the_others_is_found() -> None:
    await make_sorted()
    third = await SurveyEntry.get(running=3)
    await transition(third, EntryAction.TELL, by=By.job(SORTED_AT), changes={"told_at": SORTED_AT})

    assert await broken() == ["results are published whole", "entries are what the log says"]


TAMPERED = {
    "DELETE FROM survey_entries WHERE running = 3": "every entry is accounted for",
    "UPDATE needs SET organisation_id = (SELECT organisation_id FROM survey_entries WHERE running = 3)": (
        "every entry is accounted for"
    ),
    "UPDATE survey_entries SET verdict = 'policy' WHERE running = 3": "results are published whole",
    "UPDATE surveys SET status = 'sorting', published_at = NULL": "results are published whole",
    "UPDATE survey_entries SET submitted_at = '2026-04-01' WHERE running = 2": "entries came in time",
    "UPDATE survey_entries SET organisation_id = (SELECT organisation_id FROM survey_entries "
    "WHERE running = 2) WHERE running = 3": "entries came in time",
    "UPDATE survey_entries SET told_at = told_at + interval '1 hour' WHERE running = 1": (
        "entries are what the log says"
    ),
    "UPDATE surveys SET closes_at = closes_at + interval '1 day'": "closings are as extended",
}


async def test_what_was_tampered_with_is_found() -> None:
    await publish(await make_sorted())

    await assert_found(TAMPERED)


async def test_what_is_changed_of_an_entry_before_the_publication_is_found_too() -> None:
    await make_sorted()
    changes = (
        "title = '另一个题目'",
        """values = jsonb_set(values, '{description}', '"改过的描述"')""",
        """answers = '{"q1": "改过"}'""",
        "verdict = 'policy'",
        "verdict_reason = '另一个理由'",
        "verdict = 'merge', verdict_reason = '', merged_entry_id = (SELECT id FROM survey_entries "
        "WHERE running = 1)",
    )

    await assert_found(
        {
            f"UPDATE survey_entries SET {change} WHERE running = 3": "entries are what the log says"  # noqa: S608
            for change in changes
        }
    )


async def assert_found(breaches: Mapping[str, str]) -> None:
    """Each statement, taken back afterwards, breaks the invariant that is named with it."""
    assert await broken() == []
    for statement, breach in breaches.items():
        async with tampered(statement):
            assert breach in await broken(), statement
    assert await broken() == []
