"""What checks of the live data find, as people read it."""

from __future__ import annotations

import httpx

from market.accounts.models import StaffRole
from market.kit.findings import MAX_FINDINGS, find_rows
from market.kit.i18n import lazy
from market.kit.room import rooms
from market.ledger.checks import invariant_label, run_checks, store_result
from tests.claims.factories import make_desk, make_rechecked
from tests.factories import NOW, make_staff
from tests.ledger.test_checks import tamper
from tests.visitor import sign_in


def test_every_invariant_has_a_label_of_its_own_in_chinese() -> None:
    names = [*rooms().checks, *rooms().keyed_checks, *rooms().stored_checks]
    labels = [invariant_label(name) for name in names]

    assert len(set(labels)) == len(names)
    assert all("：" in label for label in labels)


async def test_amounts_and_statuses_of_a_row_are_shown_as_pages_show_them() -> None:
    query = "SELECT 'BZ-2026-000001' AS number, 'paid' AS status, 123456 AS amount, 7 AS count"
    sentence = lazy("申报 %(number)s（%(status)s）￥%(amount)s，%(count)s 笔")

    assert await find_rows(query, sentence, labels={"status": "claim"}) == [
        "申报 BZ-2026-000001（已拨付）￥1,234.56，7 笔"
    ]
    foreign = "SELECT 120000 AS amount, 'VND' AS currency"
    assert (await find_rows(foreign, lazy("￥%(amount)s")))[0].endswith("120,000")


async def test_where_there_are_more_rows_than_are_listed_it_says_so() -> None:
    findings = await find_rows(
        "SELECT n FROM generate_series(1, $1::int) n", lazy("第 %(n)s 行"), MAX_FINDINGS + 1
    )

    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1] == f"另有更多，这里只列前 {MAX_FINDINGS} 条。"


async def test_each_row_that_breaks_an_invariant_leads_to_its_record(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claims = [await make_rechecked(desk) for _ in range(2)]
    await tamper("UPDATE evidence SET amount = 1")
    await tamper("UPDATE payee_accounts SET number = '6222029999999999999'")
    await store_result(await run_checks("a secret of thirty-two characters or more"), NOW)

    for role, address in ((StaffRole.OFFICER, "/money/checks"), (StaffRole.AUDITOR, "/anomalies")):
        await sign_in(client, await make_staff(role))
        page = (await client.get(address)).text

        assert "补助：材料与日志所记一致" in page
        assert "收款账户：账号与留存的校验值一致" in page
        for claim in claims:
            assert f'申报 <a href="/desk/{claim.number}">{claim.number}</a>：' in page
            assert f'<a href="/payees/{claim.payee_id}">看这条记录</a>' in page
