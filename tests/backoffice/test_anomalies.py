"""The auditor reads what the desk and the firms see, and what is out of order first."""

from __future__ import annotations

import re

import httpx
import pytest

from market.accounts.models import StaffRole
from market.backoffice.audit_values import changes_of
from market.claims.models import Claim
from market.ledger.checks import CheckResult, store_result
from tests.claims.factories import WAN, make_accepted, make_budget, make_desk
from tests.factories import NOW, make_member, make_staff
from tests.visitor import post, sign_in


async def test_anomalies_stand_first_on_the_auditors_dashboard(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    await make_budget(desk, WAN)
    await store_result([CheckResult("book: currencies agree", ["…"]), CheckResult("other", [])], NOW)
    await Claim.filter(id=claim.id).update(
        doubt_kinds=",split,", doubts=[{"kind": "split", "what": "同日两份合同"}]
    )
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    board = (await client.get("/dashboard")).text
    page = (await client.get("/anomalies")).text

    figures = re.findall(r"<dt>([^<]+)</dt>", board)
    assert figures[:2] == ["不成立的核对", "有疑点的申报"]
    assert len(figures) > 2
    assert claim.number in page
    assert "同日两份合同" in page


@pytest.mark.parametrize("address", ["/backoffice/sanctions", "/backoffice/objections", "/bank/statements"])
async def test_the_auditor_reads_and_changes_nothing(client: httpx.AsyncClient, address: str) -> None:
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    assert (await client.get(address)).status_code == 200
    assert (await post(client, address, {"act": "hear"}, follow=False)).status_code in (403, 404, 405)


async def test_only_the_auditor_has_the_page_of_anomalies(client: httpx.AsyncClient) -> None:
    people = [await make_staff(role) for role in (StaffRole.OPERATOR, StaffRole.OFFICER)]
    for actor in (*people, await make_member()):
        await sign_in(client, actor)
        assert (await client.get("/anomalies")).status_code == 403


async def test_the_log_shows_old_and_new_values_and_filters_by_kind_of_person(
    client: httpx.AsyncClient,
) -> None:
    claim = await make_accepted(await make_desk())
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    everything = (await client.get(f"/audit-log?subject={claim.number}")).text
    officers = (await client.get(f"/audit-log?subject={claim.number}&role=officer")).text

    assert "受理" in everything
    assert officers.count("<tr>") < everything.count("<tr>")
    (change, amount) = changes_of(
        {"old_account": "****1111", "account": "****2222", "amount": 12_345_600, "note": None}
    )[:2]
    assert (change.label, change.old, change.new, change.is_change) == ("账户", "****1111", "****2222", True)
    assert (amount.label, amount.new) == ("金额", "￥123456.00")
