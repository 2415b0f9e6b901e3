from __future__ import annotations

from datetime import UTC, datetime

from market.kit.money import Money
from market.ledger import checks, transfers
from tests.databases import past_guards
from tests.invariants import broken

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


async def findings(name: str) -> list[str]:
    return (await broken(name))[name]


async def tamper(statement: str) -> None:
    """Do what the constraints forbid, as somebody with the database's password could."""
    await past_guards(statement)


async def book() -> None:
    await transfers.post(
        "grant", Money(100), debit="granted:G:1", credit="budget:G:1", reference="grant:1", at=NOW
    )


async def test_a_sound_book_passes_every_check() -> None:
    await book()

    assert [c.name for c in await checks.run_checks() if not c.is_well] == []


async def test_a_row_that_lost_its_account_is_found() -> None:
    await book()

    await tamper("DELETE FROM ledger_accounts WHERE code = 'granted:G:1'")

    assert await findings("book: balances add up to nothing") == ["CNY：余额合计 ￥1.00，不为零"]


async def test_an_overdrawn_budget_is_found() -> None:
    await book()

    await tamper("UPDATE transfers SET debit_id = credit_id, credit_id = debit_id")

    assert await findings("book: no guarded account is overdrawn") == ["账户 budget:G:1 余额 −￥1.00"]


async def test_a_reversal_of_another_amount_is_found() -> None:
    await book()
    wrong = await transfers.post(
        "x", Money(10), debit="budget:G:1", credit="disbursed:1", reference="x:1", at=NOW
    )
    await transfers.reverse(wrong.id, reference="x:1:reversed", at=NOW)

    await tamper("UPDATE transfers SET amount = 9 WHERE reference = 'x:1:reversed'")

    assert await findings("book: reversals mirror what they reverse") == ["账 x:1 的冲账有误（1 行）"]


async def test_a_pending_transfer_ended_with_another_amount_is_found() -> None:
    await book()
    held = await transfers.post(
        "x", Money(10), debit="budget:G:1", credit="disbursed:1", reference="x:1", at=NOW, pending=True
    )
    await transfers.post_pending(held.id, reference="x:1:approved", at=NOW)

    await tamper("UPDATE transfers SET amount = 9 WHERE reference = 'x:1:approved'")

    assert len(await findings("book: pending transfers end once")) == 1


async def test_a_transfer_in_a_foreign_currency_is_found() -> None:
    await book()

    await tamper("UPDATE transfers SET currency = 'USD'")

    assert len(await findings("book: currencies agree")) == 1
