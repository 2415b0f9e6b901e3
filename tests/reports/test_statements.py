from __future__ import annotations

import io
import itertools
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openpyxl import load_workbook

from market.accounts.models import StaffRole
from market.contracts import contract_changes
from market.contracts.jobs import settle_commissions
from market.contracts.refunds import request_refund
from market.contracts.states import ChangeKind
from market.deals.models import Deal, Introduction, Side
from market.deps import Deps
from market.kit.money import Money
from market.ledger.checks import last_result, run_checks, store_result
from market.ledger.transfers import balances
from market.payments.refunds import send_refund
from market.records.by import By
from market.records.figures import FigureValue, Period, Scope, list_rows
from market.reports.statements import (
    ALL_ROWS,
    BALANCE,
    EVER,
    AsBroker,
    months_of,
    statement_lines,
    statement_scope,
)
from tests.contracts.factories import LATER
from tests.contracts.online_payments import PayableContract, make_payable_contract
from tests.deals.factories import make_match, move_clock
from tests.factories import make_broker, make_member, make_staff
from tests.invariants import OF_CONTRACTS, broken
from tests.visitor import sign_in


@pytest.fixture(autouse=True)
def later(deps: Deps) -> None:
    move_clock(deps, LATER)


YEAR = Period.of_year(2026)


async def values_of(period: Period, scope: Scope) -> list[FigureValue]:
    return [line.value for line in await statement_lines(period, scope)]


async def test_each_figure_is_the_sum_of_exactly_the_rows_it_opens() -> None:
    payable = await make_payable_contract()
    await payable.refund(await payable.pay(), 500)

    for side, organisation in (
        (Side.SELLER, payable.parties.university),
        (Side.BUYER, payable.parties.enterprise),
    ):
        values = await values_of(YEAR, statement_scope(organisation.id, side))
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

    for value in await values_of(YEAR, scope):
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
    assert await broken(*OF_CONTRACTS) == {}
    await sign_in(client, broker)

    page = await client.get("/statement?from=2026-01-01&to=2026-12-31&figure=commissioned&currency=CNY")

    assert "￥8,050.00" in page.text
    assert broker.name in page.text
    by_side = {
        side: {
            value.figure.key: value.money.amount
            for value in await values_of(YEAR, statement_scope(whose, side))
        }
        for side, whose in (
            (AsBroker.BROKER, broker.user_id),
            (Side.SELLER, payable.parties.university.id),
            (Side.BUYER, payable.parties.enterprise.id),
        )
    }
    assert [figures["commissioned"] for figures in by_side.values()] == [805_000, 0, 805_000]
    assert await list_rows(ALL_ROWS, YEAR, statement_scope(uuid4(), AsBroker.BROKER)) == []


async def rescind(payable: PayableContract) -> None:
    change = await contract_changes.propose_change(
        payable.contract.number,
        ChangeKind.RESCISSION,
        "协商解除",
        agreed_on=LATER.date(),
        by=By(payable.parties.buyer, LATER + timedelta(hours=1)),
    )
    await contract_changes.confirm_change(
        change.id, by=By(payable.parties.seller, LATER + timedelta(hours=1))
    )


@pytest.mark.parametrize("is_rescinded", [False, True])
async def test_opening_and_lines_make_the_closing_of_any_period_and_the_balance_is_the_books(
    *, is_rescinded: bool
) -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    await payable.refund(payment, 500)
    if is_rescinded:
        await rescind(payable)
        later = LATER + timedelta(hours=2)
        refund = await request_refund(payment.id, 700, "解除", by=By(payable.parties.seller_finance, later))
        await send_refund(refund.id, gateway=payable.gateway, now=later)
    scope = statement_scope(payable.parties.university.id, Side.SELLER)
    signed, paid = payable.contract.signed_on, LATER.date()
    marks = [date(2025, 1, 1), signed, signed + timedelta(days=1), paid, paid + timedelta(days=1)]

    for begins_on, ends_on in itertools.combinations_with_replacement(marks, 2):
        period = Period(begins_on, ends_on)
        before = {
            line.value.figure.key: line.closing
            for line in await statement_lines(Period(EVER, begins_on - timedelta(days=1)), scope)
        }
        for line in await statement_lines(period, scope):
            rows = await list_rows(line.value.figure, period, line.value.scope)
            assert sum(row.money.amount for row in rows) == line.value.money.amount
            assert line.opening + line.value.money == line.closing
            assert line.opening == before[line.value.figure.key]

    due = sum(amount.amount for amount in (await balances("due:")).values())
    (balance,) = [line for line in await statement_lines(YEAR, scope) if line.value.figure is BALANCE]
    assert balance.closing.amount == due == (0 if is_rescinded else 115_000_000 - 80_500_000 + 500)
    buyers = await statement_lines(YEAR, statement_scope(payable.parties.enterprise.id, Side.BUYER))
    assert buyers[-1].closing == balance.closing


async def test_page_workbook_and_print_tell_opening_and_closing_up_to_today(
    client: httpx.AsyncClient,
) -> None:
    payable = await make_payable_contract()
    await payable.pay()
    await sign_in(client, payable.parties.seller_finance)
    query = f"side=seller&from={LATER.date()}&to={LATER.date()}"

    page = (await client.get(f"/statement?{query}")).text
    next_day = f"side=seller&from={LATER.date() + timedelta(days=1)}&to=2026-12-31"
    prints = [(await client.get(f"/statement.pdf?{next_day}")).content for _again in range(2)]

    async def sheet(of: str) -> dict[Any, Any]:
        book = load_workbook(io.BytesIO((await client.get(f"/statement.xlsx?{of}")).content))
        return {row[0]: row[1:] for row in book["期初期末"].iter_rows(values_only=True)}

    assert "未结合同款" in page
    assert "￥345,000.00" in page
    assert (await sheet(query))["未结合同款"] == ("CNY", 0, 3, 345000, 345000)
    assert (await sheet(query))["到账"] == ("CNY", 0, 1, 805000, 805000)
    assert (await sheet(next_day))["未结合同款"] == ("CNY", 345000, 0, 0, 345000)
    assert prints[0] == prints[1]
    opened = (await client.get(f"/statement?{query}&figure=balance")).text
    assert opened.count('class="amount" data-label="金额"') == 3
    default = (await client.get("/statement")).text
    assert f'name="to" value="{LATER.date()}"' in default
