"""A rate that somebody decided on says what it rests on: in the lines, on the notice and in the letter."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from market.audit.models import AuditEvent
from market.claims.claim_page import claim_page
from market.claims.computation import rate_words
from market.claims.desk_review import calculate, recheck
from market.claims.letters import sheet_print
from market.claims.models import Claim
from market.claims.queries import get_claim_at_desk, last_assessment
from market.claims.states import ClaimStatus, RecheckPoint
from market.kit.errors import Invalid
from market.notices.models import Notice
from market.records.by import By
from market.records.models import StatusEvent
from tests.claims.factories import (
    Desk,
    make_accepted,
    make_calculated,
    make_desk,
    make_published,
    make_rechecked,
    status_of,
)
from tests.factories import NOW
from tests.visitor import post, sign_in

DECISION = "桂科函〔2026〕12 号"
BASIS = "核定比例 33.33%（上限 50%），依据：桂科函〔2026〕12 号"


async def make_reduced(desk: Desk) -> Claim:
    claim = await make_accepted(desk)
    await calculate(claim.number, rate_basis_points=3333, decision=DECISION, by=By(desk.officer, NOW))
    return claim


async def test_a_rate_below_the_ceiling_is_not_computed_without_its_decision() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)

    with pytest.raises(Invalid) as refused:
        await calculate(claim.number, rate_basis_points=3333, by=By(desk.officer, NOW))

    assert refused.value.field == "decision"
    assert await status_of(claim) is ClaimStatus.ACCEPTED


async def test_the_ceiling_itself_needs_no_decision() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)

    assessment = await calculate(claim.number, rate_basis_points=5000, by=By(desk.officer, NOW))

    assert assessment.result["given"] == {"rate_basis_points": 5000, "ceiling_basis_points": 5000}
    assert rate_words(assessment.result["given"]) == ""


async def test_the_decision_stands_in_the_line_the_sheet_the_notice_the_history_and_the_log() -> None:
    desk = await make_desk()
    claim = await make_reduced(desk)

    page = await claim_page(desk.officer, await get_claim_at_desk(desk.officer, claim.number), NOW)
    assert page.sheet is not None
    assert any(BASIS in line.note for contract in page.sheet.contracts for line in contract.lines)
    sheet = sheet_print(page)
    assert BASIS in str(sheet["parts"])
    assert "按上限计算" not in sheet["assumptions"]
    assert (await StatusEvent.filter(subject_id=claim.id, action="calculate").get()).note == BASIS
    event = await AuditEvent.get(subject_id=claim.id, action="calculate")
    assert event.data["decision"] == DECISION
    await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    await make_published(desk, claim)
    notice = await Notice.get(subject_kind="batch")
    assert BASIS in str(notice.body)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ""),
        ({"rate_basis_points": 5000}, ""),
        ({"rate_basis_points": 2000, "decision": "甲"}, "核定比例 20%，依据：甲"),
        (
            {
                "rate_basis_points": 4000,
                "ceiling_basis_points": 5000,
                "scores": ["78.00", "80.00"],
                "points": "79.00",
                "bands": [[85, 10_000], [70, 8_000], [60, 6_000]],
            },
            "专家 2 人评分 78.00、80.00，平均 79.00 分；85 分以上按上限的 100%，70 分以上按上限的 80%，"
            "60 分以上按上限的 60%，不足的不予支持；核定比例 40%（上限 50%）",
        ),
    ],
)
def test_a_stored_reason_is_told_in_one_sentence(given: dict[str, Any], words: str) -> None:
    assert rate_words(given) == words


async def test_the_desk_types_the_decision_beside_the_rate(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    await sign_in(client, desk.officer)

    without = await post(client, f"/desk/{claim.number}/calculate", {"rate": "33.33"}, follow=False)
    assert without.status_code == 422
    assert "请填作出核定的文号" in without.text
    data = {"rate": "33.33", "decision": DECISION}
    assert (await post(client, f"/desk/{claim.number}/calculate", data, follow=False)).status_code == 303
    assert BASIS in (await client.get(f"/desk/{claim.number}")).text


async def test_a_recheck_keeps_what_was_compared_and_the_remark(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    await sign_in(client, desk.rechecker)
    ticked = [point.value for point in RecheckPoint]

    some = {"sequence": "1", "compared": ticked[:-1], "remark": "无异议"}
    refused = await post(client, f"/desk/{claim.number}/recheck", some, follow=False)
    assert refused.status_code == 422
    assert "请逐项核对并勾选全部复核要点" in refused.text
    assert "无异议" in refused.text
    done = await post(client, f"/desk/{claim.number}/recheck", some | {"compared": ticked}, follow=False)
    assert done.status_code == 303

    assessment = await last_assessment(claim.id)
    assert assessment is not None
    assert assessment.reason == "无异议"
    event = await AuditEvent.get(subject_id=claim.id, action="recheck")
    assert event.data["compared"] == ticked
    page = (await client.get(f"/desk/{claim.number}")).text
    assert "复核意见：" in page
    assert "已核对：合同、登记证书与系统记录一致、到账凭证、发票与到账金额一致" in page


async def test_a_recheck_without_a_form_claims_to_have_compared_nothing() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)

    assert (await StatusEvent.get(subject_id=claim.id, action="recheck")).note == ""
