"""Issued documents: frozen by the act, printed once, served, reviewed; whoever changes them is found."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from tortoise.exceptions import OperationalError

from market.accounts.models import Message
from market.budgets.batches import approve_batch
from market.claims.desk_review import ask_supplement
from market.claims.models import Claim
from market.deps import Deps
from market.documents.issuing import print_document
from market.documents.models import DocumentOpening, DocumentPrint, DocumentReview, IssuedDocument
from market.documents.sentences import fill
from market.documents.states import DocumentKind
from market.kit.database import connection, in_transaction
from market.kit.letterhead import Letterhead, use_letterhead
from market.records.by import By
from tests.claims.factories import (
    LATER,
    Desk,
    make_accepted,
    make_applicant,
    make_desk,
    make_published,
    make_rechecked,
    refuse,
)
from tests.databases import tampered
from tests.factories import NOW, make_member
from tests.invariants import broken
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in


@cached_stage
async def make_refused(desk: Desk) -> Claim:
    claim = await make_accepted(desk)
    return await refuse(desk, claim)


async def printed(deps: Deps, document: IssuedDocument) -> DocumentPrint:
    await print_document(deps, document_id=str(document.id))
    return await DocumentPrint.get(document_id=document.id)


async def test_documents_are_numbered_by_kind_and_year_and_dated_on_the_day_of_the_act() -> None:
    desk = await make_desk()
    await make_refused(desk)
    await make_refused(desk)
    await ask_supplement(
        (await make_accepted(desk)).number,
        reason="缺发票",
        due_on=date(2026, 3, 20),
        by=By(desk.officer, NOW),
    )

    documents = await IssuedDocument.all().order_by("number")

    assert [row.number for row in documents] == [
        "补不予〔2026〕1号",
        "补不予〔2026〕2号",
        "补通〔2026〕1号",
    ]
    assert {row.content["day"] for row in documents} == {"2026年3月2日"}


async def test_a_document_names_the_office_of_the_settings() -> None:
    use_letterhead(Letterhead("某科技局", "某路 1 号", "0771-1", "某科{kind}[{year}]{number}"))
    try:
        await make_refused(await make_desk())
    finally:
        use_letterhead(Letterhead())

    document = await IssuedDocument.get()
    assert document.number == "某科不予[2026]1"
    assert document.content["from"] == "某科技局"
    assert (
        "也可以书面向本机关提出：某科技局，地址：某路 1 号，电话：0771-1。" in fill(document.content)["after"]
    )


async def test_printing_again_gives_the_same_bytes_whatever_happened_meanwhile(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    for document in await IssuedDocument.all():
        await printed(deps, document)
        assert (await printed(deps, document)).size > 0
    await sign_in(client, desk.officer)
    addresses = [
        f"/desk/{claim.number}/decision.pdf",
        f"/desk/{claim.number}/sheet.pdf",
        f"/desk/batches/{batch}/notice.pdf",
        *[f"/documents/{document.id}" for document in await IssuedDocument.all()],
    ]
    first = [(await client.get(address)).content for address in addresses]

    await Claim.filter(id=claim.id).update(award_amount=1)

    assert [(await client.get(address)).content for address in addresses] == first
    assert all(content.startswith(b"%PDF") for content in first)


async def test_a_document_that_is_not_printed_yet_is_not_shown(client: httpx.AsyncClient, deps: Deps) -> None:
    desk = await make_desk()
    claim = await make_refused(desk)
    await sign_in(client, desk.officer)

    waiting = await client.get(f"/desk/{claim.number}/decision.pdf")
    await printed(deps, await IssuedDocument.get())

    assert waiting.status_code == 404
    assert "正在生成" in waiting.text
    assert (await client.get(f"/desk/{claim.number}/decision.pdf")).status_code == 200


@pytest.mark.owner
async def test_the_database_itself_refuses_to_edit_or_delete_what_was_issued(deps: Deps) -> None:
    desk = await make_desk()
    await make_refused(desk)
    await printed(deps, await IssuedDocument.get())

    for statement in (
        "UPDATE issued_documents SET number = 'x'",
        "DELETE FROM document_prints",
        "UPDATE document_prints SET size = 1",
    ):
        with pytest.raises(OperationalError, match="append-only"):
            async with in_transaction():
                await connection().execute_query(statement)


TAMPERED = (
    (
        """UPDATE issued_documents SET content = jsonb_set(content, '{day}', '"2026年3月9日"')""",
        "documents: texts are as issued",
    ),
    (
        "UPDATE issued_documents SET text_sha256 = repeat('0', 64)",
        "documents: each is in the log as issued",
    ),
    (
        "UPDATE issued_documents SET subject_id = gen_random_uuid()",
        "documents: each is in the log as issued",
    ),
    ("DELETE FROM document_prints", "documents: prints are those that were made"),
    ("UPDATE document_prints SET sha256 = repeat('0', 64)", "documents: prints are those that were made"),
    (
        "UPDATE document_openings SET opened_at = opened_at + interval '30 days'",
        "documents: services are those of the log",
    ),
)


async def test_check_finds_a_document_that_was_changed_by_sql(client: httpx.AsyncClient, deps: Deps) -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_accepted(desk, applicant)
    await refuse(desk, claim)
    await printed(deps, await IssuedDocument.get())
    await sign_in(client, applicant)
    assert (await client.get(f"/claims/{claim.number}/decision.pdf")).status_code == 200
    assert await broken("documents:", store=deps.store) == {}

    for statement, invariant in TAMPERED:
        async with tampered(statement):
            assert await broken(invariant, store=deps.store), statement


async def test_check_finds_bytes_that_were_changed_in_the_store(deps: Deps) -> None:
    desk = await make_desk()
    await make_refused(desk)
    row = await printed(deps, await IssuedDocument.get())
    assert await broken("documents: bytes are stored unchanged", store=deps.store) == {}

    path = deps.settings.data_directory / "files" / row.sha256[:2] / row.sha256
    path.write_bytes(path.read_bytes() + b"%")

    assert await broken("documents: bytes are stored unchanged", store=deps.store)


async def test_a_letter_is_served_when_the_firm_first_opens_it_not_when_the_desk_does(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_accepted(desk, applicant)
    await refuse(desk, claim)
    document = await IssuedDocument.get()
    await printed(deps, document)
    await sign_in(client, desk.officer)
    await client.get(f"/documents/{document.id}")
    assert not await DocumentOpening.exists()

    await sign_in(client, applicant)
    page = (await client.get(f"/claims/{claim.number}")).text
    assert "收件单位打开即为送达，最迟 2026-03-05 视为送达" in page
    await client.get(f"/documents/{document.id}")
    await client.get(f"/documents/{document.id}")

    page = (await client.get(f"/claims/{claim.number}")).text
    assert "2026-03-02 送达（收件单位首次打开）" in " ".join(page.split()).replace("送达 （", "送达（")
    assert "申请复查至 2026-05-06 24:00" in page
    assert await DocumentOpening.all().count() == 1


async def test_another_firm_does_not_see_a_letter(client: httpx.AsyncClient, deps: Deps) -> None:
    await make_refused(await make_desk())
    document = await IssuedDocument.get()
    await printed(deps, document)

    await sign_in(client, await make_member())
    assert (await client.get(f"/documents/{document.id}")).status_code == 404
    await sign_in(client, None)
    assert (await client.get(f"/documents/{document.id}")).status_code == 404


async def test_the_firm_applies_for_a_review_and_the_approver_answers(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_accepted(desk, applicant)
    await refuse(desk, claim)
    document = await IssuedDocument.get()
    await sign_in(client, applicant)
    assert "申请复查" in (await client.get(f"/claims/{claim.number}")).text

    address = f"/documents/{document.id}/review"
    assert (await post(client, address, {"grounds": ""}, follow=False)).status_code == 422
    answer = await post(client, address, {"grounds": "合同已登记为技术转让。"}, follow=False)
    assert answer.status_code == 303
    assert (await post(client, address, {"grounds": "再来一次"}, follow=False)).status_code == 409
    review = await DocumentReview.get()
    assert await Message.filter(
        user_id=desk.approver.user_id, address=f"/documents/reviews/{review.id}"
    ).exists()

    await sign_in(client, desk.officer)
    assert document.number in (await client.get("/documents/reviews")).text
    assert f"/documents/reviews/{review.id}" in (await client.get(f"/desk/{claim.number}")).text
    wrong = await post(client, f"/documents/reviews/{review.id}", {"outcome": "upheld"}, follow=False)
    assert wrong.status_code == 403
    await sign_in(client, desk.approver)
    data = {"outcome": "upheld", "reason": "登记证书载明技术服务。"}
    assert (await post(client, f"/documents/reviews/{review.id}", data, follow=False)).status_code == 303

    await sign_in(client, applicant)
    page = (await client.get(f"/documents/reviews/{review.id}")).text
    assert "维持原决定" in page
    assert "登记证书载明技术服务。" in page


async def test_no_review_is_taken_after_the_sixtieth_day(client: httpx.AsyncClient, deps: Deps) -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_accepted(desk, applicant)
    await refuse(desk, claim)
    document = await IssuedDocument.get()
    await sign_in(client, applicant)

    deps.clock.move(days=80)  # type: ignore[attr-defined]  # the fixed clock of the tests

    answer = await post(client, f"/documents/{document.id}/review", {"grounds": "太迟"}, follow=False)
    assert answer.status_code == 409
    assert not await DocumentReview.exists()


async def test_every_act_of_the_desk_issues_its_document() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))

    kinds = {row.kind: row for row in await IssuedDocument.all()}

    assert set(kinds) == {DocumentKind.NOTICE, DocumentKind.LIST, DocumentKind.SHEET, DocumentKind.DECISION}
    assert kinds[DocumentKind.NOTICE].addressee_id is None
    assert kinds[DocumentKind.DECISION].addressee_id == UUID(str(claim.applicant_id))
    assert kinds[DocumentKind.DECISION].issued_at - LATER == timedelta(0)
    assert desk.approver.name in str(kinds[DocumentKind.SHEET].content["signatures"])
