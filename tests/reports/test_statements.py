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
from market.ledger.checks import keep_result, last_result, run_checks
from market.reports.statements import AsBroker, Figure, Period, list_entries, totals
from tests.contracts.factories import LATER
from tests.contracts.online_payments import make_payable_contract
from tests.deals.factories import make_match, move_clock
from tests.factories import make_broker, make_member, make_staff
from tests.visitor import sign_in


@pytest.fixture(autouse=True)
def later(deps: Deps) -> None:
    move_clock(deps, LATER)


YEAR = (date(2026, 1, 1), date(2026, 12, 31))


async def test_each_figure_is_the_sum_of_exactly_the_rows_it_opens() -> None:
    payable = await make_payable_contract()
    await payable.refund(await payable.pay(), 500)

    for side, organisation in (
        (Side.SELLER, payable.parties.university),
        (Side.BUYER, payable.parties.enterprise),
    ):
        period = Period(organisation.id, side, *YEAR)
        figures = {each.figure: each for each in await totals(period)}
        for figure, total in figures.items():
            rows = await list_entries(period, figure)
            assert sum(each.money.amount for each in rows) == total.money.amount
            assert len(rows) == total.count
        agreed = await list_entries(period, Figure.AGREED)
        assert [each.part for each in agreed] == [str(number) for number in range(1, len(agreed) + 1)]
        assert figures[Figure.AGREED].money == Money(115_000_000)
        assert figures[Figure.DUE].money == Money(80_500_000)
        assert figures[Figure.RECEIVED].money == Money(80_500_000)
        assert figures[Figure.REFUNDED].money == Money(500)
        assert figures[Figure.SUBSIDISED].count == 0


async def test_another_period_and_another_party_have_nothing_of_it() -> None:
    payable = await make_payable_contract()
    await payable.pay()

    for period in (
        Period(payable.parties.university.id, Side.SELLER, date(2025, 1, 1), date(2025, 12, 31)),
        Period(payable.parties.university.id, Side.BUYER, *YEAR),
        Period(uuid4(), Side.SELLER, *YEAR),
    ):
        assert await list_entries(period) == []


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
    await keep_result(await run_checks(), LATER)
    kept = await last_result()
    assert kept is not None
    assert kept.is_well

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
    assert [each.findings for each in await run_checks() if not each.is_well] == []
    await sign_in(client, broker)

    page = await client.get("/statement?from=2026-01-01&to=2026-12-31&figure=commissioned&currency=CNY")

    assert "￥8,050.00" in page.text
    assert broker.name in page.text
    by_side = {
        side: {each.figure: each.money.amount for each in await totals(Period(whose, side, *YEAR))}
        for side, whose in (
            (AsBroker.BROKER, broker.user_id),
            (Side.SELLER, payable.parties.university.id),
            (Side.BUYER, payable.parties.enterprise.id),
        )
    }
    assert [figures[Figure.COMMISSIONED] for figures in by_side.values()] == [805_000, 0, 805_000]
    assert await list_entries(Period(uuid4(), AsBroker.BROKER, *YEAR)) == []
