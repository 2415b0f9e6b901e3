"""Who is barred from what, when, and what is kept of each question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tortoise.exceptions import OperationalError

from market.accounts.models import Organisation, StaffRole
from market.budgets.batches import approve_batch, make_batch
from market.budgets.disbursements import order_payment
from market.budgets.list_confirmation import confirm_batch
from market.claims.applications import submit_claim
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.integrity import sanction_acts
from market.integrity.checks import sanctions_are_decided_by_two
from market.integrity.models import IntegrityCheck, Sanction, SanctionDecision, SanctionGrade, Scope
from market.integrity.sanction_acts import Barred
from market.integrity.sanction_decisions import decide_ruling, propose_ruling
from market.integrity.states import SanctionRuling, SanctionStatus
from market.kit.database import connection
from market.kit.errors import Conflict, Forbidden, Invalid
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.claims.factories import (
    WAN,
    make_budget,
    make_desk,
    make_draft,
    make_published,
    make_rechecked,
)
from tests.factories import HOLIDAYS, NOW, make_member, make_staff, make_uscc
from tests.integrity.sanctions import decide_sanction
from tests.moments import run_acts
from tests.visitor import post, sign_in

LATER = NOW + timedelta(days=10)


async def file_one(uscc: str, **fields: Any) -> Sanction:
    operator = await make_staff(StaffRole.OPERATOR)
    defaults: dict[str, Any] = {
        "name": "某某公司",
        "grade": SanctionGrade.SERIOUS,
        "scopes": [Scope.SUBSIDY],
        "decision_number": "桂科监〔2026〕3号",
        "source": "自治区科技厅",
        "basis": "虚报技术交易额",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2028, 12, 31),
    }
    return await sanction_acts.file_sanction(uscc=uscc, by=By(operator, NOW), **(defaults | fields))


async def confirm(sanction: Sanction) -> Sanction:
    operator = await make_staff(StaffRole.OPERATOR)
    await sanction_acts.hear_sanction(sanction.id, by=By(operator, NOW))
    return await decide_sanction(sanction.id, SanctionRuling.CONFIRM)


async def is_clear(uscc: str, scope: Scope = Scope.SUBSIDY, now: Any = NOW) -> bool:
    answer = await sanction_acts.check(
        uscc, scope, occasion="submission", reference_kind="claim", reference_id=UUID0, now=now
    )
    return answer.is_clear


UUID0 = UUID(int=1)


async def test_a_record_binds_nobody_before_it_is_confirmed() -> None:
    filed = await file_one(make_uscc(8001))
    assert await is_clear(make_uscc(8001))

    confirmed = await confirm(filed)

    assert confirmed.status is SanctionStatus.ACTIVE
    assert not await is_clear(make_uscc(8001))
    assert await is_clear(make_uscc(8001), Scope.BROKERAGE)
    assert await is_clear(make_uscc(8002))


async def test_a_record_is_confirmed_only_after_its_subject_was_heard() -> None:
    filed = await file_one(make_uscc(8003))
    operator = await make_staff(StaffRole.OPERATOR)

    with pytest.raises(Conflict):
        await propose_ruling(filed.id, SanctionRuling.CONFIRM, by=By(operator, NOW))


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_bound"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), True),
        (date(2026, 3, 3), None, False),
        (date(2025, 1, 1), date(2026, 3, 1), False),
        (date(2025, 1, 1), None, True),
    ],
)
async def test_both_ends_of_the_term_count(starts_on: date, ends_on: date | None, is_bound: bool) -> None:
    uscc = make_uscc(8004)
    await confirm(await file_one(uscc, starts_on=starts_on, ends_on=ends_on))

    assert await is_clear(uscc) is not is_bound


async def test_time_begins_and_ends_records() -> None:
    coming = await confirm(await file_one(make_uscc(8005), starts_on=date(2026, 3, 10), ends_on=None))
    ending = await confirm(await file_one(make_uscc(8006), ends_on=date(2026, 3, 5)))
    assert coming.status is SanctionStatus.CONFIRMED

    assert await run_acts(LATER, sanction_acts.TERM) == 2
    assert await run_acts(LATER, sanction_acts.TERM) == 0

    assert (await Sanction.get(id=coming.id)).status is SanctionStatus.ACTIVE
    assert (await Sanction.get(id=ending.id)).status is SanctionStatus.EXPIRED


async def test_a_repaired_record_binds_no_longer() -> None:
    active = await confirm(await file_one(make_uscc(8007)))

    await decide_sanction(active.id, SanctionRuling.REPAIR, text="已整改")

    assert await is_clear(make_uscc(8007))


async def test_a_barred_applicant_is_told_which_record_and_how_to_appeal(client: httpx.AsyncClient) -> None:
    applicant, claim = await make_draft()
    organisation = await Organisation.get(id=applicant.organisation_id)
    await confirm(await file_one(str(organisation.uscc)))

    with pytest.raises(Barred, match=r"桂科监〔2026〕3号.*申诉"):
        await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))

    assert (await Claim.get(id=claim.id)).status is ClaimStatus.DRAFT
    kept = await IntegrityCheck.get(reference_id=claim.id)
    assert not kept.is_clear
    await sign_in(client, applicant)
    page = await client.get(f"/claims/{claim.number}")
    assert "桂科监〔2026〕3号" in page.text
    assert "怎样申诉" in page.text


async def test_a_claim_barred_at_the_list_is_left_out_and_the_others_go_on() -> None:
    desk = await make_desk()
    barred, other = await make_rechecked(desk), await make_rechecked(desk)
    await make_budget(desk, 1000 * WAN)
    organisation = await Organisation.get(id=barred.applicant_id)
    await confirm(await file_one(str(organisation.uscc)))
    batch = await make_batch(
        "guangxi",
        year=2026,
        claim_numbers=[barred.number, other.number],
        title="",
        by=By(desk.officer, NOW),
    )

    done = await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    assert done.left_out == [(barred.number, "诚信记录 桂科监〔2026〕3号")]
    assert (await Claim.get(id=barred.id)).status is ClaimStatus.RECHECKED
    assert (await Claim.get(id=barred.id)).batch_id is None
    assert (await Claim.get(id=other.id)).status is ClaimStatus.PUBLICITY


async def test_a_claim_barred_at_payment_is_held_back() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    await approve_batch(number, by=By(desk.approver, LATER))
    organisation = await Organisation.get(id=claim.applicant_id)
    await confirm(await file_one(str(organisation.uscc)))

    done = await order_payment(number, by=By(desk.officer, LATER))

    assert done.orders == []
    assert done.held == [(claim.number, "诚信记录 桂科监〔2026〕3号")]
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.APPROVED


async def test_only_the_operator_files_records() -> None:
    with pytest.raises(Forbidden):
        await sanction_acts.file_sanction(
            uscc=make_uscc(8008),
            name="甲",
            grade=SanctionGrade.GENERAL,
            scopes=[Scope.SUBSIDY],
            decision_number="1",
            source="1",
            basis="1",
            starts_on=date(2026, 1, 1),
            ends_on=None,
            by=By(await make_member(), NOW),
        )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"uscc": "914501000000000270"[::-1]}, "uscc"),
        ({"scopes": []}, "scopes"),
        ({"ends_on": date(2025, 1, 1)}, "ends_on"),
    ],
)
async def test_what_is_filed_must_make_sense(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await file_one(**({"uscc": make_uscc(8009)} | fields))

    assert refused.value.field == field


async def test_the_operator_files_and_hears_and_the_approver_confirms(client: httpx.AsyncClient) -> None:
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    await sign_in(client, operator)
    form = {
        "uscc": make_uscc(8010),
        "name": "某某公司",
        "grade": "serious",
        "scopes": "subsidy",
        "starts_on": "2026-01-01",
        "decision_number": "桂科监〔2026〕9号",
        "source": "自治区科技厅",
        "basis": "重复申报",
    }

    wrong = await post(client, "/backoffice/sanctions", form | {"uscc": "123"})
    assert wrong.status_code == 422
    assert "校验位不符" in wrong.text
    assert "重复申报" in wrong.text
    page = await post(client, "/backoffice/sanctions", form)
    assert "桂科监〔2026〕9号" in page.text
    filed = await Sanction.get(decision_number="桂科监〔2026〕9号")
    for act in ("hear", "confirm"):
        answer = await post(client, "/backoffice/sanctions", {"sanction": str(filed.id), "act": act})
        assert answer.status_code == 200
    assert "待批准人决定" in answer.text
    assert (await Sanction.get(id=filed.id)).status is SanctionStatus.HEARD
    agreed = {"decision": str((await SanctionDecision.get()).id), "act": "agree"}
    assert (await post(client, "/backoffice/sanctions", agreed, follow=False)).status_code == 403
    await sign_in(client, approver)
    assert "待决定的诚信记录" in (await client.get("/dashboard")).text
    assert (await post(client, "/backoffice/sanctions", agreed)).status_code == 200
    assert (await Sanction.get(id=filed.id)).status is SanctionStatus.ACTIVE
    await sign_in(client, operator)
    nonsense = await post(client, "/backoffice/sanctions", {"sanction": "x", "act": "burn"})
    assert nonsense.status_code == 404


async def test_what_the_approver_rejects_changes_nothing_and_may_be_proposed_again() -> None:
    active = await confirm(await file_one(make_uscc(8011)))
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    with pytest.raises(Invalid):
        await propose_ruling(active.id, SanctionRuling.REPAIR, by=By(operator, NOW))
    first = await propose_ruling(active.id, SanctionRuling.REPAIR, text="已整改", by=By(operator, NOW))
    with pytest.raises(Conflict):
        await propose_ruling(active.id, SanctionRuling.REPAIR, text="再次", by=By(operator, NOW))
    with pytest.raises(Invalid):
        await decide_ruling(first.id, Verdict.REJECTED, by=By(approver, NOW))

    await decide_ruling(first.id, Verdict.REJECTED, reason="未见整改报告", by=By(approver, NOW))

    assert not await is_clear(make_uscc(8011))
    await decide_sanction(active.id, SanctionRuling.REPAIR, text="整改报告已交")
    assert await is_clear(make_uscc(8011))


async def test_one_person_with_both_roles_decides_no_sanction_alone() -> None:
    filed = await file_one(make_uscc(8012))
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    both = replace(operator, roles=operator.roles | approver.roles)
    await sanction_acts.hear_sanction(filed.id, by=By(both, NOW))
    decision = await propose_ruling(filed.id, SanctionRuling.CONFIRM, by=By(both, NOW))

    with pytest.raises(SamePerson):
        await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(both, NOW))


async def test_a_sanction_that_was_lifted_by_sql_is_found() -> None:
    await confirm(await file_one(make_uscc(8013)))
    assert await sanctions_are_decided_by_two() == []

    await connection().execute_query("UPDATE sanctions SET status = 'repaired', repair_reason = '已整改'")

    assert await sanctions_are_decided_by_two() == ["失信记录 桂科监〔2026〕3号 不是两人决定的"]


async def test_the_database_refuses_to_edit_a_decision() -> None:
    await confirm(await file_one(make_uscc(8014)))

    with pytest.raises(OperationalError, match="append-only"):
        await connection().execute_query("UPDATE sanction_decisions SET ruling = 'repair'")
