from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from market.kit.database import in_transaction
from market.kit.money import CurrencyMismatch, Money
from market.ledger import transfers
from market.ledger.accounts import UnknownAccount, account_code
from market.ledger.models import LedgerAccount, Phase, Transfer
from tests.databases import run_as_owner

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


async def fund(amount: int, budget: str = "budget:G:2026") -> Transfer:
    return await transfers.post(
        "grant", Money(amount), debit="granted:G:2026", credit=budget, reference=f"grant:{budget}", at=NOW
    )


async def take(amount: int, reference: str = "claim:1", *, pending: bool = False) -> Transfer:
    return await transfers.post(
        "subsidy",
        Money(amount),
        debit="budget:G:2026",
        credit="disbursed:1",
        reference=reference,
        at=NOW,
        pending=pending,
    )


async def test_a_transfer_takes_from_one_account_and_gives_to_the_other() -> None:
    await fund(500_00)

    await take(120_00)

    assert await transfers.balance("budget:G:2026") == Money(380_00)
    assert await transfers.balance("disbursed:1") == Money(120_00)
    assert await transfers.balances("budget:") == {"budget:G:2026": Money(380_00)}


async def test_booking_the_same_reference_again_changes_nothing() -> None:
    await fund(500_00)
    first = await take(120_00)

    again = await take(120_00)

    assert again.id == first.id
    assert await transfers.balance("disbursed:1") == Money(120_00)


async def test_a_reference_cannot_be_used_for_something_else() -> None:
    await fund(500_00)
    await take(120_00)

    with pytest.raises(transfers.ReferenceUsed):
        await take(120_01)

    assert await transfers.balance("disbursed:1") == Money(120_00)


async def test_the_same_reference_is_found_again_even_when_the_account_is_used_up() -> None:
    await fund(120_00)
    first = await take(120_00)

    again = await take(120_00)

    assert again.id == first.id


async def test_a_guarded_account_is_never_overdrawn() -> None:
    await fund(100_00)

    with pytest.raises(transfers.Overdrawn, match="可用预算"):
        await take(100_01)

    assert await transfers.balance("budget:G:2026") == Money(100_00)


async def test_what_is_pending_is_held_but_not_yet_moved() -> None:
    await fund(100_00)

    await take(70_00, pending=True)

    assert await transfers.balance("budget:G:2026") == Money(100_00)
    assert await transfers.available("budget:G:2026") == Money(30_00)
    with pytest.raises(transfers.Overdrawn):
        await take(30_01, "claim:2")


async def test_posting_a_pending_transfer_moves_the_money_once() -> None:
    await fund(100_00)
    held = await take(100_00, pending=True)

    await transfers.post_pending(held.id, reference="claim:1:approved", at=NOW)
    await transfers.post_pending(held.id, reference="claim:1:approved", at=NOW)

    assert await transfers.balance("disbursed:1") == Money(100_00)
    assert await transfers.available("budget:G:2026") == Money(0)


async def test_voiding_a_pending_transfer_gives_back_what_it_held() -> None:
    await fund(100_00)
    held = await take(100_00, pending=True)

    await transfers.void_pending(held.id, reference="claim:1:void", at=NOW)

    assert await transfers.available("budget:G:2026") == Money(100_00)
    assert await transfers.balance("disbursed:1") == Money(0)


async def test_a_pending_transfer_ends_only_once() -> None:
    await fund(100_00)
    held = await take(100_00, pending=True)
    await transfers.void_pending(held.id, reference="claim:1:void", at=NOW)

    with pytest.raises(transfers.AlreadyEnded):
        await transfers.post_pending(held.id, reference="claim:1:approved", at=NOW)
    with pytest.raises(transfers.AlreadyEnded):
        await transfers.void_pending((await take(1, "claim:2")).id, reference="claim:2:void", at=NOW)


async def test_a_reversal_moves_the_whole_amount_back_and_keeps_both_rows() -> None:
    await fund(100_00)
    wrong = await take(60_00)

    back = await transfers.reverse(wrong.id, reference="claim:1:reversed", at=NOW)

    assert back.reverses_id == wrong.id
    assert await transfers.balance("budget:G:2026") == Money(100_00)
    assert len(await transfers.list_entries("disbursed:1")) == 2


async def test_a_transfer_is_reversed_only_once_and_a_reversal_never() -> None:
    await fund(100_00)
    wrong = await take(60_00)
    back = await transfers.reverse(wrong.id, reference="claim:1:reversed", at=NOW)

    with pytest.raises(transfers.NotReversible):
        await transfers.reverse(wrong.id, reference="claim:1:again", at=NOW)
    with pytest.raises(transfers.NotReversible):
        await transfers.reverse(back.id, reference="claim:1:back-again", at=NOW)


async def test_money_already_spent_cannot_be_reversed_away() -> None:
    grant = await fund(100_00)
    await take(60_00)

    with pytest.raises(transfers.Overdrawn):
        await transfers.reverse(grant.id, reference="grant:reversed", at=NOW)


async def test_a_row_names_the_record_it_was_booked_for() -> None:
    claim = uuid4()
    await fund(100_00)

    await transfers.post(
        "subsidy",
        Money(1),
        debit="budget:G:2026",
        credit="disbursed:2",
        reference="claim:2",
        at=NOW,
        subject=("claim", claim),
    )

    (entry,) = await transfers.list_entries("disbursed:2")
    assert (entry.reference, entry.subject_kind, entry.subject_id) == ("claim:2", "claim", claim)


async def test_an_account_keeps_one_currency() -> None:
    await transfers.open_account("exchange:USD", currency="USD")

    with pytest.raises(CurrencyMismatch):
        await transfers.post(
            "rate", Money(1), debit="exchange:USD", credit="met:online:1", reference="r:1", at=NOW
        )


async def test_an_account_outside_the_chart_is_refused() -> None:
    with pytest.raises(UnknownAccount):
        await transfers.post("x", Money(1), debit="escrow:1", credit="met:1", reference="x:1", at=NOW)


async def test_an_account_nobody_opened_stands_at_nothing() -> None:
    assert await transfers.balance("budget:none:2026") == Money(0)
    assert await transfers.available("budget:none:2026") == Money(0)


@pytest.mark.parametrize("amount", [0, -1])
async def test_a_transfer_of_nothing_is_a_bug(amount: int) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        await take(amount)


# The database refuses by itself, whoever asks.


async def write(**changes: Any) -> None:
    row: dict[str, Any] = {
        "id": uuid4(),
        "kind": "x",
        "phase": Phase.POSTED,
        "debit_id": "granted:D:2026",
        "credit_id": "budget:D:2026",
        "amount": 100,
        "reference": "x:1",
        "happened_at": NOW,
    }
    await transfers.open_account("granted:D:2026")
    await transfers.open_account("budget:D:2026", may_go_negative=False)
    async with in_transaction():
        await Transfer.create(**(row | changes))


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"amount": 0}, "transfers_amount"),
        ({"amount": -5}, "transfers_amount"),
        ({"credit_id": "granted:D:2026"}, "transfers_accounts"),
        ({"phase": Phase.POST}, "transfers_pending"),
        ({"currency": "USD"}, "transfers_currency"),
        (
            {"debit_id": "budget:D:2026", "credit_id": "granted:D:2026"},
            "ledger_accounts_not_below_zero",
        ),
    ],
)
async def test_the_database_refuses_what_may_not_be(changes: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError) as refusal:
        await write(**changes)

    assert refusal.value.args[0].constraint_name == constraint


async def test_the_database_refuses_a_second_use_of_a_reference() -> None:
    await write()

    with pytest.raises(IntegrityError, match="reference"):
        await write()


async def test_the_database_refuses_to_end_a_pending_transfer_with_another_amount() -> None:
    pending = uuid4()
    await write(id=pending, phase=Phase.PENDING)

    with pytest.raises(IntegrityError) as refusal:
        await write(phase=Phase.POST, pending_id=pending, amount=99, reference="x:2")

    assert refusal.value.args[0].constraint_name == "transfers_same_as_pending"


async def test_the_database_refuses_to_edit_or_delete_a_transfer() -> None:
    await write()

    for change in (
        "UPDATE transfers SET amount = 1",
        "DELETE FROM transfers",
        "UPDATE transfers SET kind = kind",
    ):
        with pytest.raises(IntegrityError, match="append-only"):
            await run_as_owner(change)

    assert await Transfer.all().count() == 1
    assert await LedgerAccount.exists(code="budget:D:2026")


async def test_the_database_refuses_a_reversal_that_mirrors_nothing() -> None:
    wrong = uuid4()
    await write(id=wrong)

    with pytest.raises(IntegrityError) as refusal:
        await write(reverses_id=wrong, reference="x:2")

    assert refusal.value.args[0].constraint_name == "transfers_mirror"


async def test_the_database_refuses_to_change_an_account_or_to_empty_the_book() -> None:
    await write()

    for change in (
        "UPDATE ledger_accounts SET may_go_negative = true",
        "DELETE FROM ledger_accounts",
        "TRUNCATE transfers",
    ):
        with pytest.raises((IntegrityError, OperationalError), match="append-only"):
            await run_as_owner(change)


async def test_money_of_a_foreign_currency_has_an_account_of_its_own() -> None:
    for currency in ("CNY", "JPY"):
        await transfers.post(
            "t",
            Money(5, currency),
            debit=account_code("agreed", "x", currency),
            credit=account_code("met:online", "x", currency),
            reference=f"c:{currency}",
            at=NOW,
        )

    assert await transfers.balance("met:online:x:JPY") == Money(5, "JPY")
    assert await transfers.balance("met:online:x") == Money(5)
