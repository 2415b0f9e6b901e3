"""Payment instructions: made by one person, released by another, and the same ever after."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta

import httpx
import pytest
from tortoise.exceptions import BaseORMException

from market.budgets.batches import approve_batch
from market.budgets.disbursements import order_payment
from market.budgets.instructions import download_file, reject_instruction, release_instruction
from market.budgets.layout_versions import decide_layout, draft_layout
from market.budgets.models import Disbursement
from market.budgets.payment_files import shipped_layouts
from market.budgets.payment_models import InstructionFile, InstructionLine, PaymentInstruction
from market.budgets.states import DisbursementStatus
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict, Forbidden, Invalid
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.budgets.factories import order_and_release, settle
from tests.claims.factories import LATER, Desk, make_desk, make_published, make_rechecked
from tests.claims.payees import broken_checks, change_account
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in


@cached_stage
async def make_approved(desk: Desk, claims: int = 1) -> str:
    number = await make_published(desk, *[await make_rechecked(desk) for _ in range(claims)])
    await approve_batch(number, by=By(desk.approver, LATER))
    return number


async def test_each_order_run_has_an_instruction_with_its_own_open_orders_and_no_others() -> None:
    desk = await make_desk()
    batch = await make_approved(desk, claims=3)
    first = await order_and_release(batch, desk)
    await settle(first.orders[0], desk)
    await settle(first.orders[1], desk, is_paid=False)

    second = await order_and_release(batch, desk)

    assert first.instruction
    assert second.instruction
    assert (first.instruction.count, second.instruction.count) == (3, 1)
    (line,) = await InstructionLine.filter(instruction_id=second.instruction.id)
    assert line.order_id == second.orders[0].id
    assert second.instruction.total == second.orders[0].amount
    assert await broken_checks() == {}


async def test_before_its_release_nothing_is_downloaded_and_no_result_is_entered() -> None:
    desk = await make_desk()
    batch = await make_approved(desk)
    ordered = await order_payment(batch, by=By(desk.officer, LATER))
    assert ordered.instruction

    with pytest.raises(Conflict, match="还没有放行，不能下载"):
        await download_file(desk.officer, ordered.instruction.number, "treasury", "xlsx")
    with pytest.raises(Conflict, match="还没有放行，不能登记"):
        await settle(ordered.orders[0], desk)
    with pytest.raises(BaseORMException, match="before the release"):
        async with in_transaction():
            await InstructionFile.create(
                instruction_id=ordered.instruction.id,
                layout="x",
                layout_version=0,
                title="x",
                format="csv",
                content=b"x",
                sha256="x",
            )
    assert not await InstructionFile.exists()


@pytest.mark.owner
async def test_who_makes_an_instruction_does_not_release_it() -> None:
    desk = await make_desk()
    batch = await make_approved(desk)
    ordered = await order_payment(batch, by=By(desk.officer, LATER))
    assert ordered.instruction
    number = ordered.instruction.number

    with pytest.raises(Forbidden):
        await release_instruction(number, by=By(desk.officer, LATER))
    await connection().execute_query("SET session_replication_role = replica")
    await PaymentInstruction.filter(number=number).update(proposed_by_id=desk.rechecker.user_id)
    await connection().execute_query("SET session_replication_role = DEFAULT")
    with pytest.raises(SamePerson):
        await release_instruction(number, by=By(desk.rechecker, LATER))


async def test_the_files_are_made_once_and_every_download_has_the_same_bytes(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    result = await order_and_release(await make_approved(desk, claims=2), desk)
    assert result.instruction
    await sign_in(client, desk.officer)

    for name in ("bank_bulk.csv", "bank_bulk.xlsx", "treasury.csv", "treasury.xlsx"):
        address = f"/desk/instructions/{result.instruction.number}/{name}"
        first, again = (await client.get(address)).content, (await client.get(address)).content
        layout, format_ = name.split(".")
        file = await InstructionFile.get(layout=layout, format=format_)
        assert first == again
        assert hashlib.sha256(first).hexdigest() == file.sha256
    page = (await client.get(f"/desk/instructions/{result.instruction.number}")).text
    assert file.sha256 in page
    assert result.instruction.checksum in page


async def test_the_treasury_file_adds_up_and_names_both_persons() -> None:
    desk = await make_desk()
    result = await order_and_release(await make_approved(desk, claims=2), desk)
    file = await InstructionFile.get(layout="treasury", format="csv")

    rows = list(csv.reader(io.StringIO(bytes(file.content).decode("utf-8-sig"))))

    heads = rows[2]
    lines = [dict(zip(heads, row, strict=True)) for row in rows[3:5]]
    assert [line["拨付编号"] for line in lines] == [order.number for order in result.orders]
    assert [line["账号"].strip() for line in lines] == [order.payee_account for order in result.orders]
    assert result.instruction
    total, people, check = rows[5:]
    assert (total[1], float(total[3])) == ("2", result.instruction.total / 100)
    assert total[5] == "壹佰贰拾万元整"
    assert (people[1], people[3]) == (desk.officer.name, desk.rechecker.name)
    assert check[1] == result.instruction.checksum


async def test_a_rejected_instruction_withdraws_its_orders_and_they_are_given_anew() -> None:
    desk = await make_desk()
    batch = await make_approved(desk)
    ordered = await order_payment(batch, by=By(desk.officer, LATER))
    assert ordered.instruction
    with pytest.raises(Invalid):
        await reject_instruction(ordered.instruction.number, reason="", by=By(desk.rechecker, LATER))
    await reject_instruction(ordered.instruction.number, reason="金额有误", by=By(desk.rechecker, LATER))

    again = await order_and_release(batch, desk)
    await settle(again.orders[0], desk)

    statuses = [order.status for order in await Disbursement.all().order_by("number")]
    assert statuses == [DisbursementStatus.WITHDRAWN, DisbursementStatus.PAID]
    with pytest.raises(Conflict):
        await release_instruction(ordered.instruction.number, by=By(desk.rechecker, LATER))
    assert await broken_checks() == {}


@pytest.mark.owner
async def test_an_order_from_before_there_were_instructions_gets_one_with_the_next_order_run() -> None:
    desk = await make_desk()
    batch = await make_approved(desk)
    await order_payment(batch, by=By(desk.officer, LATER))
    await connection().execute_query("SET session_replication_role = replica")
    for statement in (
        "DELETE FROM instruction_lines",
        "DELETE FROM payment_instructions",
        "UPDATE disbursements SET is_taken_over = true",
    ):
        await connection().execute_query(statement)
    await connection().execute_query("SET session_replication_role = DEFAULT")
    order = await Disbursement.get()
    with pytest.raises(Conflict, match="还没有放行"):
        await settle(order, desk)

    again = await order_and_release(batch, desk, at=LATER + timedelta(hours=1))
    await settle(order, desk)

    assert again.orders == []
    assert again.instruction
    assert again.instruction.total == order.amount
    assert await broken_checks() == {}


async def test_an_instruction_whose_payee_has_changed_since_is_not_released() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    ordered = await order_payment(batch, by=By(desk.officer, LATER))
    assert ordered.instruction
    await change_account(claim)

    with pytest.raises(Conflict, match=f"收款账户已变更：{ordered.orders[0].number}"):
        await release_instruction(ordered.instruction.number, by=By(desk.rechecker, LATER))


@pytest.mark.owner
async def test_nothing_of_a_released_instruction_is_edited() -> None:
    desk = await make_desk()
    await order_and_release(await make_approved(desk), desk)

    for statement in (
        "UPDATE payment_instructions SET total = total + 1",
        "DELETE FROM payment_instructions",
        "UPDATE instruction_lines SET payee_account = '6222029999999999999'",
        "DELETE FROM instruction_lines",
        "UPDATE instruction_files SET content = 'x'",
        "DELETE FROM instruction_files",
    ):
        with pytest.raises(BaseORMException, match=r"append-only|violates"):
            async with in_transaction():
                await connection().execute_query(statement)


async def test_a_layout_is_changed_by_two_persons_and_files_made_before_stay(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    batch = await make_approved(desk, claims=2)
    first = await order_and_release(batch, desk)
    before = bytes((await InstructionFile.get(layout="bank_bulk", format="csv")).content)
    layout = shipped_layouts()["bank_bulk"].content()
    layout["columns"] = [["户名", "{payee}"], ["账号", "{account}"], ["金额", "{amount}"]]

    await draft_layout("bank_bulk", layout, by=By(desk.officer, LATER))
    with pytest.raises(Conflict, match="正待确认"):
        await draft_layout("bank_bulk", layout, by=By(desk.officer, LATER))
    with pytest.raises(Forbidden):
        await decide_layout("bank_bulk", Verdict.CONFIRMED, by=By(desk.officer, LATER))
    await sign_in(client, desk.rechecker)
    assert "待确认的修改" in (await client.get("/desk/layouts/bank_bulk")).text
    await post(client, "/desk/layouts/bank_bulk", {"act": "confirm"})
    await settle(first.orders[0], desk, is_paid=False)
    await order_and_release(batch, desk)

    files = await InstructionFile.filter(layout="bank_bulk", format="csv").order_by("layout_version")
    assert [file.layout_version for file in files] == [0, 1]
    assert bytes(files[0].content) == before
    assert bytes(files[1].content).decode("gb18030").startswith('"户名","账号","金额"\r\n')


async def test_a_layout_that_is_wrong_is_shown_with_its_fault_and_kept(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await sign_in(client, desk.officer)
    typed = {"name": "网银批量", "encoding": "gb18030", "columns": "账号={account}\n户名={payees}"}

    answer = await post(client, "/desk/layouts/bank_bulk", typed, follow=False)

    assert answer.status_code == 422
    assert "这里不能用 {payees}" in answer.text
    assert "户名={payees}" in answer.text
