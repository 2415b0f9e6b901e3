from __future__ import annotations

import json
from datetime import timedelta
from itertools import product
from uuid import uuid4

import httpx

from market.accounts.models import StaffRole, User
from market.audit.log import record
from market.audit.models import Pseudonym
from market.audit.persons import pseudonym_of
from market.audit.roots import make_missing_roots
from market.audit.verify import verify_lines
from market.records.by import By
from tests.factories import make_member, make_organisation, make_outcome, make_staff
from tests.fixtures import NOW
from tests.visitor import sign_in


async def test_the_auditor_sees_who_did_what_newest_first(client: httpx.AsyncClient) -> None:
    actor, outcome = await make_member(name="韦明哲"), await make_outcome()
    await record("outcome", outcome.id, "created", by=By(actor, NOW))
    await record("outcome", outcome.id, "submitted", by=By(actor, NOW + timedelta(hours=1)))
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    page = (await client.get("/audit-log")).text

    cells = "".join(page.split())
    assert cells.index("提交审核</td>") < cells.index("新建</td>")
    assert outcome.number in page
    assert "韦明哲" in page


async def test_the_log_is_filtered(client: httpx.AsyncClient) -> None:
    actor, outcome, organisation = await make_member(), await make_outcome(), await make_organisation()
    await record("outcome", outcome.id, "created", by=By(actor, NOW))
    await record("organisation", organisation.id, "verify", by=By.job(NOW + timedelta(days=1)))
    pseudonym = await pseudonym_of(actor.user_id)
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    async def found(query: str) -> tuple[bool, bool]:
        page = (await client.get(f"/audit-log?{query}")).text
        return (
            f"/audit-log/outcome/{outcome.id}" in page,
            f"/audit-log/organisation/{organisation.id}" in page,
        )

    assert await found("") == (True, True)
    assert await found("kind=outcome") == (True, False)
    assert await found(f"subject={outcome.number.lower()}") == (True, False)
    assert await found(f"subject={organisation.uscc}") == (False, True)
    assert await found(f"subject={organisation.id}") == (False, True)
    assert await found("subject=CG-1999-000001") == (False, False)
    assert await found(f"actor={pseudonym}") == (True, False)
    assert await found("actor=nobody") == (False, False)
    assert await found("action=verify") == (False, True)
    assert await found("role=job") == (False, True)
    assert await found(f"role={By(actor, NOW).role}") == (True, False)
    assert await found("day=2026-03-02") == (True, False)
    assert await found("day=2026-03-03") == (False, True)


async def test_no_filter_breaks_the_page(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    fields = ("kind", "subject", "action", "actor", "role", "day", "page", "size")
    values = ("%00", "'", "<script>", "9" * 400, "2026-02-30", "长" * 300, "-1")

    for field, value in product(fields, values):
        answer = await client.get(f"/audit-log?{field}={value}")

        assert answer.status_code == 200, (field, value)
        assert "<script>" not in answer.text.split("<main")[1], (field, value)


async def test_one_record_shows_its_whole_chain_and_leads_to_its_page(client: httpx.AsyncClient) -> None:
    actor, outcome = await make_member(), await make_outcome()
    await record("outcome", outcome.id, "created", by=By(actor, NOW))
    await record("outcome", outcome.id, "published", by=By.job(NOW), points=15)
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    page = (await client.get(f"/audit-log/outcome/{outcome.id}")).text

    assert "✓ 链完整" in page
    assert f'href="/outcomes/{outcome.number}"' in page
    assert "points" in page
    assert (await client.get(f"/audit-log/outcome/{uuid4()}")).status_code == 404
    assert (await client.get(f"/audit-log/nonsense/{outcome.id}")).status_code == 404


async def test_of_an_erased_person_only_the_pseudonym_is_left(client: httpx.AsyncClient) -> None:
    actor, outcome = await make_member(name="将被忘记的人"), await make_outcome()
    await record("outcome", outcome.id, "created", by=By(actor, NOW))
    pseudonym = await pseudonym_of(actor.user_id)
    await Pseudonym.filter(user_id=actor.user_id).update(user_id=None)
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    page = (await client.get(f"/audit-log/outcome/{outcome.id}")).text

    assert await User.exists(id=actor.user_id)
    assert "将被忘记的人" not in page
    assert str(pseudonym) in page


async def test_the_export_verifies_and_names_nobody(client: httpx.AsyncClient) -> None:
    actor = await make_member(name="韦明哲")
    for _each in range(3):
        await record("outcome", uuid4(), "created", by=By(actor, NOW))
    await make_missing_roots(now=NOW + timedelta(days=1))
    await sign_in(client, await make_staff(StaffRole.AUDITOR))

    answer = await client.get("/audit-log/export")

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 6
    assert verify_lines(enumerate(lines, start=1)) == []
    assert "韦明哲" not in answer.text
    assert actor.email not in answer.text
