"""Statements on their way in: known again, asked about, mapped once, taken back by the bank."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.models import MemberRole
from market.contracts import bank_statements, refunds, statement_imports
from market.contracts.models import Contract, Receipt
from market.contracts.queries import received_amount
from market.deps import Deps
from market.kit.database import connection
from market.kit.errors import Conflict, Invalid
from market.kit.jobs import run_pending
from market.kit.workflow import ActionNotAllowed
from market.payments.models import Refund
from market.payments.statement_models import (
    BankLine,
    BankStatement,
    LinePart,
    StatementDraft,
    StatementMapping,
    StatementRow,
)
from market.payments.states import LineAction, LineStatus, SkipReason
from market.records.by import By
from tests.contracts.bank_statements import kept, lines_of
from tests.contracts.factories import LATER, instalments_of, make_registered
from tests.deals.factories import Parties, make_parties, move_clock
from tests.factories import make_member
from tests.invariants import OF_CONTRACTS, broken
from tests.visitor import post, sign_in

OWN = "2102110009000000001"
PAYER = "4500123456789012345"
HEAD = (
    "凭证号,本方账号,对方账号,交易时间,借/贷,借方发生额,贷方发生额,对方行号,摘要,用途,对方单位名称,余额,"
    "个性化信息"
)


def line(
    amount: str,
    text: str = "",
    *,
    number: str = "9911",
    own: str = OWN,
    account: str = PAYER,
    time: str = "2026-03-20 09:30:15",
    balance: str = "",
) -> str:
    return f'{number},{own},{account},{time},贷,,"{amount}",,货款,{text},桂某新材料有限公司,"{balance}",'


def icbc(*lines: str) -> bytes:
    return "\n".join([HEAD, *lines]).encode("gb18030")


async def take_in(content: bytes, by: By) -> BankStatement:
    statement, _is_new = await statement_imports.import_statement(kept(content), by=by)
    assert isinstance(statement, BankStatement)
    await bank_statements.match_statement(statement.id, now=LATER)
    return statement


@dataclass(frozen=True)
class Owed:
    parties: Parties
    contract: Contract

    @property
    def seller(self) -> By:
        return By(self.parties.seller, LATER)

    @property
    def finance(self) -> By:
        return By(self.parties.seller_finance, LATER)


@pytest.fixture
async def owed() -> Owed:
    parties = await make_parties()
    return Owed(parties, await make_registered(parties))


async def test_a_file_that_a_spreadsheet_rewrote_adds_nothing(owed: Owed) -> None:
    text = f"{owed.contract.number}-1"
    original = await take_in(icbc(line("805,000.00", text, balance="1,750,000.00")), owed.seller)
    rewritten = await take_in(
        icbc(
            line(
                "805000",
                text,
                own="2.10211E+18",
                account="4.50012E+18",
                time="2026/3/20 9:30",
                balance="1750000",
            )
        ),
        owed.seller,
    )

    [known] = await StatementRow.filter(statement_id=rewritten.id)
    [first] = await lines_of(original)
    assert (original.new_count, rewritten.new_count) == (1, 0)
    assert (known.reason, known.line_id) == (SkipReason.KNOWN, first.id)
    assert len(rewritten.notices) == 2


async def test_what_is_only_like_a_known_line_is_a_question(owed: Owed) -> None:
    text = f"{owed.contract.number}-1"
    await take_in(icbc(line("805,000.00", text)), owed.seller)
    again = await take_in(icbc(line("805,000.00", text, time="2026-03-20 15:00:00")), owed.seller)

    [asked] = await lines_of(again)
    assert asked.status is LineStatus.SIMILAR
    assert asked.resembles_id is not None
    same = await bank_statements.decide_resemblance(asked.id, LineAction.SAME, by=owed.seller)
    assert same.status is LineStatus.DUPLICATE
    other = await bank_statements.decide_resemblance(asked.id, LineAction.DIFFER, by=owed.seller)
    assert other.status is LineStatus.OPEN


async def test_a_line_that_the_bank_took_back_is_matched_with_nothing(owed: Owed) -> None:
    text = f"{owed.contract.number}-1"
    statement = await take_in(
        icbc(line("805,000.00", text), line("-805,000.00", f"{text} 冲正", number="9912")), owed.seller
    )

    came, back = await lines_of(statement)
    assert (came.status, back.status, back.reverses_id) == (LineStatus.REVERSED, LineStatus.SETTLED, came.id)
    assert await LinePart.all().count() == 0


async def test_a_reversal_in_a_later_file_unmatches_what_it_takes_back(owed: Owed) -> None:
    text = f"{owed.contract.number}-1"
    first = await take_in(icbc(line("805,000.00", text)), owed.seller)
    await take_in(
        icbc(line("-805,000.00", f"{text} 冲正", number="9", time="2026-03-21 08:00:00")), owed.seller
    )

    [came] = await lines_of(first)
    assert came.status is LineStatus.REVERSED
    assert await broken(*OF_CONTRACTS) == {}


async def test_what_was_booked_before_the_bank_took_it_back_is_refunded_by_two_people(owed: Owed) -> None:
    text = f"{owed.contract.number}-1"
    first = await take_in(icbc(line("805,000.00", text)), owed.seller)
    await statement_imports.confirm_account(first, OWN, by=owed.seller)
    [came] = await lines_of(first)
    await bank_statements.confirm_line(came.id, by=owed.finance)
    booked = await received_amount(owed.contract.id)
    second = await take_in(
        icbc(line("-805,000.00", f"{text} 冲正", number="9", time="2026-03-21 08:00:00")), owed.seller
    )
    [back] = await lines_of(second)

    assert (back.status, back.reverses_id) == (LineStatus.REVERSAL, came.id)
    [refund] = await bank_statements.refund_reversal(back.id, by=owed.finance)
    with pytest.raises(Conflict):
        await bank_statements.refund_reversal(back.id, by=owed.finance)
    colleague = await _second_treasurer(owed)
    await refunds.confirm_refund(refund.id, by=colleague)

    assert booked == 805_000_00
    assert await received_amount(owed.contract.id) == 0
    assert (await BankLine.get(id=back.id)).status is LineStatus.SETTLED
    assert await broken(*OF_CONTRACTS) == {}


async def _second_treasurer(owed: Owed) -> By:
    return By(await make_member(owed.parties.university, role=MemberRole.FINANCE), LATER)


async def test_a_reversal_of_nothing_we_know_waits_for_a_person(owed: Owed) -> None:
    statement = await take_in(icbc(line("-9.00", "冲正")), owed.seller)
    [back] = await lines_of(statement)

    assert back.status is LineStatus.REVERSAL
    with pytest.raises(Invalid):
        await bank_statements.pair_reversal(back.id, back.id, by=owed.seller)
    treated = await bank_statements.treat_reversal_as(back.id, LineAction.TREAT_AS_OUTGOING, by=owed.seller)
    assert treated.status is LineStatus.OUTGOING


async def test_money_that_left_is_never_income(owed: Owed) -> None:
    [instalment, _second] = await instalments_of(owed.contract)
    statement = await take_in(icbc(line("-9.00", "冲正"), line("7.00", "货款", number="2")), owed.seller)
    back, came = await lines_of(statement)

    for line_id, action in (
        (back.id, LineAction.TREAT_AS_INCOMING),
        (came.id, LineAction.TREAT_AS_OUTGOING),
        (came.id, LineAction.TREAT_AS_INCOMING),
    ):
        with pytest.raises(ActionNotAllowed):
            await bank_statements.treat_reversal_as(line_id, action, by=owed.seller)
    await connection().execute_query("UPDATE bank_lines SET status = 'open' WHERE id = $1", [back.id])
    with pytest.raises(ActionNotAllowed):
        await bank_statements.match_line(back.id, {instalment.id: 9_00}, by=owed.seller)
    with pytest.raises(IntegrityError, match="bank_lines_direction"):
        await connection().execute_query("UPDATE bank_lines SET status = 'returned' WHERE id = $1", [back.id])


async def test_a_reversal_of_what_was_booked_is_not_explained_away(owed: Owed) -> None:
    text = f"{owed.contract.number}-1"
    first = await take_in(icbc(line("805,000.00", text)), owed.seller)
    await statement_imports.confirm_account(first, OWN, by=owed.seller)
    [came] = await lines_of(first)
    await bank_statements.confirm_line(came.id, by=owed.finance)
    second = await take_in(icbc(line("-805,000.00", "冲正", time="2026-03-21 08:00:00")), owed.seller)
    [back] = await lines_of(second)

    with pytest.raises(ActionNotAllowed):
        await bank_statements.treat_reversal_as(back.id, LineAction.TREAT_AS_OUTGOING, by=owed.seller)


async def test_what_left_again_without_a_word_why_is_not_ticked_in_advance(
    client: httpx.AsyncClient, deps: Deps, owed: Owed
) -> None:
    move_clock(deps, LATER)
    came = line("805,000.00", f"{owed.contract.number}-1")
    left = line("805,000.00", "往来", number="9912").replace('贷,,"805,000.00"', '借,"805,000.00",')
    other = line("6.00", f"{owed.contract.number}-2", number="9913")
    statement = await take_in(icbc(came, left, other), owed.seller)
    await sign_in(client, owed.parties.seller_finance)

    page = (await client.get(f"/bank/statements/{statement.id}?status=matched")).text

    assert page.count("又有同额支出给对方") == 1
    assert page.count('name="line"') == 2
    assert len(re.findall(r'name="line"[^>]*checked', page)) == 1


async def test_a_reversal_is_paired_by_hand(owed: Owed) -> None:
    statement = await take_in(
        icbc(line("9.00", "杂项"), line("-9.00", "冲正", number="2").replace("桂某新材料有限公司", "银行")),
        owed.seller,
    )
    came, back = await lines_of(statement)
    assert back.status is LineStatus.REVERSAL

    await bank_statements.pair_reversal(back.id, came.id, by=owed.seller)

    assert (await BankLine.get(id=came.id)).status is LineStatus.REVERSED
    assert (await BankLine.get(id=back.id)).status is LineStatus.SETTLED


async def test_one_transfer_is_booked_over_two_instalments(owed: Owed) -> None:
    first, second = await instalments_of(owed.contract)
    total = (first.amount + second.amount) / 100
    statement = await take_in(icbc(line(f"{total:,.2f}", owed.contract.number)), owed.seller)
    await statement_imports.confirm_account(statement, OWN, by=owed.seller)
    [came] = await lines_of(statement)

    await bank_statements.confirm_line(came.id, by=owed.finance)

    receipts = await Receipt.all().order_by("-amount")
    assert sorted(receipt.amount for receipt in receipts) == sorted([first.amount, second.amount])
    assert await broken(*OF_CONTRACTS) == {}


async def test_a_split_by_hand_adds_up_to_the_line(owed: Owed) -> None:
    first, second = await instalments_of(owed.contract)
    statement = await take_in(icbc(line("100.00", "杂项")), owed.seller)
    [came] = await lines_of(statement)

    for parts in ({}, {first.id: 99_00}, {first.id: 100_01}, {first.id: 101_00, second.id: -1_00}):
        with pytest.raises(Invalid):
            await bank_statements.match_line(came.id, parts, by=owed.seller)
    matched = await bank_statements.match_line(came.id, {first.id: 40_00, second.id: 60_00}, by=owed.seller)

    assert matched.status is LineStatus.MATCHED
    assert sorted(part.amount for part in await LinePart.filter(line_id=came.id)) == [40_00, 60_00]


async def test_nothing_of_an_account_that_nobody_confirmed_is_booked(owed: Owed) -> None:
    statement = await take_in(icbc(line("805,000.00", f"{owed.contract.number}-1")), owed.seller)
    [came] = await lines_of(statement)

    with pytest.raises(Conflict):
        await bank_statements.confirm_line(came.id, by=owed.finance)
    with pytest.raises(Invalid):
        await statement_imports.confirm_account(statement, "123", by=owed.seller)
    await statement_imports.confirm_account(statement, OWN, by=owed.seller)

    assert len(await bank_statements.confirm_line(came.id, by=owed.finance)) == 1


async def test_dong_never_pays_a_contract_in_yuan(owed: Owed) -> None:
    heads = (
        "账号,账户名称,交易时间,借方发生额/元(支取),贷方发生额/元(收入),余额,币种,对方户名,对方账号,"
        "摘要,备注,账户明细编号-交易流水号"
    )
    row = (
        f'{OWN},某大学,20260320 09:30:15,,"805,000.00",,越南盾,桂某新材料有限公司,{PAYER},转账,'
        f"{owed.contract.number}-1,26-1"
    )
    statement = await take_in(f"{heads}\n{row}".encode("gb18030"), owed.seller)

    [came] = await lines_of(statement)
    assert (came.currency, came.amount, came.status) == ("VND", 805_000, LineStatus.OPEN)


@pytest.mark.owner
async def test_a_tampered_statement_is_found(owed: Owed) -> None:
    statement = await take_in(icbc(line("5.00"), line("0.00")), owed.seller)
    await connection().execute_query("ALTER TABLE bank_lines DISABLE TRIGGER bank_lines_keep", [])
    await connection().execute_query("DELETE FROM bank_lines WHERE statement_id = $1", [statement.id])

    findings = await broken(*OF_CONTRACTS)

    assert [*findings] == ["payments: statements account for each row of their files"]


async def test_a_bank_nobody_knows_is_mapped_once_in_the_browser(
    client: httpx.AsyncClient, deps: Deps, owed: Owed
) -> None:
    move_clock(deps, LATER)
    await sign_in(client, owed.parties.seller)

    def file(day: str) -> dict[str, tuple[str, bytes, str]]:
        rows = f'发生在,怎么,多少,谁,为什么\n{day},贷,"805,000.00",桂某公司,{owed.contract.number}-1\n'
        return {"file": ("流水.csv", rows.encode("gb18030"), "text/csv")}

    asked = await post(client, "/bank/statements", files=file("2026-03-19"))
    [draft] = await StatementDraft.all()
    address = f"/bank/statements/drafts/{draft.id}"
    columns = {
        "head_row": "1",
        "column-1": "day",
        "column-2": "sign",
        "column-3": "amount",
        "column-4": "name",
        "column-5": "text",
        "account": "45001",
    }
    tried = await client.get(address, params=columns)
    refused = await post(client, address, {"head_row": "1", "column-1": "day"})
    done = await post(client, address, columns)
    again = await post(client, "/bank/statements", files=file("2026-03-20"))
    await run_pending(deps)

    assert "这个文件的各列是什么" in asked.text
    assert "1 笔流水" in tried.text
    assert (refused.status_code, "请说明哪一列是" in refused.text) == (422, True)
    assert "共 1 行" in done.text
    assert "共 1 行" in again.text
    assert await StatementDraft.all().count() == 0
    assert [mapping.account for mapping in await StatementMapping.all()] == ["45001"]
    assert {statement.account for statement in await BankStatement.all()} == {"45001"}


async def test_a_reversal_is_dealt_with_in_the_browser(
    client: httpx.AsyncClient, deps: Deps, owed: Owed
) -> None:
    move_clock(deps, LATER)
    statement = await take_in(icbc(line("805,000.00", f"{owed.contract.number}-1")), owed.seller)
    await statement_imports.confirm_account(statement, OWN, by=owed.seller)
    [came] = await lines_of(statement)
    await bank_statements.confirm_line(came.id, by=owed.finance)
    second = await take_in(
        icbc(line("-805,000.00", "冲正", number="9", time="2026-03-21 08:00:00")), owed.seller
    )
    [back] = await lines_of(second)
    await sign_in(client, owed.parties.seller_finance)

    listed = await client.get(f"/bank/statements/{second.id}?status=reversal")
    page = await client.get(f"/bank/lines/{back.id}")
    done = await post(client, f"/bank/lines/{back.id}/act", {"act": "refund"})

    assert "冲正，待处理 1" in listed.text
    assert "登记银行已冲回" in page.text
    assert "已记下" in done.text
    assert await Refund.all().count() == 1


async def test_a_transfer_is_split_in_the_browser(client: httpx.AsyncClient, deps: Deps, owed: Owed) -> None:
    move_clock(deps, LATER)
    first, second = await instalments_of(owed.contract)
    statement = await take_in(icbc(line("100.00", "杂项")), owed.seller)
    [came] = await lines_of(statement)
    await sign_in(client, owed.parties.seller)
    chosen = {"act": "match", "instalment": [str(first.id), str(second.id)]}

    wrong = await post(
        client,
        f"/bank/lines/{came.id}/act",
        {**chosen, f"amount-{first.id}": "40.00", f"amount-{second.id}": "50.00"},
    )
    done = await post(
        client,
        f"/bank/lines/{came.id}/act",
        {**chosen, f"amount-{first.id}": "40.00", f"amount-{second.id}": "60.00"},
    )

    assert (wrong.status_code, "相加应等于" in wrong.text, 'value="50.00"' in wrong.text) == (422, True, True)
    assert "已记下" in done.text
    assert (await BankLine.get(id=came.id)).status is LineStatus.MATCHED
