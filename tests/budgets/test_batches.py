"""Lists of claims: confirmed, published, approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from market.accounts.models import Organisation
from market.budgets.batches import approve_batch, confirm_batch, make_batch
from market.budgets.deadlines import run_due
from market.claims.desk_review import reject
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.kit.errors import Conflict
from market.ledger.services import available
from market.notices import services as notices
from market.notices.models import Notice
from market.records.by import By
from market.records.decisions import SamePerson
from tests.claims.factories import (
    LATER,
    WAN,
    make_applicant,
    make_desk,
    make_published,
    make_rechecked,
    status_of,
)
from tests.factories import HOLIDAYS, NOW, make_member


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
    objection = await notices.object_to(
        notice.number, reason="同一项目已获补助", entry_id=stopped.id, by=By(objector, NOW)
    )

    approved = await approve_batch(number, by=By(desk.approver, LATER))
    assert approved == [other.number]
    assert await status_of(stopped) is ClaimStatus.OBJECTION

    await notices.decide(objection.id, is_upheld=False, text="不成立", by=By(desk.operator, LATER))
    await run_due(LATER)
    assert await approve_batch(number, by=By(desk.approver, LATER)) == [stopped.number]


async def test_an_upheld_objection_frees_the_money_for_a_later_list() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_published(desk, claim, budget=100 * WAN)
    notice = await Notice.get(subject_kind="batch")
    objection = await notices.object_to(
        notice.number, reason="关联方", entry_id=claim.id, by=By(await make_member(), NOW)
    )
    await notices.decide(objection.id, is_upheld=True, text="成立", by=By(desk.operator, NOW))

    await run_due(NOW)

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
    await Claim.filter(id=claim.id).update(status=ClaimStatus.OBJECTION)

    with pytest.raises(Conflict):
        await reject(claim.number, clause="rate", reason="无", by=By(desk.officer, LATER))
