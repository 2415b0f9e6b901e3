"""Both sides of an objection are heard: the unit it is about answers, papers are for the parties alone."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from market.accounts.actors import Actor, load_actor
from market.accounts.models import Message, StaffRole
from market.claims.models import Claim
from market.kit.clock import end_of_day
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.models import OutgoingMail
from market.notices import objections
from market.notices.checks import periods_to_answer_are_as_logged, statements_are_as_logged
from market.notices.models import Notice, Objection, ObjectionPaper, ObjectionStatement
from market.notices.queries import get_notice
from market.notices.states import StatementSide
from market.notices.texts import print_of
from market.records.by import By
from tests.claims.factories import Desk, make_applicant, make_desk, make_published, make_rechecked
from tests.databases import past_guards, tampered
from tests.factories import NOW, make_member, make_staff, make_user
from tests.notices.rulings import rule_on
from tests.notices.test_notice_acts import make_notice, make_publisher
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in

PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF"


@cached_stage
async def make_listed() -> tuple[Desk, Actor, Claim, Notice]:
    """Make a published list of two claims, the first of them of the returned applicant."""
    desk, applicant = await make_desk(), await make_applicant()
    claim = await make_rechecked(desk, applicant)
    await make_published(desk, claim, await make_rechecked(desk))
    return desk, applicant, claim, await Notice.get(subject_kind="batch")


async def make_objected() -> tuple[Desk, Actor, Actor, Objection]:
    """Make an objection to one claim; return desk, applicant, objector and objection."""
    desk, applicant, claim, notice = await make_listed()
    objector = await make_member()
    objection = await objections.object_to(
        notice.number, reason="销售额虚报", entry_id=claim.id, by=By(objector, NOW)
    )
    return desk, applicant, objector, objection


def pdf(name: str) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("files", (name, PDF + name.encode(), "application/pdf"))]


async def test_the_unit_objected_to_is_told_by_message_and_mail_until_when_it_may_answer() -> None:
    _desk, applicant, _objector, objection = await make_objected()

    assert objection.respondent_id == applicant.organisation_id
    assert objection.respond_by == end_of_day((NOW + timedelta(days=7)).date())
    message = await Message.get(user_id=applicant.user_id, address=f"/objections/{objection.id}/answer")
    assert "可在 2026-03-09 24:00 前答复并提交证据" in message.text
    mails = [mail for mail in await OutgoingMail.all() if str(objection.id) in mail.text]
    assert any("可在 2026-03-09 24:00 前答复" in mail.text for mail in mails)


async def test_a_period_to_answer_that_is_not_the_one_told_is_found() -> None:
    _desk, _applicant, _objector, objection = await make_objected()
    assert await periods_to_answer_are_as_logged() == []

    await past_guards(
        "UPDATE objections SET respond_by = respond_by + interval '1 day' WHERE id = $1", objection.id
    )

    [finding] = await periods_to_answer_are_as_logged()
    assert "答复期限" in finding


async def test_the_unit_objected_to_answers_with_papers_and_the_objector_adds_some(
    client: httpx.AsyncClient,
) -> None:
    desk, applicant, objector, objection = await make_objected()
    address = f"/notices/{(await Notice.get(subject_kind='batch')).number}"
    await sign_in(client, applicant)
    assert "答复对本单位的异议" in (await client.get("/dashboard")).text
    assert f"/objections/{objection.id}/answer" in (await client.get(address)).text
    answered = await post(
        client,
        f"/objections/{objection.id}/answer",
        {"reply": "发票与合同一一对应"},
        files=[*pdf("发票.pdf"), *pdf("合同.pdf")],
    )
    assert "答复已公开" in answered.text
    assert "答复对本单位的异议" not in (await client.get("/dashboard")).text
    await sign_in(client, objector)
    added = await post(
        client, f"/objections/{objection.id}/papers", {"text": "附往年合同"}, files=pdf("往年合同.pdf")
    )
    assert "证据已提交" in added.text

    stated = await ObjectionStatement.all().order_by("stated_at", "side")
    assert {(row.side, row.text) for row in stated} == {
        (StatementSide.RESPONDENT, "发票与合同一一对应"),
        (StatementSide.OBJECTOR, "附往年合同"),
    }
    papers = await ObjectionPaper.all()
    assert len(papers) == 3
    notice = await get_notice(address.removeprefix("/notices/"))
    assert "被异议单位答复：发票与合同一一对应" in print_of(notice)["objections"][0][3]
    everybody = await make_member(), await make_staff(StaffRole.OPERATOR)
    for person, may_open in (
        (objector, True),
        (applicant, True),
        (desk.officer, True),
        (desk.rechecker, True),
        (desk.approver, True),
        (everybody[1], True),
        (await make_staff(StaffRole.AUDITOR), True),
        (await load_actor((await make_user()).id), False),
        (everybody[0], False),
        (None, False),
    ):
        await sign_in(client, person)
        page = await client.get(address)
        assert "发票与合同一一对应" in page.text
        assert ("往年合同.pdf" in page.text) is may_open, person
        codes = {(await client.get(f"/files/{paper.file_id}")).status_code for paper in papers}
        assert codes == ({200} if may_open else {404}), person
    assert await statements_are_as_logged() == []


async def test_an_objection_is_filed_with_its_papers(client: httpx.AsyncClient) -> None:
    _desk, _applicant, claim, notice = await make_listed()
    objector = await make_member()
    await sign_in(client, objector)
    await post(
        client,
        f"/notices/{notice.number}/object",
        {"entry": str(claim.id), "reason": "虚报"},
        files=pdf("账册.pdf"),
    )

    paper = await ObjectionPaper.get().select_related("statement__objection", "file")
    assert paper.statement.side is StatementSide.OBJECTOR
    assert paper.statement.objection.objector_id == objector.user_id
    assert paper.file.sha256 == paper.sha256
    wrong = await post(
        client,
        f"/objections/{paper.statement.objection_id}/papers",
        files=[("files", ("程序.exe", b"MZ", "application/pdf"))],
    )
    assert wrong.status_code == 422
    assert "只接收这些文件" in wrong.text


async def test_who_is_no_party_neither_answers_nor_adds_papers(client: httpx.AsyncClient) -> None:
    _desk, _applicant, objector, objection = await make_objected()
    stranger = await make_member()

    for act in (objections.respond, objections.add_papers):
        with pytest.raises(NotFound):
            await act(objection.id, "我来说", papers=[], by=By(stranger, NOW))
    with pytest.raises(NotFound):
        await objections.respond(objection.id, "我替他答", by=By(objector, NOW))
    await sign_in(client, stranger)
    for act_address in ("answer", "papers"):
        assert (await client.get(f"/objections/{objection.id}/{act_address}")).status_code == 404
    with pytest.raises(Invalid):
        await objections.add_papers(objection.id, "没有文件", papers=[], by=By(objector, NOW))


async def test_an_answer_after_the_period_is_marked_and_after_the_ruling_none_is_taken(
    client: httpx.AsyncClient,
) -> None:
    _desk, applicant, _objector, objection = await make_objected()
    late = NOW + timedelta(days=9)
    first = await objections.respond(objection.id, "按时", by=By(applicant, NOW))
    second = await objections.respond(objection.id, "补充说明", by=By(applicant, late))

    assert [objection.is_late(statement) for statement in (first, second)] == [False, True]
    page = (await client.get(f"/notices/{(await Notice.get(id=objection.notice_id)).number}")).text
    assert page.count("逾期答复") == 1
    await rule_on(objection.id, is_upheld=False, text="查明", now=late)
    with pytest.raises(Conflict):
        await objections.respond(objection.id, "再说", by=By(applicant, late))
    told = await Message.filter(user_id=applicant.user_id, text__contains="的异议已裁定")
    assert len(told) == 1


async def test_the_ruling_page_warns_while_the_unit_objected_to_was_not_heard(
    client: httpx.AsyncClient,
) -> None:
    desk, applicant, _objector, objection = await make_objected()
    await sign_in(client, desk.operator)

    assert (
        "被异议单位的答复期到 2026-03-09 24:00 止，尚未答复。"
        in (await client.get(f"/objections/{objection.id}/decide")).text
    )
    await objections.respond(objection.id, "发票与合同一一对应", by=By(applicant, NOW))
    page = (await client.get(f"/objections/{objection.id}/decide")).text
    assert "尚未答复" not in page
    assert "发票与合同一一对应" in page


async def test_the_publishing_unit_answers_with_papers_too(client: httpx.AsyncClient) -> None:
    publisher = await make_publisher()
    notice = await make_notice(publisher)
    objection = await objections.object_to(notice.number, reason="价低", by=By(await make_member(), NOW))
    assert objection.respondent_id is None
    await sign_in(client, publisher)

    await post(
        client, f"/objections/{objection.id}/answer", {"reply": "附评估报告"}, files=pdf("评估报告.pdf")
    )

    paper = await ObjectionPaper.get().select_related("statement")
    assert paper.statement.side is StatementSide.PUBLISHER
    assert (await Objection.get(id=objection.id)).answer == "附评估报告"


@pytest.mark.owner
async def test_what_the_sides_said_cannot_be_changed(client: httpx.AsyncClient) -> None:
    await make_answered(client)

    for statement in (
        "UPDATE objection_statements SET text = '另一个说法'",
        "DELETE FROM objection_papers",
        "UPDATE objection_papers SET sha256 = repeat('0', 64)",
    ):
        with pytest.raises(Exception, match="append-only"):
            async with in_transaction():
                await connection().execute_query(statement)


async def test_a_change_by_force_of_what_the_sides_said_is_found(client: httpx.AsyncClient) -> None:
    await make_answered(client)
    assert await statements_are_as_logged() == []

    for statement in (
        "UPDATE objection_statements SET text = '另一个说法'",
        "DELETE FROM objection_papers",
        "UPDATE objection_papers SET sha256 = repeat('0', 64)",
        "UPDATE files SET sha256 = repeat('0', 64) WHERE subject_kind = 'objection'",
        "WITH papers AS (DELETE FROM objection_papers) DELETE FROM objection_statements",
        "UPDATE objections SET reason = '别的理由'",
    ):
        async with tampered(statement):
            (finding,) = await statements_are_as_logged()
            assert finding.endswith("理由、答复或证据与日志所记不同"), statement


async def make_answered(client: httpx.AsyncClient) -> None:
    """Let the unit that is objected to answer with a paper."""
    _desk, applicant, _objector, objection = await make_objected()
    await sign_in(client, applicant)
    await post(client, f"/objections/{objection.id}/answer", {"reply": "如实"}, files=pdf("发票.pdf"))
