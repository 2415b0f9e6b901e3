"""Lists of claims: confirmed, published, approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from market.accounts.models import Message, Organisation
from market.budgets.batches import approve_batch, make_batch
from market.budgets.list_confirmation import confirm_batch
from market.budgets.list_publicity import PUBLICITY
from market.budgets.models import Batch
from market.budgets.states import BatchStatus
from market.claims.models import Claim
from market.claims.queries import ClaimFilter, count_by_status, get_claim_at_desk, list_claims
from market.claims.refusals import propose_refusal
from market.claims.states import ClaimStatus
from market.kit.errors import Conflict
from market.kit.pagination import PageRequest
from market.ledger.transfers import available
from market.notices import objections
from market.notices.models import Notice
from market.records.by import By
from market.records.decisions import SamePerson
from tests.claims.factories import (
    LATER,
    WAN,
    Desk,
    make_applicant,
    make_desk,
    make_published,
    make_rechecked,
    status_of,
)
from tests.factories import HOLIDAYS, NOW, make_member
from tests.moments import end_notices
from tests.notices.rulings import rule_on


async def sweep(now: datetime) -> int:
    return sum([await publicity.sweep(now) for publicity in PUBLICITY])


async def shown_status_of(desk: Desk, claim: Claim) -> str:
    return (await get_claim_at_desk(desk.officer, claim.number)).shown_status


async def test_a_short_pot_is_shared_by_largest_remainder_and_never_exceeded() -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claims = [
        await make_rechecked(desk, applicant if n == 0 else None, contract_amount=amount)
        for n, amount in enumerate((100 * WAN, 100 * WAN, 100 * WAN))
    ]

    await make_published(desk, *claims, budget=100 * WAN)

    awards = [(await Claim.get(id=claim.id)).award_amount or 0 for claim in claims]
    assert awards == [33_333_334, 33_333_333, 33_333_333]
    assert (await available("budget:guangxi:2026")).amount == 0


async def test_a_second_list_finds_nothing_left() -> None:
    desk = await make_desk()
    first, second = await make_rechecked(desk), await make_rechecked(desk)
    await make_published(desk, first, budget=60 * WAN)
    late = await make_batch(
        "guangxi", year=2026, claim_numbers=[second.number], title="", by=By(desk.officer, NOW)
    )

    with pytest.raises(Conflict, match="没有余额"):
        await confirm_batch(late.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    assert await status_of(second) is ClaimStatus.RECHECKED


async def test_the_notice_lists_enterprise_contract_clause_rate_and_amount() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_published(desk, claim)

    notice = await Notice.get(subject_kind="batch")
    text = "\n".join(" ".join(pair) for pair in notice.body)

    applicant = await Organisation.get(id=claim.applicant_id)
    for words in (applicant.name, "4526 0103", "￥1,200,000.00", "最高 50%", "比例：50%", "￥600,000.00"):
        assert words in text
    assert notice.days == 7
    assert notice.entries[0][0] == str(claim.id)


async def test_an_objection_stops_only_its_claim() -> None:
    desk = await make_desk()
    stopped, other = await make_rechecked(desk), await make_rechecked(desk)
    number = await make_published(desk, stopped, other)
    notice = await Notice.get(subject_kind="batch")
    objector = await make_member()
    objection = await objections.object_to(
        notice.number, reason="同一项目已获补助", entry_id=stopped.id, by=By(objector, NOW)
    )

    approved = await approve_batch(number, by=By(desk.approver, LATER))
    assert approved == [other.number]
    assert await shown_status_of(desk, stopped) == "objection"
    assert await status_of(stopped) is ClaimStatus.PUBLICITY

    await rule_on(objection.id, is_upheld=False, text="不成立", now=LATER)
    assert await shown_status_of(desk, stopped) == "publicity"
    assert await approve_batch(number, by=By(desk.approver, LATER)) == [stopped.number]


async def test_an_upheld_objection_frees_the_money_for_a_later_list() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_published(desk, claim, budget=100 * WAN)
    notice = await Notice.get(subject_kind="batch")
    objection = await objections.object_to(
        notice.number, reason="关联方", entry_id=claim.id, by=By(await make_member(), NOW)
    )
    await rule_on(objection.id, is_upheld=True, text="成立")

    await sweep(NOW)

    assert await status_of(claim) is ClaimStatus.REJECTED
    assert (await available("budget:guangxi:2026")).amount == 100 * WAN


async def test_nothing_is_approved_before_the_period_is_over() -> None:
    desk = await make_desk()
    number = await make_published(desk, await make_rechecked(desk))

    with pytest.raises(Conflict, match="还没有满"):
        await approve_batch(number, by=By(desk.approver, NOW + timedelta(days=3)))


async def test_who_had_a_hand_in_a_claim_does_not_approve_it() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)

    for person in (desk.officer, desk.rechecker):
        both = replace(person, roles=person.roles | desk.approver.roles)
        with pytest.raises(SamePerson):
            await approve_batch(number, by=By(both, LATER))


async def test_an_objection_is_decided_and_not_refused_away() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_published(desk, claim)
    notice = await Notice.get(subject_kind="batch")
    await objections.object_to(notice.number, reason="关联方", by=By(await make_member(), NOW))

    with pytest.raises(Conflict):
        await propose_refusal(claim.number, clause="rate", reason="无", by=By(desk.officer, LATER))


async def test_a_list_whose_period_is_over_waits_for_the_approver_who_is_told() -> None:
    desk = await make_desk()
    number = await make_published(desk, await make_rechecked(desk))
    await sweep(NOW)
    assert (await Batch.get(number=number)).status is BatchStatus.PUBLICITY

    await end_notices(LATER)
    await sweep(LATER)
    await sweep(LATER)

    assert (await Batch.get(number=number)).status is BatchStatus.CLEARED
    told = await Message.filter(user_id=desk.approver.user_id, text__contains=number)
    assert [message.text for message in told] == [f"批次 {number} 公示期满，可以批准。"]
    await approve_batch(number, by=By(desk.approver, LATER))
    assert (await Batch.get(number=number)).status is BatchStatus.APPROVED


async def test_an_objection_upheld_against_the_whole_list_ends_all_its_claims_and_the_list() -> None:
    desk = await make_desk()
    claims = [await make_rechecked(desk), await make_rechecked(desk)]
    number = await make_published(desk, *claims, budget=120 * WAN)
    notice = await Notice.get(subject_kind="batch")
    objection = await objections.object_to(notice.number, reason="程序", by=By(await make_member(), NOW))
    await rule_on(objection.id, is_upheld=True, text="成立")
    assert [await shown_status_of(desk, claim) for claim in claims] == ["objection_upheld"] * 2

    assert [await sweep(LATER), await sweep(LATER)] == [2, 0]

    assert [await status_of(claim) for claim in claims] == [ClaimStatus.REJECTED, ClaimStatus.REJECTED]
    assert (await available("budget:guangxi:2026")).amount == 120 * WAN
    assert (await Batch.get(number=number)).status is BatchStatus.DONE


async def test_an_upheld_objection_that_the_sweep_has_not_seen_yet_bars_the_approval() -> None:
    desk = await make_desk()
    barred, other = await make_rechecked(desk), await make_rechecked(desk)
    number = await make_published(desk, barred, other)
    notice = await Notice.get(subject_kind="batch")
    objection = await objections.object_to(
        notice.number, reason="关联方", entry_id=barred.id, by=By(await make_member(), NOW)
    )
    await rule_on(objection.id, is_upheld=True, text="成立")

    assert await approve_batch(number, by=By(desk.approver, LATER)) == [other.number]

    await sweep(LATER)
    assert await status_of(barred) is ClaimStatus.REJECTED


async def test_the_queue_shows_and_counts_a_suspended_claim_as_such() -> None:
    desk = await make_desk()
    stopped, other = await make_rechecked(desk), await make_rechecked(desk)
    await make_published(desk, stopped, other)
    notice = await Notice.get(subject_kind="batch")
    await objections.object_to(
        notice.number, reason="关联方", entry_id=stopped.id, by=By(await make_member(), NOW)
    )

    async def listed(status: str) -> list[tuple[str, str]]:
        page, _amount = await list_claims(PageRequest(1, 10), ClaimFilter(status=status))
        return [(claim.number, claim.shown_status) for claim in page.items]

    assert await listed("objection") == [(stopped.number, "objection")]
    assert await listed("publicity") == [(other.number, "publicity")]
    assert await count_by_status(ClaimFilter()) == {"objection": 1, "publicity": 1}
