"""Why a claim is left off a list, and what the approver remarks, is kept and told."""

from __future__ import annotations

import httpx
import pytest
from tortoise.exceptions import OperationalError

from market.accounts.models import Message
from market.audit.models import AuditEvent
from market.budgets.batches import approve_batch, make_batch, return_batch
from market.budgets.list_confirmation import confirm_batch
from market.budgets.models import Batch, ListRemoval
from market.claims.models import Claim
from market.documents.models import IssuedDocument
from market.documents.states import DocumentKind
from market.kit.database import connection, in_transaction
from market.records.by import By
from tests.budgets.factories import rescind
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
from tests.factories import HOLIDAYS, NOW
from tests.visitor import post, sign_in


async def make_list_without_one(desk: Desk) -> tuple[Batch, Claim, str]:
    """Confirm a list of two claims, one on a rescinded contract; return it, that claim and the reason."""
    applicant = await make_applicant()
    stays, falls = await make_rechecked(desk), await make_rechecked(desk, applicant)
    await make_budget(desk, 1000 * WAN)
    numbers = [stays.number, falls.number]
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=numbers, title="第一批", by=By(desk.officer, NOW)
    )
    await rescind(falls)
    outcome = await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    ((number, reason),) = outcome.left_out
    assert number == falls.number
    return batch, falls, reason


async def test_a_claim_left_off_a_list_has_the_reason_kept_logged_and_told(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    batch, claim, reason = await make_list_without_one(desk)

    removal = await ListRemoval.get(claim_id=claim.id)
    assert (removal.batch_id, removal.reason, removal.removed_by_id) == (
        batch.id,
        reason,
        desk.rechecker.user_id,
    )
    event = await AuditEvent.get(subject_id=claim.id, action="take_off_list")
    assert event.data == {"batch": batch.number, "reason": reason}
    told = await Message.filter(address=f"/claims/{claim.number}", text__contains="未列入本批名单")
    assert [message.text for message in told] == [
        f"补助申报 {claim.number} 未列入本批名单：{reason}。可列入以后的批次。"
    ]
    await sign_in(client, desk.officer)
    assert reason in (await client.get(f"/desk/{claim.number}")).text
    page = (await client.get(f"/desk/batches/{batch.number}")).text
    assert "未列入" in page
    assert reason in page


async def test_the_applicant_sees_why_a_claim_was_left_off(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_rechecked(desk, applicant)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )
    await return_batch(batch.number, reason="预算科目待调整", by=By(desk.rechecker, NOW))

    await sign_in(client, applicant)

    assert "预算科目待调整" in (await client.get(f"/claims/{claim.number}")).text


@pytest.mark.owner
async def test_the_database_refuses_to_edit_or_drop_a_reason() -> None:
    desk = await make_desk()
    await make_list_without_one(desk)

    for statement in ("UPDATE list_removals SET reason = 'x'", "DELETE FROM list_removals"):
        with pytest.raises(OperationalError, match="append-only"):
            async with in_transaction():
                await connection().execute_query(statement)


async def test_the_approvers_remark_stands_on_the_batch_and_on_the_approved_list(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    number = await make_published(desk, await make_rechecked(desk))

    await approve_batch(number, remark="同意，请于月底前拨付。", by=By(desk.approver, LATER))

    batch = await Batch.get(number=number)
    assert batch.reason == "同意，请于月底前拨付。"
    document = await IssuedDocument.get(kind=DocumentKind.LIST)
    assert document.content["facts"][-1][1] == "同意，请于月底前拨付。"
    await sign_in(client, desk.officer)
    assert "同意，请于月底前拨付。" in (await client.get(f"/desk/batches/{number}")).text


async def test_the_approver_types_the_remark_on_the_page(client: httpx.AsyncClient, deps: object) -> None:
    desk = await make_desk()
    number = await make_published(desk, await make_rechecked(desk))
    deps.clock.move(days=10)  # type: ignore[attr-defined]  # the fixed clock of the tests
    await sign_in(client, desk.approver)
    assert 'name="remark"' in (await client.get(f"/desk/batches/{number}")).text

    await post(client, f"/desk/batches/{number}/approve", {"remark": "同意"})

    assert (await Batch.get(number=number)).reason == "同意"
