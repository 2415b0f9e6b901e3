"""A ruling on an objection may lower an award: list, budget, texts and documents follow at once."""

from __future__ import annotations

import httpx
import pytest

from market.budgets.batches import approve_batch, reservation_of
from market.budgets.checks import CHECKS, awards_as_ruled
from market.budgets.list_publicity import PUBLICITY, list_outcome
from market.budgets.models import Batch
from market.claims.checks import CHECKS as CLAIM_CHECKS
from market.claims.claim_page import claim_page
from market.claims.models import Claim, ClaimContract
from market.claims.queries import get_claim_at_desk
from market.claims.states import ClaimStatus
from market.documents.models import IssuedDocument
from market.documents.sentences import fill
from market.documents.states import DocumentKind
from market.kit.errors import Conflict, Invalid
from market.ledger.transfers import available
from market.notices import objections
from market.notices.checks import objections_are_decided_by_two
from market.notices.models import Notice, Objection
from market.notices.queries import get_notice
from market.notices.rulings import decide_ruling, propose_ruling
from market.notices.states import NoticeStatus, ObjectionStatus
from market.notices.texts import print_of
from market.records.by import By
from market.records.decisions import Verdict
from tests.claims.factories import LATER, WAN, Desk, make_desk, make_published, make_rechecked
from tests.databases import past_guards, tampered
from tests.factories import NOW, make_member
from tests.moments import end_notices
from tests.notices.rulings import rule_on
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in

BUDGET = "budget:guangxi:2026"


@cached_stage
async def make_objected(budget: int = 100 * WAN) -> tuple[Desk, str, list[Claim], Objection]:
    """Publish claims of 600,000 and 250,000, and object to the first."""
    desk = await make_desk()
    claims = [
        await make_rechecked(desk, contract_amount=120 * WAN),
        await make_rechecked(desk, contract_amount=50 * WAN, trade_amount=50 * WAN),
    ]
    number = await make_published(desk, *claims, budget=budget)
    notice = await Notice.get(subject_kind="batch")
    objection = await objections.object_to(
        notice.number, reason="部分发票不属于本成果", entry_id=claims[0].id, by=By(await make_member(), NOW)
    )
    return desk, number, claims, objection


async def sweep() -> None:
    await end_notices(LATER)
    for publicity in PUBLICITY:
        await publicity.sweep(LATER)


async def findings() -> list[str]:
    checks = [*CHECKS.values(), *CLAIM_CHECKS.values()]
    found = [line for invariant in checks for line in await invariant.check()]
    return [*found, *await objections_are_decided_by_two()]


async def test_a_lowered_award_is_followed_by_list_budget_notice_and_claim_at_once(
    client: httpx.AsyncClient,
) -> None:
    desk, number, claims, objection = await make_objected()
    assert (await available(BUDGET)).amount == 15 * WAN

    await rule_on(objection.id, is_upheld=True, corrected=45 * WAN, text="剔除三张发票", now=NOW)

    claim = await get_claim_at_desk(desk.officer, claims[0].number)
    assert claim.award_amount == 45 * WAN
    assert sum(row.award_amount or 0 for row in await ClaimContract.filter(claim_id=claim.id)) == 45 * WAN
    assert (await available(BUDGET)).amount == 30 * WAN
    assert (await reservation_of(claim)).amount == 45 * WAN
    assert (await Objection.get(id=objection.id)).status is ObjectionStatus.CORRECTED
    assert (await Notice.get(subject_kind="batch")).status is NoticeStatus.OPEN
    page = await claim_page(desk.officer, claim, NOW)
    assert claim.shown_status == "publicity"
    assert page.next_step.startswith("公示至 ")
    assert not page.is_scaled
    words = "异议部分成立，补助由 ￥600,000.00 更正为 ￥450,000.00：剔除三张发票"
    notice = await get_notice((await Notice.get(subject_kind="batch")).number)
    assert await list_outcome(notice) == [
        [dict(notice.entries)[str(claim.id)], words],
        ["更正后拟支持", "2 项，合计 ￥700,000.00"],
    ]
    public = (await client.get(f"/notices/{notice.number}")).text
    assert words in public
    await sign_in(client, desk.approver)
    for address in (f"/desk/batches/{number}", "/desk/batches"):
        listed = (await client.get(address)).text
        assert "700,000.00" in listed
        assert "850,000.00" not in listed
    for address in (f"/desk/{claim.number}", f"/desk/{claim.number}/sheet"):
        assert "公示为 ￥600,000.00，按异议裁定更正为 ￥450,000.00" in (await client.get(address)).text
    assert await findings() == []


async def test_the_letter_of_the_correction_and_what_is_approved_say_the_lowered_amount() -> None:
    desk, number, claims, objection = await make_objected()
    await rule_on(objection.id, is_upheld=True, corrected=45 * WAN, text="剔除三张发票", now=NOW)
    claim = await Claim.get(id=claims[0].id).select_related("programme")
    notice = await Notice.get(subject_kind="batch")

    letter = fill((await IssuedDocument.get(kind=DocumentKind.CORRECTION)).content)
    corrected = "公示期间的异议经裁定部分成立，补助由 ￥600,000.00 更正为 ￥450,000.00。理由：剔除三张发票"
    assert letter["title"] == "补助金额更正通知书"
    assert letter["paragraphs"] == [
        f"你单位 2026 年度“{claim.programme.name}”的申报（{claim.number}）"
        f"列入的公示 {notice.number} 收到异议。",
        corrected,
        "更正后的补助为 ￥450,000.00（肆拾伍万元整）。公示继续，期满后按更正后的金额报批。",
    ]
    assert letter["after"] == ["批准以后发给补助决定书；对决定有异议的，可以按决定书写明的办法申请复查。"]
    await sweep()
    shown = await get_notice(notice.number)
    assert str(shown.shown_status.label) == "公示期满，异议部分成立的已更正"
    assert print_of(shown)["objections"][0][1] == "异议部分成立，金额已更正"
    assert sorted(await approve_batch(number, by=By(desk.approver, LATER))) == [c.number for c in claims]
    approved = (await IssuedDocument.get(kind=DocumentKind.LIST)).content
    assert approved["total"] == "￥700,000.00"
    decision = await IssuedDocument.get(kind=DocumentKind.DECISION, subject_id=claim.id)
    assert fill(decision.content)["paragraphs"] == [
        f"你单位 2026 年度“{claim.programme.name}”的申报（{claim.number}），经核算、复核、公示，"
        "决定给予补助 ￥450,000.00（肆拾伍万元整）。",
        corrected,
    ]
    sheet = (await IssuedDocument.get(kind=DocumentKind.SHEET, subject_id=claim.id)).content
    assert (sheet["total_label"], sheet["total"]) == ("按异议裁定更正后补助", "￥450,000.00")
    assert sheet["note"] == corrected
    assert await findings() == []


async def test_a_correction_of_a_scaled_award_is_told_apart_from_the_scaling() -> None:
    desk, number, claims, objection = await make_objected(budget=42 * WAN + 50_0000)
    listed = (await Claim.get(id=claims[0].id)).award_amount
    assert listed == 30 * WAN
    await rule_on(objection.id, is_upheld=True, corrected=20 * WAN, text="剔除", now=NOW)
    await sweep()
    await approve_batch(number, by=By(desk.approver, LATER))

    decision = await IssuedDocument.get(kind=DocumentKind.DECISION, subject_id=claims[0].id)

    paragraphs = fill(decision.content)["paragraphs"]
    assert paragraphs[-2].endswith("余数分配 0 分，补助 ￥300,000.00。")
    assert paragraphs[-1].startswith(
        "公示期间的异议经裁定部分成立，补助由 ￥300,000.00 更正为 ￥200,000.00。"
    )
    assert await findings() == []


async def test_a_corrected_award_can_be_objected_to_again_and_ended() -> None:
    _desk, number, claims, objection = await make_objected()
    await rule_on(objection.id, is_upheld=True, corrected=45 * WAN, text="剔除", now=NOW)
    notice = await Notice.get(subject_kind="batch")
    again = await objections.object_to(
        notice.number, reason="关联方", entry_id=claims[0].id, by=By(await make_member(), NOW)
    )
    await rule_on(again.id, is_upheld=True, text="属实", now=NOW)
    await sweep()

    assert (await Claim.get(id=claims[0].id)).status is ClaimStatus.REJECTED
    assert (await available(BUDGET)).amount == 75 * WAN
    shown = await get_notice(notice.number)
    assert str(shown.shown_status.label) == "公示期满，异议成立的已移出或更正"
    assert await list_outcome(shown) == [
        [dict(notice.entries)[str(claims[0].id)], "异议成立，已移出"],
        ["移出后拟支持", "1 项，合计 ￥250,000.00"],
    ]
    assert await findings() == []
    assert await Batch.exists(number=number)


@pytest.mark.parametrize("amount", [0, 60 * WAN, 61 * WAN])
async def test_a_correction_lowers_and_leaves_something(amount: int) -> None:
    desk, _number, _claims, objection = await make_objected()
    with pytest.raises(Invalid) as refusal:
        await propose_ruling(
            objection.id, is_upheld=True, corrected_amount=amount, text="x", by=By(desk.operator, NOW)
        )
    assert refusal.value.field == "amount"


async def test_nothing_is_corrected_of_the_whole_list_nor_of_an_amount_that_moved() -> None:
    desk, _number, claims, objection = await make_objected()
    notice = await Notice.get(subject_kind="batch")
    whole = await objections.object_to(notice.number, reason="程序", by=By(await make_member(), NOW))
    with pytest.raises(Invalid):
        await propose_ruling(
            whole.id, is_upheld=True, corrected_amount=WAN, text="x", by=By(desk.operator, NOW)
        )
    other = await objections.object_to(
        notice.number, reason="另一项", entry_id=claims[0].id, by=By(await make_member(), NOW)
    )
    for row, amount in ((objection, 45 * WAN), (other, 50 * WAN)):
        await propose_ruling(
            row.id, is_upheld=True, corrected_amount=amount, text="x", by=By(desk.operator, NOW)
        )
    await decide_ruling(objection.id, Verdict.CONFIRMED, by=By(desk.approver, NOW))
    with pytest.raises(Conflict):
        await decide_ruling(other.id, Verdict.CONFIRMED, by=By(desk.approver, NOW))
    assert (await Claim.get(id=claims[0].id)).award_amount == 45 * WAN


async def test_the_operator_proposes_a_correction_in_the_form(client: httpx.AsyncClient) -> None:
    desk, _number, claims, objection = await make_objected()
    await sign_in(client, desk.operator)
    address = f"/objections/{objection.id}/decide"
    assert "应低于公示的 ￥600,000.00" in (await client.get(address)).text
    nothing = await post(client, address, {"outcome": "corrected", "text": "剔除"})
    assert nothing.status_code == 422
    too_much = await post(client, address, {"outcome": "corrected", "amount": "600001", "text": "剔除"})
    assert too_much.status_code == 422
    assert "低于公示的 ￥600,000.00" in too_much.text
    await post(client, address, {"outcome": "corrected", "amount": "450000", "text": "剔除"})
    await sign_in(client, desk.approver)
    assert "补助由 ￥600,000.00 更正为 ￥450,000.00" in (await client.get(address)).text
    await post(client, address, {"act": "confirm"})

    assert (await Claim.get(id=claims[0].id)).award_amount == 45 * WAN


async def test_a_correction_changed_by_sql_is_found() -> None:
    _desk, _number, _claims, objection = await make_objected()
    await rule_on(objection.id, is_upheld=True, corrected=45 * WAN, text="剔除", now=NOW)
    assert await findings() == []

    async with tampered("UPDATE claims SET award_amount = 50000000"):
        await past_guards("UPDATE claim_contracts SET award_amount = 50000000")
        assert await findings()
        assert await awards_as_ruled()
    async with tampered("UPDATE objection_rulings SET corrected_amount = 44000000"):
        assert await findings()
        assert await awards_as_ruled()
    async with tampered("UPDATE objections SET status = 'dismissed'"):
        assert await findings()
        assert await awards_as_ruled() == []
