from __future__ import annotations

import io
from datetime import date
from uuid import uuid4

import httpx
import pytest
from openpyxl import load_workbook

from market.accounts.models import StaffRole
from market.contracts.jobs import settle_commissions
from market.deals.models import Deal, Introduction, Side
from market.deps import Deps
from market.kit.money import Money
from market.ledger.checks import last_result, run_checks, store_result
from market.records.figures import Period, list_rows
from market.reports.statements import ALL_ROWS, AsBroker, months_of, statement_scope, statement_values
from tests.contracts.factories import LATER
from tests.contracts.online_payments import make_payable_contract
from tests.deals.factories import make_match, move_clock
from tests.factories import make_broker, make_member, make_staff
from tests.visitor import sign_in


@pytest.fixture(autouse=True)
def later(deps: Deps) -> None:
    move_clock(deps, LATER)


YEAR = Period.of_year(2026)


async def test_each_figure_is_the_sum_of_exactly_the_rows_it_opens() -> None:
    payable = await make_payable_contract()
    await payable.refund(await payable.pay(), 500)

    for side, organisation in (
        (Side.SELLER, payable.parties.university),
        (Side.BUYER, payable.parties.enterprise),
    ):
        values = await statement_values(YEAR, statement_scope(organisation.id, side))
        for value in values:
            rows = await list_rows(value.figure, value.period, value.scope)
            assert sum(row.money.amount for row in rows) == value.money.amount
            assert len(rows) == value.count
        figures = {value.figure.key: value for value in values}
        agreed = await list_rows(figures["agreed"].figure, YEAR, figures["agreed"].scope)
        assert [row.values["part"] for row in agreed] == [str(number) for number in range(1, len(agreed) + 1)]
        assert figures["agreed"].money == Money(115_000_000)
        assert figures["due"].money == Money(80_500_000)
        assert figures["received"].money == Money(80_500_000)
        assert figures["refunded"].money == Money(500)
        assert figures["subsidised"].count == 0


async def test_the_chart_adds_up_to_the_figure_beside_it(client: httpx.AsyncClient) -> None:
    payable = await make_payable_contract()
    await payable.pay()
    scope = statement_scope(payable.parties.university.id, Side.SELLER)

    months = await months_of(scope, 2026, date(2026, 5, 2))
    of_next_year = await months_of(scope, 2027, date(2027, 5, 2))
    await sign_in(client, payable.parties.seller_finance)
    page = (await client.get("/statement")).text

    assert months.total == of_next_year.total_before == 80_500_000
    assert months.now[LATER.month - 1] == 80_500_000
    assert months.months_over == 5
    assert "各月到账" in page
    assert "80.50" in page
    assert (await months_of(statement_scope(uuid4(), Side.BUYER), 2026, date(2026, 5, 2))).is_empty


async def test_another_period_and_another_party_have_nothing_of_it() -> None:
    payable = await make_payable_contract()
    await payable.pay()

    for period, party, side in (
        (Period.of_year(2025), payable.parties.university.id, Side.SELLER),
        (YEAR, payable.parties.university.id, Side.BUYER),
        (YEAR, uuid4(), Side.SELLER),
    ):
        assert await list_rows(ALL_ROWS, period, statement_scope(party, side)) == []


async def test_the_page_the_workbook_and_the_print_tell_the_same(client: httpx.AsyncClient) -> None:
    payable = await make_payable_contract()
    await payable.pay()
    await sign_in(client, payable.parties.seller_finance)

    page = await client.get("/statement?from=2026-01-01&to=2026-12-31&figure=received")
    book = await client.get("/statement.xlsx?from=2026-01-01&to=2026-12-31&figure=received")
    printed = await client.get("/statement.pdf?from=x&to=9999-99-99&side=buyer")

    assert "￥805,000.00" in page.text
    assert payable.contract.number in page.text
    rows = list(load_workbook(io.BytesIO(book.content)).worksheets[0].iter_rows(values_only=True))
    assert [row[-1] for row in rows[1:]] == [805000]
    assert printed.content.startswith(b"%PDF")


async def test_each_number_of_the_page_opens_its_own_rows(client: httpx.AsyncClient) -> None:
    payable = await make_payable_contract()
    await payable.refund(await payable.pay(), 500)
    await sign_in(client, payable.parties.seller_finance)
    scope = statement_scope(payable.parties.university.id, Side.SELLER)

    page = (await client.get("/statement?side=seller&from=2026-01-01&to=2026-12-31")).text

    for value in await statement_values(YEAR, scope):
        assert f"/statement?{value.query}#rows".replace("&", "&amp;") in page
        opened = (await client.get(f"/statement?{value.query}")).text
        book = (await client.get(f"/statement.xlsx?{value.query}")).content
        assert opened.count('class="amount" data-label="金额"') == value.count
        assert load_workbook(io.BytesIO(book)).worksheets[0].max_row == value.count + 1


async def test_who_acts_for_nobody_sees_no_statement_and_the_auditor_sees_one_by_name(
    client: httpx.AsyncClient,
) -> None:
    payable = await make_payable_contract()

    await sign_in(client, await make_staff(StaffRole.OFFICER))
    assert (await client.get("/statement")).status_code == 403
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    assert (await client.get("/statement")).status_code == 403
    seen = await client.get(f"/statement?organisation={payable.parties.university.id}")
    assert payable.parties.university.name in seen.text


async def test_the_last_check_is_shown_to_finance_and_operator_only(client: httpx.AsyncClient) -> None:
    await store_result(await run_checks(), LATER)
    result = await last_result()
    assert result is not None
    assert result.is_well

    for actor, status in (
        (await make_staff(StaffRole.OPERATOR), 200),
        (await make_staff(StaffRole.OFFICER), 200),
        (await make_member(), 403),
    ):
        await sign_in(client, actor)
        page = await client.get("/money/checks")
        assert page.status_code == status
        assert ("全部成立" in page.text) == (status == 200)


async def test_a_broker_reads_the_money_of_their_own_deals_and_who_owes_it_finds_the_commission(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    payable, broker = await make_payable_contract(), await make_broker()
    await payable.pay()
    deal = payable.contract.deal_id
    await Deal.filter(id=deal).update(broker_id=broker.user_id)
    await Introduction.create(
        id=uuid4(),
        match=await make_match(payable.parties),
        deal_id=deal,
        broker_id=broker.user_id,
        note="",
        commission_basis_points=100,
        payer=Side.BUYER,
        introduced_at=LATER,
        agreed_at=LATER,
    )
    # Money that came before its commission was known: the nightly job finds it.
    await settle_commissions(deps)
    assert [result.findings for result in await run_checks() if not result.is_well] == []
    await sign_in(client, broker)

    page = await client.get("/statement?from=2026-01-01&to=2026-12-31&figure=commissioned&currency=CNY")

    assert "￥8,050.00" in page.text
    assert broker.name in page.text
    by_side = {
        side: {
            value.figure.key: value.money.amount
            for value in await statement_values(YEAR, statement_scope(whose, side))
        }
        for side, whose in (
            (AsBroker.BROKER, broker.user_id),
            (Side.SELLER, payable.parties.university.id),
            (Side.BUYER, payable.parties.enterprise.id),
        )
    }
    assert [figures["commissioned"] for figures in by_side.values()] == [805_000, 0, 805_000]
    assert await list_rows(ALL_ROWS, YEAR, statement_scope(uuid4(), AsBroker.BROKER)) == []
