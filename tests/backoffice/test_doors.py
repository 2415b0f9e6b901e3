"""Which page of the back office opens for whom."""

from __future__ import annotations

from uuid import uuid4

import httpx

from market.accounts.actors import Actor
from market.accounts.models import OrganisationStatus, StaffRole
from market.audit.log import record
from market.records.by import By
from tests.factories import make_broker, make_member, make_organisation, make_staff
from tests.fixtures import NOW
from tests.visitor import post, sign_in

WHO = ("guest", "member", "broker", *(role.value for role in StaffRole))
OPENS = {
    "/backoffice/organisations": {"operator"},
    "/backoffice/organisations?status=verified&q=测试": {"operator"},
    "/backoffice/organisations/{organisation}": {"operator"},
    "/backoffice/brokers": {"operator"},
    "/backoffice/brokers?status=verified": {"operator"},
    "/backoffice/jobs": {"operator"},
    "/backoffice/clock": {"operator"},
    "/backoffice/holidays": {"operator", "approver", "auditor"},
    "/backoffice/holidays?year=2026&region=450000": {"operator", "approver", "auditor"},
    "/mails": set(WHO),
    "/audit-log": {"auditor"},
    "/audit-log/organisation/{organisation}": {"auditor"},
    "/audit-log/export": {"auditor"},
}


async def somebody(who: str) -> Actor | None:
    if who == "guest":
        return None
    if who == "member":
        return await make_member()
    return await make_broker() if who == "broker" else await make_staff(StaffRole(who))


async def test_each_page_opens_for_exactly_these(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation(status=OrganisationStatus.PENDING)
    await record("organisation", organisation.id, "register", by=By.job(NOW))
    wrong = []
    for who in WHO:
        await sign_in(client, await somebody(who))
        for address, opens_for in OPENS.items():
            answer = await client.get(address.format(organisation=organisation.id))

            expected = 200 if who in opens_for else 303 if who == "guest" else 403
            if answer.status_code != expected:
                wrong.append((who, address, answer.status_code))
    assert wrong == []


async def test_nobody_but_the_operator_acts_here(client: httpx.AsyncClient) -> None:
    organisation = await make_organisation(status=OrganisationStatus.PENDING)
    acts = {
        f"/backoffice/organisations/{organisation.id}": {"revision": "1", "decision": "verify"},
        "/backoffice/jobs/1/retry": {},
        "/backoffice/clock": {"days": "1"},
        "/backoffice/holidays": {"year": "2027"},
    }

    for who in WHO:
        if who == "operator":
            continue
        await sign_in(client, await somebody(who))
        for address, data in acts.items():
            answer = await post(client, address, data)
            assert answer.status_code == (401 if who == "guest" else 403), (who, address)

    await organisation.refresh_from_db()
    assert organisation.status is OrganisationStatus.PENDING


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    for room in ("organisations", "brokers", "holidays"):
        assert (await client.get(f"/backoffice/{room}/{uuid4()}")).status_code == 404
        assert (await client.get(f"/backoffice/{room}/nonsense")).status_code == 404
