"""Files of outcomes and needs: who may open what, pictures on the page, and what the operator is told."""

from __future__ import annotations

import httpx
import pytest

from market.accounts.actors import Actor, load_actor
from market.accounts.models import Message, Organisation, OrganisationKind, StaffRole
from market.files.models import StoredFile, Tier
from market.files.undertakings import accept_undertaking
from market.listings import authoring, changes
from market.listings.listing_files import FileKind
from market.listings.models import ListingChange, Need, Outcome
from market.listings.states import ChangeStatus, OutcomeStatus
from market.records.by import By
from tests.factories import (
    NOW,
    make_broker,
    make_member,
    make_need,
    make_organisation,
    make_outcome,
    make_staff,
    make_user,
)
from tests.files.test_pictures import jpeg
from tests.listings.forms import outcome_values
from tests.visitor import post, sign_in

PDF = b"%PDF-1.7\nreport"


async def make_own(**fields: object) -> tuple[Actor, Outcome]:
    owner = await make_organisation(kind=OrganisationKind.UNIVERSITY)
    return await make_member(owner), await make_outcome(owner, **fields)


async def add(
    client: httpx.AsyncClient,
    outcome: Outcome,
    tier: str = "public",
    *,
    name: str = "检测报告.pdf",
    content: bytes = PDF,
    kind: str = "report",
) -> httpx.Response:
    return await post(
        client,
        f"/my/outcomes/{outcome.number}/files",
        {"kind": kind, "tier": tier},
        files={"file": (name, content, "application/octet-stream")},
    )


async def accept_files(listing: Outcome | Need) -> None:
    """Have the operator accept what waits for review of a listing, if anything does."""
    if change := await ListingChange.get_or_none(subject_id=listing.id, status=ChangeStatus.PENDING):
        operator = await make_staff(StaffRole.OPERATOR)
        await changes.accept(change.id, seen_revision=change.base_revision, by=By(operator, NOW))


@pytest.mark.parametrize(
    ("tier", "guest", "unverified", "enterprise", "broker"),
    [
        ("public", 200, 200, 200, 200),
        ("verified", 404, 404, 200, 200),
        ("undertaking", 404, 404, 303, 303),
        ("parties", 404, 404, 404, 404),
    ],
)
async def test_an_attachment_opens_by_its_tier(
    client: httpx.AsyncClient, tier: str, guest: int, unverified: int, enterprise: int, broker: int
) -> None:
    author, outcome = await make_own()
    await sign_in(client, author)
    words = "审核通过后才公开" if tier == "public" else "已添加"
    assert words in (await add(client, outcome, tier)).text
    await accept_files(outcome)
    file = await StoredFile.get()
    someone = await make_member(await make_organisation(status="pending"))

    answers = []
    for actor in (None, someone, await make_member(), await make_broker()):
        await sign_in(client, actor)
        answers.append((await client.get(f"/files/{file.id}")).status_code)
    page = await client.get(f"/outcomes/{outcome.number}")
    await sign_in(client, None)
    guest_page = await client.get(f"/outcomes/{outcome.number}")
    privy = []
    for actor in (author, await make_staff(StaffRole.AUDITOR)):
        await sign_in(client, actor)
        privy.append((await client.get(f"/files/{file.id}")).status_code)

    assert answers == [guest, unverified, enterprise, broker]
    assert ("检测报告.pdf" in page.text) is (tier != "parties")
    assert ("检测报告.pdf" in guest_page.text) is (tier == "public")
    assert ("检测报告、查新报告" in guest_page.text) is (tier != "parties")
    assert privy[0] == 200


async def test_after_the_undertaking_the_file_opens(client: httpx.AsyncClient) -> None:
    author, outcome = await make_own()
    await sign_in(client, author)
    await add(client, outcome, "undertaking")
    file, buyer = await StoredFile.get(), await make_member()

    await accept_undertaking(file, by=By(buyer, NOW))
    await sign_in(client, buyer)

    assert (await client.get(f"/files/{file.id}")).content == PDF


async def test_files_of_a_draft_open_to_its_authors_and_reviewers_only(client: httpx.AsyncClient) -> None:
    author, outcome = await make_own(status=OutcomeStatus.DRAFT)
    await sign_in(client, author)
    await add(client, outcome)
    file = await StoredFile.get()

    codes = []
    for actor in (author, await make_staff(StaffRole.OPERATOR), await make_member(), None):
        await sign_in(client, actor)
        codes.append((await client.get(f"/files/{file.id}")).status_code)

    assert codes == [200, 200, 404, 404]


async def test_a_picture_is_public_plain_and_shown_on_the_page(client: httpx.AsyncClient) -> None:
    author, outcome = await make_own()
    await sign_in(client, author)
    await add(client, outcome, "verified", name="样机.jpg", content=jpeg((3000, 1000)), kind="picture")
    await accept_files(outcome)
    file = await StoredFile.get()

    await sign_in(client, None)
    page = await client.get(f"/outcomes/{outcome.number}")
    shown = await client.get(f"/pictures/{file.id}")

    assert (file.tier, file.kind) == (Tier.PUBLIC, FileKind.PICTURE)
    assert f"/pictures/{file.id}" in page.text
    assert 'alt="样机"' in page.text
    assert "添加附件" in page.text
    assert "file added" not in page.text
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert "public" in shown.headers["cache-control"]
    assert b"SecretCamera" not in shown.content


async def test_a_photo_among_the_attachments_loses_its_metadata_too(client: httpx.AsyncClient) -> None:
    author, outcome = await make_own()
    await sign_in(client, author)
    await add(client, outcome, name="证书.jpg", content=jpeg(), kind="proof")
    file = await StoredFile.get()

    assert b"SecretCamera" not in (await client.get(f"/files/{file.id}")).content
    assert (await client.get(f"/pictures/{file.id}")).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("照片.pdf", PDF, "图片请用 JPG 或 PNG"),
        ("坏.jpg", jpeg()[:100], "打不开"),
        ("宏.exe", b"MZ", "只接收这些文件"),
    ],
)
async def test_what_is_no_picture_is_refused_at_its_field(
    client: httpx.AsyncClient, name: str, content: bytes, words: str
) -> None:
    author, outcome = await make_own()
    await sign_in(client, author)

    page = await add(client, outcome, name=name, content=content, kind="picture")

    assert page.status_code == 422
    assert words in page.text
    assert not await StoredFile.exists()


async def test_a_public_file_on_a_published_listing_waits_for_review(client: httpx.AsyncClient) -> None:
    operator = await make_user(staff_role=StaffRole.OPERATOR)
    author, outcome = await make_own()
    await sign_in(client, author)

    await add(client, outcome, "verified")
    assert not await Message.filter(user_id=operator.id).exists()
    file = await StoredFile.get()
    opened = await post(client, f"/my/outcomes/{outcome.number}/files/{file.id}", {"tier": "public"})
    await add(client, outcome, name="样机.jpg", content=jpeg(), kind="picture")
    waiting = await ListingChange.get(subject_id=outcome.id)
    await sign_in(client, None)
    before = [(await client.get(f"/files/{file.id}")).status_code for file in await StoredFile.all()]
    await sign_in(client, await load_actor(operator.id))
    review = (await client.get(f"/backoffice/changes/{waiting.id}")).text
    await post(
        client,
        f"/backoffice/changes/{waiting.id}",
        {"decision": "accept", "revision": str(waiting.base_revision)},
    )
    await sign_in(client, None)
    after = [(await client.get(f"/files/{file.id}")).status_code for file in await StoredFile.all()]

    assert "公开待审核" in opened.text
    assert "变更待审核" in (await Message.get(user_id=operator.id)).text
    assert len(waiting.values["files"]) == 2
    assert "检测报告.pdf" in review
    assert "/pictures/" in review
    assert (before, after) == ([404, 404], [200, 200])
    assert (await ListingChange.get(id=waiting.id)).status is ChangeStatus.ACCEPTED


async def test_what_waits_is_text_and_files_in_one_change_and_closing_a_file_takes_it_out(
    client: httpx.AsyncClient,
) -> None:
    author, outcome = await make_own(**outcome_values())
    await sign_in(client, author)
    await add(client, outcome)
    await authoring.update_outcome(outcome.number, {"title": "全新的名称"}, by=By(author, NOW))
    both = await ListingChange.get(subject_id=outcome.id)
    file = await StoredFile.get()

    await post(client, f"/my/outcomes/{outcome.number}/files/{file.id}", {"tier": "parties"})
    text = await ListingChange.get(subject_id=outcome.id)
    form = (await client.get(f"/my/outcomes/{outcome.number}")).text
    await authoring.update_outcome(outcome.number, {"title": outcome.title}, by=By(author, NOW))

    assert set(both.values) == {"title", "files"}
    assert text.values == {"title": "全新的名称"}
    assert text.base_revision > both.base_revision
    assert "全新的名称" in form
    assert (await ListingChange.get(subject_id=outcome.id)).status is ChangeStatus.WITHDRAWN


async def test_a_new_version_that_waits_does_not_hide_the_one_everybody_opens(
    client: httpx.AsyncClient,
) -> None:
    author, outcome = await make_own()
    await sign_in(client, author)
    await add(client, outcome)
    await accept_files(outcome)
    await add(client, outcome, content=PDF + b"2")
    first, second = await StoredFile.all().order_by("version")
    await sign_in(client, None)
    page = (await client.get(f"/outcomes/{outcome.number}")).text

    assert f"/files/{first.id}" in page
    assert f"/files/{second.id}" not in page


@pytest.mark.parametrize("status", [OutcomeStatus.PENDING, OutcomeStatus.SOLD])
async def test_nothing_is_opened_to_everybody_while_a_listing_is_reviewed_or_after_its_end(
    client: httpx.AsyncClient, status: OutcomeStatus
) -> None:
    author, outcome = await make_own(status=status)
    await sign_in(client, author)

    opened, kept = await add(client, outcome), await add(client, outcome, "verified")

    assert (opened.status_code, kept.status_code) == (409, 200)
    assert (await StoredFile.get()).tier is Tier.VERIFIED


async def test_closing_a_file_closes_its_older_versions(client: httpx.AsyncClient) -> None:
    author, outcome = await make_own()
    await sign_in(client, author)
    await add(client, outcome)
    await add(client, outcome, content=PDF + b"2")
    await accept_files(outcome)
    first, second = await StoredFile.all().order_by("version")

    await post(client, f"/my/outcomes/{outcome.number}/files/{second.id}", {"tier": "parties"})
    await sign_in(client, None)

    assert [(await client.get(f"/files/{file.id}")).status_code for file in (first, second)] == [404, 404]


async def test_nobody_adds_or_opens_files_of_another_organisation(client: httpx.AsyncClient) -> None:
    author, outcome = await make_own()
    await sign_in(client, author)
    await add(client, outcome, "parties")
    file = await StoredFile.get()
    other = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY))
    await sign_in(client, other)

    added = await add(client, outcome)
    changed = await post(client, f"/my/outcomes/{outcome.number}/files/{file.id}", {"tier": "public"})

    assert (added.status_code, changed.status_code) == (404, 404)
    assert (await StoredFile.get()).tier is Tier.PARTIES
    assert (await Organisation.get(id=outcome.organisation_id)).id != other.organisation_id


async def test_a_file_of_a_masked_need_does_not_name_its_enterprise(client: httpx.AsyncClient) -> None:
    owner = await make_organisation(name="某线缆厂")
    need = await make_need(owner, is_masked=True)
    await sign_in(client, await make_member(owner))
    address = f"/my/needs/{need.number}/files"
    data = {"kind": "report", "tier": "public"}

    named = await post(client, address, data, files={"file": ("某线缆厂报告.pdf", PDF, "application/pdf")})
    plain = await post(client, address, data, files={"file": ("报告.pdf", PDF, "application/pdf")})

    assert (named.status_code, plain.status_code) == (422, 200)
    assert "文件名里也不要写" in named.text
    await accept_files(need)
    await sign_in(client, None)
    assert "报告.pdf" in (await client.get(f"/needs/{need.number}")).text
