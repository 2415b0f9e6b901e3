"""The desk opens what a submitted claim names; the rest for a stated reason, of which the log tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tortoise.exceptions import BaseORMException

from market.accounts.desk_access import VALID
from market.accounts.desk_access_models import DeskAccess
from market.accounts.models import Organisation, OrganisationStatus, StaffRole
from market.audit.models import AuditEvent
from market.claims.models import ClaimContract
from market.contracts.models import Contract
from market.files.models import StoredFile, Tier
from market.kit.database import connection, in_transaction
from market.listings.states import NeedStatus, OutcomeStatus
from tests.claims.factories import make_accepted, make_contract, make_desk, make_draft
from tests.factories import NOW, make_member, make_need, make_organisation, make_outcome, make_staff
from tests.visitor import post, sign_in

ASKS = "说明查看理由"
REASON = "核对同一成果的另一份合同是否重复申报"


async def state(
    client: httpx.AsyncClient, kind: str, record_id: object, target: str, reason: str = REASON
) -> httpx.Response:
    """Fill in the page that asks for a reason."""
    fields = {"next": target, "reason": reason}
    return await post(client, f"/desk/access/{kind}/{record_id}", fields, follow=False)


async def contract_of(claim_id: object) -> Contract:
    row = await ClaimContract.get(claim_id=claim_id).select_related("contract__deal")
    return row.contract


async def test_the_desk_opens_at_once_what_a_submitted_claim_names(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    contract = await contract_of(claim.id)
    seller = await Organisation.get(id=contract.deal.seller_id)
    await Organisation.filter(id=seller.id).update(status=OrganisationStatus.SUSPENDED)

    for person in (desk.officer, desk.rechecker, desk.approver):
        await sign_in(client, person)
        for address in (f"/contracts/{contract.number}", f"/organisations/{seller.id}"):
            assert (await client.get(address)).status_code == 200, address
    assert not await DeskAccess.exists()


async def test_what_only_a_draft_names_opens_for_a_reason_and_is_not_asked_again(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    _applicant, claim = await make_draft()
    contract = await contract_of(claim.id)
    address = f"/contracts/{contract.number}"
    await sign_in(client, desk.officer)

    asked = await client.get(address)
    assert (asked.status_code, ASKS in asked.text) == (403, True)
    assert contract.name not in asked.text
    for too_short in ("", "想看"):
        assert (await state(client, "contract", contract.id, address, too_short)).status_code == 422
    answer = await state(client, "contract", contract.id, address)

    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert (await client.get(address)).status_code == 200
    await sign_in(client, desk.approver)
    assert (await client.get(address)).status_code == 403
    access = await DeskAccess.get()
    assert (access.user_id, access.role, access.reason) == (desk.officer.user_id, "officer", REASON)
    assert access.valid_until <= datetime.now(UTC) + VALID
    events = await AuditEvent.filter(subject_id=contract.id, action="open_for_reason")
    assert [(event.role, event.data) for event in events] == [("officer", {"access": str(access.id)})]
    assert not await AuditEvent.exists(action="refused")


@pytest.mark.owner
async def test_a_reason_counts_for_hours_and_is_never_edited(client: httpx.AsyncClient) -> None:
    desk, contract = await make_desk(), await make_contract(await make_organisation())
    await sign_in(client, desk.rechecker)
    fields: dict[str, Any] = {
        "user_id": desk.rechecker.user_id,
        "role": "rechecker",
        "subject_kind": "contract",
        "subject_id": contract.id,
        "reason": REASON,
        "stated_at": NOW,
    }
    for end, status in ((timedelta(seconds=-1), 403), (timedelta(minutes=1), 200)):
        await DeskAccess.create(id=uuid4(), valid_until=datetime.now(UTC) + end, **fields)
        assert (await client.get(f"/contracts/{contract.number}")).status_code == status

    for statement in ("UPDATE desk_accesses SET reason = 'x'", "DELETE FROM desk_accesses"):
        with pytest.raises(BaseORMException, match="append-only"):
            async with in_transaction():
                await connection().execute_query(statement)


async def test_files_accounts_and_listings_that_are_not_public_ask_as_well(
    client: httpx.AsyncClient,
) -> None:
    desk, organisation = await make_desk(), await make_organisation(status=OrganisationStatus.SUSPENDED)
    contract = await make_contract(await make_organisation())
    outcome = await make_outcome(status=OutcomeStatus.DRAFT)
    need = await make_need(status=NeedStatus.DRAFT)
    file = await StoredFile.create(
        id=uuid4(),
        subject_kind="contract",
        subject_id=contract.id,
        name="合同.pdf",
        media_type="application/pdf",
        size=1,
        sha256="ab" * 32,
        tier=Tier.PARTIES,
        uploaded_at=NOW,
    )
    records = [
        ("contract", contract.id, f"/files/{file.id}/openings"),
        ("outcome", outcome.id, f"/outcomes/{outcome.number}"),
        ("need", need.id, f"/needs/{need.number}"),
        ("organisation", organisation.id, f"/organisations/{organisation.id}"),
    ]
    await sign_in(client, desk.officer)
    for kind, record_id, address in records:
        asked = await client.get(address)
        assert (asked.status_code, ASKS in asked.text) == (403, True), address
        assert (await state(client, kind, record_id, address)).status_code == 303
        assert (await client.get(address)).status_code in (200, 404), address
    assert (await client.get(f"/outcomes/{outcome.number}")).status_code == 200
    for kind, record_id in (("contract", uuid4()), ("deal", contract.deal_id), ("user", uuid4())):
        assert (await state(client, kind, record_id, "/")).status_code == 404


async def test_nobody_but_the_desk_is_asked(client: httpx.AsyncClient) -> None:
    contract = await make_contract(await make_organisation())
    address = f"/contracts/{contract.number}"
    for role, status in ((StaffRole.AUDITOR, 200), (StaffRole.OPERATOR, 404)):
        await sign_in(client, await make_staff(role))
        assert (await client.get(address)).status_code == status
        assert (await state(client, "contract", contract.id, address)).status_code == 403
    await sign_in(client, await make_member())
    assert (await client.get(address)).status_code == 404


async def test_the_desk_does_not_learn_who_is_behind_a_masked_need(client: httpx.AsyncClient) -> None:
    need = await make_need(is_masked=True, contact_phone="0771-5559999")
    owner = await Organisation.get(id=need.organisation_id)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    assert owner.name in (await client.get(f"/needs/{need.number}")).text
    for role in (StaffRole.OFFICER, StaffRole.RECHECKER, StaffRole.APPROVER):
        await sign_in(client, await make_staff(role))
        page = await client.get(f"/needs/{need.number}")
        assert page.status_code == 200
        assert owner.name not in page.text
        assert "0771-5559999" not in page.text


async def test_the_auditor_reads_each_reason_with_person_and_record(client: httpx.AsyncClient) -> None:
    desk, contract = await make_desk(), await make_contract(await make_organisation())
    await sign_in(client, desk.officer)
    assert (await client.get("/audit-log/desk")).status_code == 403
    await state(client, "contract", contract.id, f"/contracts/{contract.number}")

    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    page = await client.get("/audit-log/desk")
    chain = await client.get(f"/audit-log/contract/{contract.id}")

    assert all(words in page.text for words in (REASON, contract.number, desk.officer.name, "核算人"))
    assert "说明理由后查看" in chain.text
