"""Papers of an organisation, and what its administrator may do while it waits for verification."""

from __future__ import annotations

import re
from datetime import date, timedelta

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation, OrganisationKind, OrganisationStatus, StaffRole
from market.accounts.permissions import NotYours
from market.audit.models import AuditEvent
from market.files.attachments import StoredBlob, get_file_for
from market.files.uploads import check_content
from market.kit.errors import Invalid, NotFound
from market.listings import authoring
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import Need, Outcome
from market.listings.states import NeedStatus, OutcomeStatus
from market.papers import paper_acts
from market.papers.models import OrganisationPaper
from market.papers.states import PaperKind
from market.records.by import By
from tests.factories import NOW, make_broker, make_member, make_need, make_organisation, make_staff, make_user
from tests.listings.forms import need_form, outcome_form, outcome_values
from tests.visitor import post, sign_in

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def blob(name: str = "licence.pdf") -> StoredBlob:
    return StoredBlob(check_content(name, PDF), "0" * 64)


async def make_applicant(kind: OrganisationKind = OrganisationKind.ENTERPRISE) -> Actor:
    """Return the administrator of an organisation that waits for verification."""
    return await make_member(
        await make_organisation(
            kind=kind, status=OrganisationStatus.PENDING, verified_at=None, is_high_tech=True
        )
    )


async def organisation_of(actor: Actor) -> Organisation:
    return await Organisation.get(id=actor.organisation_id)


async def test_the_papers_that_are_needed_follow_from_what_the_organisation_says() -> None:
    applicant = await make_applicant()

    needed = {
        need.kind: need.statements
        for need in await paper_acts.needed_papers(await organisation_of(applicant))
    }

    assert needed == {
        PaperKind.LICENCE: ["is_manufacturer"],
        PaperKind.AUTHORISATION: [],
        PaperKind.HIGH_TECH: ["is_high_tech"],
    }


@pytest.mark.parametrize(
    ("number", "expires_on", "field"),
    [
        ("", NOW.date() + timedelta(days=90), "number"),
        ("GR202345000001", None, "expires_on"),
        ("GR202345000001", NOW.date() - timedelta(days=1), "expires_on"),
    ],
)
async def test_a_certificate_has_a_number_and_is_in_force(
    number: str, expires_on: date | None, field: str
) -> None:
    applicant = await make_applicant()

    with pytest.raises(Invalid) as refused:
        await paper_acts.upload_paper(
            PaperKind.HIGH_TECH, blob(), number=number, expires_on=expires_on, by=By(applicant, NOW)
        )

    assert refused.value.field == field
    assert not await OrganisationPaper.exists()


async def test_a_verdict_keeps_the_ticks_beside_it_and_waits_for_every_paper(
    client: httpx.AsyncClient,
) -> None:
    applicant, operator = await make_applicant(), await make_staff(StaffRole.OPERATOR)
    for kind in (PaperKind.LICENCE, PaperKind.AUTHORISATION):
        await paper_acts.upload_paper(kind, blob(), by=By(applicant, NOW))
    first, second = await OrganisationPaper.all().order_by("uploaded_at", "id")
    organisation = await organisation_of(applicant)
    await sign_in(client, operator)
    address, verdict = f"/backoffice/organisations/{organisation.id}", {"decision": "verify"}

    waits = await post(
        client, address, verdict | {"revision": str(organisation.revision), "paper": str(first.id)}
    )
    unread = await OrganisationPaper.filter(checked_at=None).count()
    done = await post(
        client,
        address,
        verdict | {"revision": str(organisation.revision), "paper": [str(first.id), str(second.id)]},
    )

    assert (waits.status_code, unread) == (422, 2)
    assert f"还没有核对：{second.kind.label}" in waits.text
    assert re.findall(r'name="paper"\s+value="([^"]+)"[^>]*checked', waits.text) == [str(first.id)]
    assert "已认证" in done.text
    assert not await OrganisationPaper.exists(checked_at=None)


async def test_papers_are_uploaded_opened_by_few_and_checked_by_the_operator(
    client: httpx.AsyncClient,
) -> None:
    applicant, operator = await make_applicant(), await make_staff(StaffRole.OPERATOR)
    await sign_in(client, applicant)
    form = {"kind": "high_tech_certificate", "number": "GR202345000001", "expires_on": "2028-12-01"}

    no_file = await post(client, "/account/papers", form)
    page = await post(
        client, "/account/papers", form, files={"file": ("高新证书.pdf", PDF, "application/pdf")}
    )
    paper = await OrganisationPaper.get().select_related("file")
    await sign_in(client, operator)
    shown = await client.get(f"/backoffice/organisations/{applicant.organisation_id}")
    done = await post(
        client,
        f"/backoffice/organisations/{applicant.organisation_id}",
        {"decision": "papers", "paper": str(paper.id)},
    )

    assert (no_file.status_code, "请选择文件" in no_file.text) == (422, True)
    assert "已上传" in page.text
    assert "GR202345000001" in shown.text
    assert "没有上传" in shown.text
    assert "已核 1 份证明" in done.text
    checked = await OrganisationPaper.get(id=paper.id)
    assert (checked.checked_by_id, checked.expires_on) == (operator.user_id, date(2028, 12, 1))
    assert await AuditEvent.exists(subject_id=applicant.organisation_id, action="check_paper")
    for reader in (applicant, operator, await make_staff(StaffRole.AUDITOR)):
        assert (await get_file_for(reader, paper.file_id)).id == paper.file_id
    colleague = await make_member(await organisation_of(applicant), MemberRole.AGENT)
    for stranger in (
        None,
        await make_member(),
        colleague,
        await make_broker(),
        await make_staff(StaffRole.OFFICER),
    ):
        with pytest.raises(NotFound):
            await get_file_for(stranger, paper.file_id)


async def test_only_the_administrator_uploads_and_only_the_operator_checks() -> None:
    applicant = await make_applicant()
    paper = await paper_acts.upload_paper(PaperKind.LICENCE, blob(), by=By(applicant, NOW))
    agent = await make_member(await organisation_of(applicant), MemberRole.AGENT)

    with pytest.raises(NotYours):
        await paper_acts.upload_paper(PaperKind.LICENCE, blob(), by=By(agent, NOW))
    for actor in (applicant, agent, await make_staff(StaffRole.AUDITOR)):
        with pytest.raises(NotYours):
            await paper_acts.check_papers(paper.organisation_id, [paper.id], by=By(actor, NOW))


async def test_a_paper_of_a_verified_organisation_and_a_lapsed_one_stand_in_the_operators_list(
    client: httpx.AsyncClient,
) -> None:
    admin, operator = await make_member(), await make_staff(StaffRole.OPERATOR)
    await paper_acts.upload_paper(
        PaperKind.HIGH_TECH, blob(), number="GR1", expires_on=date(2027, 1, 1), by=By(admin, NOW)
    )
    await sign_in(client, operator)

    page = await client.get("/backoffice/papers")
    paper = await OrganisationPaper.get()
    await paper_acts.check_papers(paper.organisation_id, [paper.id], by=By(operator, NOW))

    assert admin.organisation_name in page.text
    assert await paper_acts.list_unchecked(NOW.date()) == []
    assert [lapsed.id for lapsed in await paper_acts.list_unchecked(date(2027, 6, 1))] == [paper.id]
    assert (await paper_acts.papers_to_check(operator, NOW)).figures == []


async def test_drafts_are_written_while_the_organisation_waits_and_submitted_once_it_is_verified(
    client: httpx.AsyncClient,
) -> None:
    applicant = await make_applicant()
    await sign_in(client, applicant)

    board = await client.get("/dashboard")
    new = await client.get("/my/outcomes/new")
    saved = await post(client, "/my/outcomes/new", outcome_form(act="submit"))
    need = await post(client, "/my/needs/new", need_form(act="save"))
    outcome = await Outcome.get()
    with pytest.raises(NotYours, match="还在等待认证"):
        await authoring.submit_outcome(outcome.number, by=By(applicant, NOW))
    await Organisation.filter(id=applicant.organisation_id).update(status=OrganisationStatus.VERIFIED)
    await post(client, f"/my/outcomes/{outcome.number}/submit", {})

    assert "待认证：接下来怎样" in board.text
    assert "登记或加入单位" not in board.text
    assert (new.status_code, "认证进度" in new.text) == (200, True)
    assert "单位认证通过后，就可以提交审核" in saved.text
    assert "草稿已保存" in need.text
    assert (await Need.get()).status is NeedStatus.DRAFT
    assert (await Outcome.get()).status is OutcomeStatus.PENDING


async def test_an_applicant_changes_nothing_that_is_published_and_nothing_of_others() -> None:
    applicant = await make_applicant()
    own = await make_need(await organisation_of(applicant), status=NeedStatus.PUBLISHED)
    other = await make_need(status=NeedStatus.DRAFT)

    with pytest.raises(NotYours):
        await authoring.update_need(own.number, {"description": "改"}, by=By(applicant, NOW))
    with pytest.raises(NotYours):
        await authoring.unlist(NEED, own.number, by=By(applicant, NOW))
    with pytest.raises(NotFound):
        await authoring.update_need(other.number, {"description": "改"}, by=By(applicant, NOW))
    university = await make_applicant(OrganisationKind.UNIVERSITY)
    with pytest.raises(NotYours, match="类型"):
        await authoring.save(NEED, None, {"title": "需求"}, is_submitted=False, by=By(university, NOW))
    assert (
        await authoring.save(OUTCOME, None, outcome_values(), is_submitted=True, by=By(university, NOW))
    ).status is (OutcomeStatus.DRAFT)


async def test_what_is_refused_while_waiting_says_why(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_applicant())

    page = await client.get("/matches")

    assert page.status_code == 403
    assert "您的单位还在等待认证" in page.text
    assert (await make_user()).staff_role is None
