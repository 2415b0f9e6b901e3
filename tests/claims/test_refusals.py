"""A claim is refused by two: the officer proposes, the rechecker decides."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from tortoise.exceptions import OperationalError

from market.accounts.models import Message
from market.claims.applications import withdraw_claim
from market.claims.checks import refusals_are_decided_by_two
from market.claims.desk_review import accept, calculate
from market.claims.models import ClaimRefusal
from market.claims.refusals import decide_refusal, propose_refusal
from market.claims.states import ClaimStatus
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.workflow import ActionNotAllowed
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.claims.factories import make_accepted, make_applicant, make_calculated, make_desk, status_of
from tests.databases import tampered
from tests.factories import NOW
from tests.visitor import post, sign_in


async def test_a_proposed_refusal_stops_the_claim_and_the_applicant_hears_nothing() -> None:
    desk, applicant = await make_desk(), await make_applicant()
    claim = await make_accepted(desk, applicant)
    before = await Message.filter(user_id=applicant.user_id).count()

    await propose_refusal(claim.number, clause="kinds", reason="不属于", by=By(desk.officer, NOW))

    assert await status_of(claim) is ClaimStatus.ACCEPTED
    assert await Message.filter(user_id=applicant.user_id).count() == before
    with pytest.raises(Conflict, match="拟不予支持"):
        await calculate(claim.number, by=By(desk.officer, NOW))
    with pytest.raises(Conflict, match="拟不予支持"):
        await propose_refusal(claim.number, clause="kinds", reason="再次", by=By(desk.officer, NOW))
    with pytest.raises(Forbidden):
        await decide_refusal(claim.number, Verdict.CONFIRMED, by=By(desk.officer, NOW))
    with pytest.raises(Invalid):
        await decide_refusal(claim.number, Verdict.REJECTED, by=By(desk.rechecker, NOW))


async def test_a_refusal_sent_back_lets_the_claim_go_on() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    await propose_refusal(claim.number, clause="kinds", reason="不属于", by=By(desk.officer, NOW))

    await decide_refusal(claim.number, Verdict.REJECTED, reason="合同属于", by=By(desk.rechecker, NOW))
    await calculate(claim.number, by=By(desk.officer, NOW))

    assert await status_of(claim) is ClaimStatus.CALCULATED
    with pytest.raises(NotFound):
        await decide_refusal(claim.number, Verdict.CONFIRMED, by=By(desk.rechecker, NOW))


async def test_one_person_with_both_roles_refuses_nothing_alone() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    both = replace(desk.officer, roles=desk.officer.roles | desk.rechecker.roles)
    await propose_refusal(claim.number, clause="kinds", reason="不属于", by=By(both, NOW))

    with pytest.raises(SamePerson):
        await decide_refusal(claim.number, Verdict.CONFIRMED, by=By(both, NOW))


async def test_the_applicant_may_still_withdraw_and_a_withdrawn_claim_is_not_refused() -> None:
    desk, applicant = await make_desk(), await make_applicant()
    claim = await make_accepted(desk, applicant)
    await propose_refusal(claim.number, clause="kinds", reason="不属于", by=By(desk.officer, NOW))

    await withdraw_claim(claim.number, by=By(applicant, NOW))

    with pytest.raises(ActionNotAllowed):
        await decide_refusal(claim.number, Verdict.CONFIRMED, by=By(desk.rechecker, NOW))
    with pytest.raises(ActionNotAllowed):
        await accept(claim.number, by=By(desk.officer, NOW))


async def test_both_see_the_refusal_and_the_second_person_has_it_on_the_dashboard(
    client: httpx.AsyncClient,
) -> None:
    desk, applicant = await make_desk(), await make_applicant()
    claim = await make_accepted(desk, applicant)
    await sign_in(client, desk.officer)
    page = await post(client, f"/desk/{claim.number}/reject", {"clause": "kinds", "reason": "技术服务合同"})
    await sign_in(client, applicant)
    own = await client.get(f"/claims/{claim.number}")
    await sign_in(client, desk.rechecker)
    board = await client.get("/dashboard")
    decided = await post(client, f"/desk/{claim.number}/refusal", {"act": "confirm"})
    await sign_in(client, applicant)
    told = await client.get(f"/claims/{claim.number}")

    assert "待复核人决定" in page.text
    assert "技术服务合同" not in own.text
    assert "待决定的不予支持" in board.text
    assert "不予支持" in decided.text
    assert "技术服务合同" in told.text
    assert await status_of(claim) is ClaimStatus.REJECTED


async def test_a_refusal_made_or_changed_by_sql_is_found() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    finding = f"申报 {claim.number} 的不予支持不是两人决定的"

    assert await refusals_are_decided_by_two() == []
    async with tampered("UPDATE claims SET status = 'rejected', reject_reason = '不予支持'"):
        assert await refusals_are_decided_by_two() == [finding]
    await propose_refusal(claim.number, clause="kinds", reason="不属于", by=By(desk.officer, NOW))
    await decide_refusal(claim.number, Verdict.CONFIRMED, by=By(desk.rechecker, NOW))
    assert await refusals_are_decided_by_two() == []
    for statement in ("UPDATE claim_refusals SET text = '另一个理由'", "DELETE FROM claim_refusals"):
        async with tampered(statement):
            assert await refusals_are_decided_by_two() == [finding]


async def test_the_database_lets_nobody_decide_on_their_own_refusal() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    await propose_refusal(claim.number, clause="kinds", reason="不属于", by=By(desk.officer, NOW))

    with pytest.raises(OperationalError):
        await ClaimRefusal.all().update(
            decided_by_id=desk.officer.user_id, decided_at=NOW, verdict=Verdict.CONFIRMED
        )
