"""The pot of a year."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from market.budgets.annual_budgets import (
    BudgetDetails,
    confirm_change,
    default_fiscal_year,
    draft_budget,
    get_budget,
    list_budgets,
    paid_by_month,
    parse_months,
    propose_change,
    reject_change,
    release_budget,
)
from market.budgets.batches import approve_batch, make_batch
from market.budgets.checks import CHECKS
from market.budgets.list_confirmation import confirm_batch
from market.budgets.models import Budget, BudgetChange
from market.budgets.states import BatchStatus, BudgetChangeKind
from market.budgets.worklist import budget_left
from market.claims.models import Claim
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict, Forbidden, Invalid
from market.ledger.transfers import Overdrawn, available, balance
from market.records.by import By
from market.records.decisions import AlreadyDecided, SamePerson
from tests.budgets.factories import make_paid, order_and_release, settle
from tests.claims.factories import (
    LATER,
    WAN,
    Desk,
    make_applicant,
    make_budget,
    make_desk,
    make_published,
    make_rechecked,
)
from tests.databases import past_guards, tampered
from tests.factories import HOLIDAYS, NOW
from tests.visitor import post, sign_in


async def test_a_budget_is_released_by_another_than_drafted_it() -> None:
    desk = await make_desk()
    await make_applicant()
    budget = await draft_budget("guangxi", year=2026, amount=WAN, by=By(desk.officer, NOW))
    assert (await available("budget:guangxi:2026")).amount == 0

    with pytest.raises(Forbidden):
        await release_budget(budget.id, by=By(desk.officer, NOW))
    await release_budget(budget.id, by=By(desk.approver, NOW))

    assert (await available("budget:guangxi:2026")).amount == WAN
    with pytest.raises(Conflict):
        await draft_budget("guangxi", year=2026, amount=2, by=By(desk.officer, NOW))


async def test_no_list_is_confirmed_without_a_budget() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )

    with pytest.raises(Conflict, match="预算"):
        await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    await make_budget(desk, WAN)
    confirmed = await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    assert confirmed.batch.status is BatchStatus.PUBLICITY


KIND = BudgetChangeKind


async def propose(desk: Desk, kind: BudgetChangeKind, amount: int, year: int = 2026) -> BudgetChange:
    return await propose_change(
        "guangxi",
        year=year,
        kind=kind,
        amount=amount,
        document_number="桂财教〔2026〕8号",
        ground="年中调整",
        by=By(desk.officer, NOW),
    )


async def change(desk: Desk, kind: BudgetChangeKind, amount: int, year: int = 2026) -> None:
    row = await propose(desk, kind, amount, year)
    await confirm_change(row.id, by=By(desk.approver, NOW))


async def findings() -> list[str]:
    return [finding for check in CHECKS.values() for finding in await check.check()]


async def left(year: int = 2026) -> int:
    return (await available(f"budget:guangxi:{year}")).amount


async def make_paid_from(desk: Desk, claim: Claim, fiscal_year: int) -> None:
    batch = await make_batch(
        "guangxi",
        year=2026,
        claim_numbers=[claim.number],
        title="",
        fiscal_year=fiscal_year,
        by=By(desk.officer, NOW),
    )
    await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    await approve_batch(batch.number, by=By(desk.approver, LATER))
    (order,) = (await order_and_release(batch.number, desk)).orders
    await settle(order, desk)


async def test_a_change_moves_nothing_before_a_second_person_confirms_it() -> None:
    desk = await make_desk()
    await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    row = await propose(desk, KIND.INCREASE, 20 * WAN)
    assert await left() == 100 * WAN

    both = By(desk.officer.__class__(**{**desk.officer.__dict__, "roles": desk.approver.roles}), NOW)
    with pytest.raises(SamePerson):
        await confirm_change(row.id, by=both)
    await confirm_change(row.id, by=By(desk.approver, NOW))

    assert await left() == 120 * WAN
    with pytest.raises(AlreadyDecided):
        await confirm_change(row.id, by=By(desk.approver, NOW))
    assert await findings() == []


async def test_what_is_taken_away_is_never_more_than_is_available() -> None:
    desk = await make_desk()
    await make_published(desk, await make_rechecked(desk), budget=100 * WAN)
    assert await left() == 40 * WAN

    row = await propose(desk, KIND.DECREASE, 40 * WAN + 1)
    with pytest.raises(Overdrawn):
        await confirm_change(row.id, by=By(desk.approver, NOW))
    await change(desk, KIND.DECREASE, 40 * WAN)

    assert await left() == 0
    assert await findings() == []


async def test_money_is_carried_over_to_the_next_year_once_that_budget_is_released() -> None:
    desk = await make_desk()
    await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    with pytest.raises(Conflict, match="2027"):
        await propose(desk, KIND.CARRY_OVER, 30 * WAN)
    await make_budget(desk, 10 * WAN, year=2027)

    await change(desk, KIND.CARRY_OVER, 30 * WAN)

    assert (await left(), await left(2027)) == (70 * WAN, 40 * WAN)
    changed = {row.budget.year: row.figures["changed"].money.amount for row in await list_budgets()}
    assert changed == {2026: -30 * WAN, 2027: 30 * WAN}
    assert await findings() == []


async def test_a_rejected_change_has_a_reason_and_moves_nothing() -> None:
    desk = await make_desk()
    await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    row = await propose(desk, KIND.INCREASE, 20 * WAN)

    with pytest.raises(Invalid):
        await reject_change(row.id, reason=" ", by=By(desk.approver, NOW))
    await reject_change(row.id, reason="没有文件", by=By(desk.approver, NOW))

    assert await left() == 100 * WAN
    assert await findings() == []


async def test_claims_of_one_year_are_paid_from_the_next_year_and_show_under_both() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    await make_budget(desk, 100 * WAN, year=2027)

    await make_paid_from(desk, claim, 2027)

    assert (await left(), await left(2027)) == (100 * WAN, 40 * WAN)
    assert (await balance("reserved:guangxi:2027")).amount == 0
    rows = {row.budget.year: row.figures["disbursed"].money.amount for row in await list_budgets()}
    assert rows == {2026: 0, 2027: 60 * WAN}
    budget = await Budget.get(year=2027)
    assert await paid_by_month(budget) == {LATER.strftime("%Y-%m"): 60 * WAN}
    assert await findings() == []


async def test_no_list_is_paid_from_a_budget_before_the_year_of_its_claims() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)

    with pytest.raises(Invalid, match="预算年度"):
        await make_batch(
            "guangxi",
            year=2026,
            claim_numbers=[claim.number],
            title="",
            fiscal_year=2025,
            by=By(desk.officer, NOW),
        )


TAMPERED = (
    "UPDATE budgets SET amount = amount + 1",
    "UPDATE budget_changes SET amount = amount + 1",
    "UPDATE budget_changes SET verdict = 'rejected', reason = 'x'",
    "UPDATE disbursements SET amount = amount - 1",
    "DELETE FROM disbursements",
    "UPDATE batches SET fiscal_year = 2027",
    "DELETE FROM transfers WHERE kind = 'budget_increase'",
    "UPDATE transfers SET amount = amount - 1 WHERE kind = 'subsidy_reserved'",
    "UPDATE claims SET status = 'rejected'",
)


async def test_a_budget_that_was_tampered_with_does_not_balance() -> None:
    desk = await make_desk()
    await make_paid(desk)
    await make_budget(desk, WAN, year=2027)
    await change(desk, KIND.INCREASE, 5 * WAN)
    other = await make_rechecked(desk)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[other.number], title="", by=By(desk.officer, NOW)
    )
    await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    names = ("subsidies: budgets balance", "subsidies: changes of budgets are booked")
    assert [await CHECKS[name].check() for name in names] == [[], []]

    for statement in TAMPERED:
        async with tampered(statement):
            assert [finding for name in names for finding in await CHECKS[name].check()], statement


@pytest.mark.owner
async def test_the_database_refuses_to_edit_what_was_released() -> None:
    desk = await make_desk()
    await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    await change(desk, KIND.INCREASE, WAN)

    for statement in (
        "UPDATE budgets SET amount = amount + 1",
        "DELETE FROM budgets",
        "UPDATE budget_changes SET amount = 1",
        "DELETE FROM budget_changes",
    ):
        with pytest.raises(Exception, match=r"never edited|append-only"):
            async with in_transaction():
                await connection().execute_query(statement, [])


async def test_the_months_of_a_budget_add_up_to_it() -> None:
    desk = await make_desk()
    await make_rechecked(desk)
    months = parse_months("1 1 1 1 1 1 1 1 1 1 1 1.5")
    assert parse_months("  ") is None
    for text in ("1 2 3", "一 " * 12):
        with pytest.raises(Invalid):
            parse_months(text)

    arguments: dict[str, Any] = {"year": 2026, "details": BudgetDetails("省级", "2060404", "50299", months)}
    with pytest.raises(Invalid, match="合计"):
        await draft_budget("guangxi", amount=12 * WAN, **arguments, by=By(desk.officer, NOW))
    await draft_budget("guangxi", amount=1_250_000 * 10, **arguments, by=By(desk.officer, NOW))

    budget = (await get_budget("guangxi", 2026)).budget
    assert (budget.functional_code, sum(budget.months or [])) == ("2060404", 12_500_000)


async def test_a_budget_is_drafted_changed_and_confirmed_on_its_pages(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    await make_budget(desk, 100 * WAN, year=2027)
    await sign_in(client, desk.officer)
    address = "/desk/budgets/guangxi/2026"
    form = {"kind": "carry_over", "amount": "20", "document_number": "桂财〔2026〕9号", "ground": "结余"}

    assert (await post(client, address, form | {"kind": "gift"}, follow=False)).status_code == 422
    page = await post(client, address, form)
    assert "待确认" in page.text
    assert "桂财〔2026〕9号" in page.text
    row = await BudgetChange.get()
    assert (await post(client, address, {"change": str(row.id)}, follow=False)).status_code == 403
    await sign_in(client, desk.approver)
    page = await post(client, address, {"change": str(row.id)})

    assert "−200,000.00" in page.text
    assert "200,000.00" in (await client.get("/desk/budgets/guangxi/2027")).text
    listed = (await client.get("/desk/budgets?year=2026")).text
    assert "/desk/budgets/guangxi/2026" in listed
    assert "/desk/budgets/guangxi/2027" not in listed
    assert (await client.get("/desk/budgets/guangxi/2030")).status_code == 404


async def test_a_list_is_paid_from_this_years_budget_if_released_else_from_that_of_its_claims() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await past_guards("UPDATE claims SET year = 2025 WHERE id = $1", claim.id)
    await make_budget(desk, WAN, year=2025)
    assert await default_fiscal_year("guangxi", 2025, NOW) == 2025

    await make_budget(desk, WAN, year=2026)
    batch = await make_batch(
        "guangxi", year=2025, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )

    assert batch.fiscal_year == 2026
    assert await default_fiscal_year("guangxi", 2027, NOW) == 2027


async def test_the_card_of_the_budget_names_its_year_and_leaves_other_years_out() -> None:
    desk = await make_desk()
    await make_rechecked(desk)
    await make_budget(desk, 100 * WAN)
    await make_budget(desk, 7 * WAN, year=2027)

    (figure,) = (await budget_left(desk.approver, NOW)).figures

    assert (figure.label, figure.value) == ("2026 年预算余额", 100 * WAN)
    assert figure.address == "/desk/budgets?year=2026"
