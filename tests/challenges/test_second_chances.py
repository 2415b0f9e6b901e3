"""What follows where somebody is missing: a second person, the chosen solver, the owner's answer."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from market.accounts.models import Membership, Message
from market.challenges import agreeing, choosing, milestones, result_notices
from market.challenges.award_deals import follow_deals
from market.challenges.milestone_answers import ANSWER_DUE, ANSWER_LATE
from market.challenges.milestones import Reached
from market.challenges.selection_models import MilestoneReport
from market.challenges.selection_states import AwardStatus
from market.challenges.states import ChallengeStatus
from market.codes.lists import END_REASONS
from market.contracts.models import Receipt
from market.deals.termination import terminate
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.challenges.public_factories import make_dealt
from tests.challenges.selection_factories import (
    JUDGED,
    agree_all,
    choices_of,
    choose,
    make_reviewing,
    set_clock,
    sign,
)
from tests.databases import tampered
from tests.factories import HOLIDAYS
from tests.invariants import broken
from tests.moments import end_notices, run_acts
from tests.visitor import post, sign_in


async def test_of_an_owner_with_one_person_the_operator_decides_as_the_second(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_reviewing()
    await Membership.filter(user_id=stage.second.user_id).update(ended_at=JUDGED)
    set_clock(deps, JUDGED)
    selection = await choosing.propose_selection(
        stage.number, await choices_of(stage, 1), by=By(stage.owner, JUDGED)
    )
    with pytest.raises(SamePerson):
        await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.owner, JUDGED))
    with pytest.raises(Forbidden):
        await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.approver, JUDGED))
    assert await Message.filter(user_id=stage.operator.user_id, text__contains="入选名单待决定").exists()
    await sign_in(client, stage.operator)
    assert "入选名单待决定" in (await client.get("/dashboard", follow_redirects=True)).text
    page = f"/challenges/{stage.number}/selection"
    assert "决定入选名单" in (await client.get(page)).text
    assert "已确定入选" in (await post(client, f"{page}/{selection.id}", {"verdict": "confirmed"})).text
    await selection.refresh_from_db()
    assert selection.decided_by_id == stage.operator.user_id
    assert await broken("challenges:", "records:") == {}


async def test_where_the_chosen_of_a_public_list_withdraws_the_next_steps_in_and_is_published() -> None:
    stage = await make_dealt()
    (first,) = await stage.awards()
    assert first.deal is not None
    solver = stage.solver_of(first)
    reason = next(iter(END_REASONS))
    await terminate(first.deal.number, reason, "人手已转到另一个项目上。", by=By(solver, JUDGED))
    assert await follow_deals(JUDGED) == 1
    by = By(stage.operator, JUDGED)
    late = By(stage.operator, JUDGED + timedelta(days=90))
    with pytest.raises(Conflict, match="90 天"):
        await choosing.propose_promotion(stage.number, first.id, by=late)
    async with tampered("UPDATE selection_rows SET points = '59' WHERE NOT is_chosen"):
        with pytest.raises(Conflict, match="低于 60 分"):
            await choosing.propose_promotion(stage.number, first.id, by=by)
    last = By(stage.operator, late.now - timedelta(milliseconds=1))
    selection = await choosing.propose_promotion(stage.number, first.id, by=last)
    await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.approver, last.now))
    _first, second = await stage.awards()
    assert (second.rank, second.status) == (2, AwardStatus.PROPOSED)
    for actor in (stage.owner, stage.solver_of(second)):
        await agreeing.consent(stage.number, second.id, second.plan_hash, by=By(actor, last.now))
    assert (await stage.reload()).status is ChallengeStatus.AGREED, "its result is published first"
    notice = await result_notices.publish_result(stage.number, calendar=HOLIDAYS, by=last)
    named = [line[1] for line in notice.body if line[0].startswith("拟揭榜单位")]
    assert named == [second.solution.organisation.name]
    assert notice.ends_at is not None
    await end_notices(notice.ends_at)
    await result_notices.PUBLICITY.sweep(notice.ends_at)
    assert (await stage.reload()).status is ChallengeStatus.CONTRACTED
    _first, second = await stage.awards()
    assert second.deal is not None
    assert second.deal.seller_id == second.solution.organisation_id
    assert await broken("challenges:", "records:", "deals:") == {}


async def test_an_owner_who_does_not_answer_a_milestone_is_reminded_then_the_operator_told_and_nothing_paid(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_reviewing()
    await choose(stage, 1)
    (award,) = await agree_all(stage)
    contract = await sign(stage, award)
    solver = stage.solver_of(award)
    text = "小试三组试样失重率均低于指标。"

    async def hand_in() -> MilestoneReport:
        by = By(solver, JUDGED)
        return await milestones.report(stage.number, award.id, text, [Reached(2, "7.5")], None, by=by)

    row = await hand_in()
    assert row.answer_by is not None
    assert row.late_from is not None
    assert [day.isoformat()[:10] for day in (row.answer_by, row.late_from)] == ["2026-05-18", "2026-05-25"]
    moment = timedelta(milliseconds=1)
    assert not await run_acts(row.answer_by - moment, ANSWER_DUE, ANSWER_LATE)
    set_clock(deps, row.answer_by)
    assert await run_acts(row.answer_by, ANSWER_DUE, ANSWER_LATE) == 1
    words = "10 个工作日，请验收"
    assert await Message.filter(user_id=stage.owner.user_id, text__contains=words).count() == 1
    page = f"/challenges/{stage.number}/awards/{award.id}"
    await sign_in(client, stage.operator)
    assert "阶段成果逾期未验收" not in (await client.get("/dashboard", follow_redirects=True)).text
    set_clock(deps, row.late_from)
    assert await run_acts(row.late_from, ANSWER_DUE, ANSWER_LATE) == 1
    assert not await run_acts(row.late_from, ANSWER_DUE, ANSWER_LATE)
    assert "阶段成果逾期未验收" in (await client.get("/dashboard", follow_redirects=True)).text
    assert "不自动验收或付款" in (await client.get(page)).text
    assert await Message.filter(user_id=solver.user_id, text__contains="已转平台").exists()
    await row.refresh_from_db()
    assert row.verdict is None
    assert not await Receipt.filter(contract_id=contract.id).exists()

    await milestones.review(
        stage.number, row.id, Verdict.REJECTED, reason="失重率没有达到", by=By(stage.owner, row.late_from)
    )
    assert "阶段成果逾期未验收" not in (await client.get("/dashboard", follow_redirects=True)).text
    again = await hand_in()
    await milestones.review(stage.number, again.id, Verdict.CONFIRMED, by=By(stage.owner, JUDGED))
    assert not await run_acts(row.late_from, ANSWER_DUE, ANSWER_LATE)
    assert await broken("challenges:", "records:") == {}
