from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.contracts import bank_statements, remittances, statement_imports
from market.contracts.models import Receipt
from market.contracts.queries import received_amount
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.errors import Forbidden, Invalid, NotFound
from market.kit.money import Money
from market.kit.workflow import ActionNotAllowed
from market.ledger.transfers import balance
from market.payments import statements
from market.payments.models import Remittance
from market.payments.statement_models import BankLine, LinePart
from market.payments.states import LineStatus
from market.records.by import By
from market.records.decisions import SamePerson
from market.records.transitions import history
from tests.contracts.bank_statements import kept, lines_of, take_over
from tests.contracts.factories import LATER, instalments_of, make_registered, make_remittance
from tests.deals.factories import make_parties
from tests.factories import make_member
from tests.invariants import OF_CONTRACTS, broken
from tests.payments.bank_statement_files import Row, icbc


async def test_a_statement_is_matched_by_the_job_and_booked_when_a_second_person_confirms() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    statement = await take_over(
        parties,
        Row("805,000.00", f"{contract.number}-1"),
        Row("9.00", "利息", payer="工商银行"),
        Row("7.00", incoming=False),
    )

    line, other, gone = await lines_of(statement)
    before = await received_amount(contract.id)
    with pytest.raises(SamePerson):
        await bank_statements.confirm_line(line.id, by=By(_as_finance(parties.seller), LATER))
    [receipt] = await bank_statements.confirm_line(line.id, by=By(parties.seller_finance, LATER))

    first, _second = await instalments_of(contract)
    assert (line.status, line.match_basis, other.status, gone.status) == (
        LineStatus.MATCHED,
        "reference",
        LineStatus.OPEN,
        LineStatus.OUTGOING,
    )
    assert before == 0
    assert (receipt.instalment_id, receipt.amount) == (first.id, 805_000_00)
    assert (await BankLine.get(id=line.id)).status is LineStatus.BOOKED
    [part] = await LinePart.filter(line_id=line.id).select_related("remittance")
    assert part.remittance is not None
    assert part.remittance.voucher_id == statement.file_id
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.PAYING
    events = await history("bank_line", line.id)
    assert [(event.action, event.status, event.actor_id) for event in events] == [
        ("find", "matched", None),
        ("book", "booked", parties.seller_finance.user_id),
    ]


def _as_finance(agent: Actor) -> Actor:
    """The person who handed the statement in, had they the finance role too."""
    return replace(agent, roles=frozenset({Role.FINANCE}))


async def test_the_same_statement_twice_and_an_overlapping_one_change_nothing() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    row = Row("805,000.00", f"{contract.number}-1", reference="77")
    statement = await take_over(parties, row)

    again, is_new = await statement_imports.import_statement(
        kept(icbc(row)), by=By(parties.seller_finance, LATER)
    )
    overlapping = await take_over(parties, row, Row("1.00", reference="78"))

    assert (again.id, is_new) == (statement.id, False)
    assert (overlapping.line_count, overlapping.new_count) == (3, 1)
    assert await BankLine.filter(organisation_id=parties.university.id).count() == 2


async def test_a_part_and_too_much_are_booked_and_what_exceeds_is_surplus() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    statement = await take_over(
        parties, Row("800,000.00", f"{contract.number}-1"), Row("10,000.00", f"{contract.number}-1")
    )

    for line in await lines_of(statement):
        await bank_statements.confirm_line(line.id, by=By(parties.seller_finance, LATER))

    assert [receipt.amount for receipt in await Receipt.all().order_by("-amount")] == [800_000_00, 5_000_00]
    assert await balance(f"surplus:{first.id}") == Money(5_000_00)
    assert await broken(*OF_CONTRACTS) == {}


async def test_a_line_bears_out_the_buyers_recorded_transfer_instead_of_doubling_it() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, first.amount, by=By(parties.buyer, LATER))
    [line] = await lines_of(await take_over(parties, Row("805,000.00", f"{contract.number}-1")))

    [receipt] = await bank_statements.confirm_line(line.id, by=By(parties.seller_finance, LATER))

    [part] = await LinePart.filter(line_id=line.id)
    assert (line.match_basis, part.remittance_id) == ("recorded", remittance.id)
    assert receipt.source_id == remittance.id
    assert await Remittance.all().count() == 1


async def test_a_transfer_confirmed_before_its_statement_came_is_only_noted() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, first.amount)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    [line] = await lines_of(await take_over(parties, Row("805,000.00", f"{contract.number}-1")))

    [part] = await LinePart.filter(line_id=line.id)
    assert (line.status, part.remittance_id) == (LineStatus.BOOKED, remittance.id)
    assert await received_amount(contract.id) == first.amount


async def test_people_match_release_set_aside_and_reopen_by_hand() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    [line] = await lines_of(await take_over(parties, Row("3.00", "技术费", payer="某人")))

    with pytest.raises(Invalid):
        await bank_statements.set_line_aside(line.id, " ", by=By(parties.seller, LATER))
    await bank_statements.set_line_aside(line.id, "房租", by=By(parties.seller, LATER))
    await bank_statements.reopen_line(line.id, by=By(parties.seller, LATER))
    await bank_statements.match_line(line.id, {first.id: line.amount}, by=By(parties.seller, LATER))
    await bank_statements.release_line(line.id, by=By(parties.seller, LATER))
    matched = await bank_statements.match_line(line.id, {first.id: line.amount}, by=By(parties.seller, LATER))
    confirmed = await bank_statements.confirm_lines([line.id, line.id], by=By(parties.seller_finance, LATER))

    assert matched.match_basis == "hand"
    assert (confirmed.done, len(confirmed.refusals)) == (1, 1)
    with pytest.raises(ActionNotAllowed):
        await bank_statements.release_line(line.id, by=By(parties.seller, LATER))


async def test_a_stranger_and_a_buyer_reach_no_line_nor_anothers_instalment() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    [line] = await lines_of(await take_over(parties, Row("3.00", payer="某人")))
    first, _second = await instalments_of(contract)

    for actor in (parties.buyer, await make_member()):
        with pytest.raises(NotFound):
            await bank_statements.match_line(line.id, {first.id: line.amount}, by=By(actor, LATER))
        with pytest.raises(NotFound):
            await statements.get_line_for(actor, line.id)
        with pytest.raises(NotFound):
            await statements.get_statement_for(actor, line.statement_id)
    with pytest.raises(NotFound):
        await bank_statements.match_line(line.id, {uuid4(): line.amount}, by=By(parties.seller, LATER))
    with pytest.raises(Forbidden):
        await bank_statements.confirm_line(line.id, by=By(parties.seller, LATER))


async def test_a_run_that_was_stopped_goes_on_with_the_lines_that_are_left() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    statement = await take_over(
        parties, Row("1.00", f"{contract.number}-1"), Row("2.00", f"{contract.number}-1")
    )
    _first, last = await lines_of(statement)
    await BankLine.filter(id=last.id).update(status=LineStatus.NEW, match_basis=None)
    await LinePart.filter(line_id=last.id).delete()

    matched = await bank_statements.match_statement(statement.id, now=LATER)

    assert matched == 1
    assert await BankLine.filter(statement_id=statement.id, status=LineStatus.MATCHED).count() == 2
