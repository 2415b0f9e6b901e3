"""What somebody changes by SQL in orders, instructions, files, results and the book is found."""

from __future__ import annotations

import pytest
from tortoise.exceptions import IntegrityError

from market.budgets.batches import approve_batch
from market.budgets.models import Disbursement
from market.budgets.payment_results import decide_take_back, enter_result, propose_take_back
from market.kit.database import in_transaction
from market.kit.money import Money
from market.ledger import transfers as book
from market.records.by import By
from market.records.decisions import Verdict
from tests.budgets.factories import order_and_release, reported, settle
from tests.claims.factories import LATER, Desk, make_desk, make_published, make_rechecked
from tests.databases import tampered
from tests.factories import NOW
from tests.invariants import broken
from tests.stage_cache import cached_stage


@cached_stage
async def make_one_paid_and_one_open(desk: Desk) -> str:
    """Order two claims of one list, of which the bank paid the first."""
    batch = await make_published(desk, *[await make_rechecked(desk) for _ in range(2)])
    await approve_batch(batch, by=By(desk.approver, LATER))
    await settle((await order_and_release(batch, desk)).orders[0], desk)
    return batch


OF_PUBLIC_MONEY = ("orders:", "subsidies:", "payees:", "book:", "records:", "notices:", "documents:")
"""Beginnings of the checks of public money; contracts are made here without their bookings."""


async def findings() -> dict[str, list[str]]:
    """Return what the checks of public money find."""
    return await broken(*OF_PUBLIC_MONEY)


BEHIND_THE_GUARDS = [
    ("UPDATE disbursements SET status = 'paid' WHERE status = 'ordered'", "they are the awards"),
    ("UPDATE disbursements SET status = 'paid' WHERE status = 'ordered'", "results have two persons"),
    ("UPDATE claims SET status = 'paid' WHERE status = 'to_pay'", "they are the awards"),
    ("UPDATE claims SET status = 'approved' WHERE status = 'to_pay'", "they are the awards"),
    ("DELETE FROM instruction_lines WHERE sequence = 2", "every order stands in an instruction"),
    ("UPDATE disbursements SET is_taken_over = true", "every order stands in an instruction"),
    (
        "UPDATE payment_instructions SET verdict = 'rejected', reason = 'x'",
        "every order stands in an instruction",
    ),
    ("UPDATE disbursements SET amount = amount + 1", "instructions are their orders"),
    ("UPDATE disbursements SET payee_account = '62220000'", "instructions are their orders"),
    ("UPDATE instruction_lines SET payee_account = '62220000'", "instructions are their orders"),
    ("UPDATE instruction_lines SET amount = amount + 1", "instructions add up"),
    ("UPDATE instruction_lines SET payee_name = '某某公司'", "instructions add up"),
    ("UPDATE payment_instructions SET total = total + 1", "instructions add up"),
    ("UPDATE payment_instructions SET checksum = 'x'", "instructions add up"),
    ("UPDATE instruction_files SET content = 'x'", "files have the bytes that were released"),
    (
        "UPDATE instruction_files SET content = 'x', sha256 = encode(sha256('x'), 'hex')",
        "files have the bytes that were released",
    ),
    ("DELETE FROM instruction_files", "instructions are released by a second person"),
    ("DELETE FROM payment_results", "results have two persons"),
    (
        "UPDATE payment_results SET verdict = NULL, decided_by_id = NULL, decided_at = NULL",
        "results have two persons",
    ),
    ("UPDATE disbursements SET bank_reference = 'x'", "results have two persons"),
    ("UPDATE payment_results SET bank_reference = 'x'", "results are what was entered"),
    (
        "UPDATE payment_results SET outcome = 'returned', return_reason = 'name'",
        "results are what was entered",
    ),
]


OF_THE_CLAIM = [
    ("UPDATE claims SET award_amount = award_amount + 1", "subsidies: lists are what was confirmed"),
    ("UPDATE claims SET award_amount = award_amount + 1", "subsidies: awards are what was computed"),
    ("UPDATE claims SET payee_id = NULL", "subsidies: accounts are the ones frozen into claims"),
    ("UPDATE claims SET year = 2020", "subsidies: claims are as their applicants stated"),
    ("UPDATE claims SET applicant_id = (SELECT id FROM organisations WHERE id <> applicant_id LIMIT 1)", ""),
    ("UPDATE claims SET stated = '{\"vat_paid\": 1}'", "subsidies: claims are as their applicants stated"),
    ("UPDATE claim_contracts SET grade = 'major'", "subsidies: claims are as their applicants stated"),
    (
        'UPDATE claims SET doubts = \'[{"kind": "split", "what": "x"}]\', doubt_kinds = \',split,\'',
        "subsidies: doubts are what the log says",
    ),
    ("UPDATE claims SET doubt_kinds = ',split,'", "subsidies: doubts are what the log says"),
    ("DELETE FROM claim_contracts", "subsidies: claims are as their applicants stated"),
    (
        "UPDATE assessments SET award_amount = award_amount + 1",
        "subsidies: computations are what the log says",
    ),
    ("UPDATE assessments SET facts = facts || '{\"x\": 1}'", "subsidies: sheets are what the log says"),
    ("DELETE FROM assessments", "subsidies: awards are what was computed"),
    ("UPDATE sales_reports SET amount = amount * 2", "subsidies: sales are what was reported"),
    ("DELETE FROM sales_reports", "subsidies: sales are what was reported"),
    ("UPDATE batches SET pot_amount = pot_amount + 1", "subsidies: lists are what was confirmed"),
    ("UPDATE batches SET computed_amount = computed_amount + 1", "subsidies: lists are what was confirmed"),
    (
        "UPDATE batches SET pot_mode = 'ranked', pot_mode_reason = 'x'",
        "subsidies: lists are what was confirmed",
    ),
    ("UPDATE batches SET status = 'closed'", "records: statuses follow their history"),
    ("UPDATE batches SET decided_at = decided_at - interval '1 day'", "records: decisions stand in the log"),
    (
        "UPDATE batches SET proposed_at = proposed_at - interval '1 day'",
        "records: decisions stand in the log",
    ),
    (
        "UPDATE batches SET decided_by_id = u.id FROM users u "
        "WHERE u.id NOT IN (SELECT user_id FROM pseudonyms WHERE user_id IS NOT NULL)",
        "records: decisions stand in the log",
    ),
    (
        "UPDATE assessments SET decided_at = decided_at + interval '1 second'",
        "records: decisions stand in the log",
    ),
    ("UPDATE notices SET entries = '[]'", "subsidies: lists are their notices"),
    ("DELETE FROM notices", "subsidies: lists are their notices"),
    ("UPDATE notices SET body = '[]'", "notices: texts are as published"),
    ("UPDATE notices SET title = 'x'", "notices: texts are as published"),
    ("UPDATE notices SET ends_at = ends_at - interval '3 days'", "notices: texts are as published"),
    ("UPDATE notices SET published_at = published_at - interval '3 days'", "notices: texts are as published"),
    ("UPDATE notices SET status = 'no such status'", "notices: texts are as published"),
    (
        "UPDATE issued_documents SET issued_at = issued_at - interval '3 days'",
        "documents: each is in the log as issued",
    ),
    ("UPDATE issued_documents SET addressee_id = NULL", "documents: each is in the log as issued"),
    ("UPDATE payee_accounts SET bank_code = '999999999999'", "payees: accounts are as they were proposed"),
    ("UPDATE payee_accounts SET bank_name = 'x'", "payees: accounts are as they were proposed"),
    ("UPDATE payee_accounts SET fingerprint = ''", "payees: accounts are as they were proposed"),
    (
        "UPDATE files SET sha256 = repeat('a', 64) WHERE id IN (SELECT proof_id FROM payee_accounts)",
        "payees: accounts are as they were proposed",
    ),
    ("DELETE FROM payee_accounts", "payees: accounts are as they were proposed"),
    ("DELETE FROM disbursements WHERE status = 'ordered'", "orders: instructions are their orders"),
    (
        "UPDATE instruction_lines SET payee_bank_code = '999999999999'",
        "orders: instructions are their orders",
    ),
]
REFUSED = [
    "UPDATE claims SET applicant_id = gen_random_uuid()",
    "UPDATE claims SET year = 2020",
    "DELETE FROM claims",
    "UPDATE claim_contracts SET contract_id = gen_random_uuid()",
    "UPDATE batches SET pot_amount = pot_amount + 1",
    "UPDATE batches SET fiscal_year = 2020",
    "DELETE FROM batches",
    "UPDATE notices SET entries = '[]'",
    "UPDATE notices SET body = '[]'",
    "UPDATE notices SET ends_at = ends_at - interval '1 day'",
    "UPDATE notices SET ends_at = NULL",
    "DELETE FROM notices",
    "DELETE FROM sales_reports",
    "UPDATE contracts SET trade_amount = trade_amount - 1",
    "UPDATE contracts SET used_in = '440300'",
    "UPDATE contracts SET signed_on = '2020-01-01'",
    "UPDATE contracts SET registered_on = registered_on - 300",
    "UPDATE contracts SET field = 'energy'",
    "UPDATE contracts SET is_exclusive = NOT is_exclusive",
    "UPDATE claims SET submitted_at = submitted_at - interval '30 days'",
    "UPDATE programme_terms SET version = 'x'",
    "DELETE FROM programme_terms",
    "DELETE FROM contracts",
    "UPDATE organisations SET name = '另一家公司'",
    "UPDATE organisations SET uscc = NULL",
    "UPDATE organisations SET region = '440100'",
    "UPDATE organisations SET verified_at = NULL",
    "UPDATE organisations SET is_high_tech = NOT coalesce(is_high_tech, false)",
    "DELETE FROM organisations",
    "UPDATE files SET name = '另一个名字.pdf'",
    "UPDATE files SET sha256 = repeat('a', 64)",
    "UPDATE files SET subject_id = gen_random_uuid()",
    "DELETE FROM files",
]


async def test_what_a_sum_rests_on_is_found_where_it_was_changed_behind_the_guards() -> None:
    desk = await make_desk()
    await make_one_paid_and_one_open(desk)
    assert await findings() == {}

    for statement, check in OF_THE_CLAIM:
        async with tampered(statement):
            assert await broken(*([check] if check else OF_PUBLIC_MONEY)), statement


@pytest.mark.owner
async def test_what_a_sum_rests_on_is_refused_by_the_database() -> None:
    desk = await make_desk()
    await make_one_paid_and_one_open(desk)

    for statement in REFUSED:
        with pytest.raises(IntegrityError, match=r"never edited|append-only|shorter"):
            async with in_transaction() as transaction:
                await transaction.execute_query(statement)


async def test_what_is_changed_behind_the_guards_is_found() -> None:
    desk = await make_desk()
    await make_one_paid_and_one_open(desk)
    assert await findings() == {}

    for statement, check in BEHIND_THE_GUARDS:
        async with tampered(statement):
            assert await broken(f"orders: {check}"), statement

    assert await findings() == {}


@pytest.mark.parametrize(
    ("account", "check"),
    [
        ("budget:guangxi:2026", "subsidies: budgets balance"),
        ("reserved:guangxi:2026", "orders: the book reserves what is to pay"),
    ],
)
async def test_a_bare_transfer_out_of_a_budget_is_found(account: str, check: str) -> None:
    desk = await make_desk()
    await make_one_paid_and_one_open(desk)

    await book.post("x", Money(100), debit=account, credit="disbursed:x", reference="x", at=NOW)

    assert list(await findings()) == [check]


@pytest.mark.owner
async def test_a_result_taken_back_holds_every_invariant_and_its_missing_reversal_is_found() -> None:
    desk = await make_desk()
    await make_one_paid_and_one_open(desk)
    order = await Disbursement.get(status="paid")
    await propose_take_back(order.number, ground="回单属于另一笔", by=By(desk.rechecker, LATER))
    await decide_take_back(order.number, Verdict.CONFIRMED, by=By(desk.approver, LATER))
    await enter_result(order.number, reported(False), by=By(desk.officer, LATER))
    assert await findings() == {}

    async with tampered("DELETE FROM transfers WHERE reverses_id IS NOT NULL"):
        assert order.number in (await findings())["subsidies: what was paid is booked"][0]
