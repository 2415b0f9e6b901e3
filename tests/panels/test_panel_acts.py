"""Experts decide together: late ones are reminded and replaced, a crossed band is looked at once more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.models import Message
from market.claims.computation import rate_words
from market.claims.desk_review import calculate
from market.claims.expert_panel import (
    conclude_panel,
    extend_reviews,
    open_second_round,
    verdict_for,
)
from market.kit.database import connection
from market.kit.errors import Conflict, Forbidden, Invalid
from market.panels.checks import conclusions_are_logged, scores_are_logged
from market.panels.expert_reviews import DUE as DUE_ACT
from market.panels.models import ExpertReview, Panel
from market.programmes.rule_files import find_terms
from market.records.by import By
from tests.claims.factories import make_accepted, make_desk
from tests.databases import past_guards
from tests.factories import NOW, make_membership
from tests.moments import run_acts
from tests.panels.factories import (
    DUE,
    assign,
    even,
    make_concluded,
    make_experts,
    score_all,
)
from tests.visitor import post, sign_in

LATE = NOW + timedelta(days=8)


async def test_a_late_expert_is_reminded_and_officer_and_operator_are_told_once() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = await make_experts()
    reviews = await assign(desk, claim, experts)
    await score_all(reviews[:2], experts[:2], [even(80)] * 2)
    before = {
        person.user_id: await Message.filter(user_id=person.user_id).count()
        for person in (experts[0], experts[2], desk.officer, desk.operator)
    }

    await run_acts(LATE, DUE_ACT)
    await run_acts(LATE + timedelta(days=1), DUE_ACT)

    assert (await ExpertReview.get(id=reviews[2].id)).overdue_at == LATE
    after = {user_id: await Message.filter(user_id=user_id).count() for user_id in before}
    assert [after[user_id] - count for user_id, count in before.items()] == [0, 1, 1, 1]


async def test_the_deadline_is_extended_once() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    await assign(desk, claim, await make_experts())
    by = By(desk.operator, NOW)
    with pytest.raises(Invalid):
        await extend_reviews(claim.number, DUE, by=by)

    await extend_reviews(claim.number, DUE + timedelta(days=5), by=by)

    assert {review.due_on for review in await ExpertReview.all()} == {DUE + timedelta(days=5)}
    assert await run_acts(LATE, DUE_ACT) == 0
    with pytest.raises(Conflict, match="只能延长一次"):
        await extend_reviews(claim.number, DUE + timedelta(days=9), by=by)


async def test_a_crossed_band_asks_for_two_more_experts_once_and_then_the_mean_stands_flagged() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = await make_experts(5)
    await score_all(await assign(desk, claim, experts[:3]), experts[:3], [even(90), even(80), even(75)])
    with pytest.raises(Conflict, match="跨档"):
        await conclude_panel(claim.number, reason="平均", by=By(desk.rechecker, NOW))

    await score_all(await assign(desk, claim, experts[3:]), experts[3:], [even(60), even(80)])
    verdict = await verdict_for(claim.id, find_terms("guangxi")[0])
    panel = await conclude_panel(claim.number, reason="多数在同一档", by=By(desk.rechecker, NOW))
    assessment = await calculate(claim.number, by=By(desk.officer, NOW))

    assert (panel.is_flagged, panel.points, panel.rate_basis_points) == (True, "77", 4000)
    assert verdict.shown_range == "73.75–81.25"
    given: Any = assessment.result["given"]
    assert "评分跨档" in rate_words(given)


async def test_a_second_round_lets_the_same_experts_score_again_once() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = await make_experts()
    reviews = await assign(desk, claim, experts)
    later = DUE + timedelta(days=7)
    with pytest.raises(Conflict):
        await open_second_round(claim.number, later, by=By(desk.operator, NOW))
    await score_all(reviews, experts, [even(90), even(80), even(75)])

    await open_second_round(claim.number, later, by=By(desk.operator, NOW))
    await score_all(reviews, experts, [even(84), even(80), even(76)])

    first = await ExpertReview.get(id=reviews[0].id)
    assert first.earlier is not None
    assert (first.earlier["novelty"], first.novelty) == (90, 84)
    with pytest.raises(Conflict):
        await open_second_round(claim.number, later, by=By(desk.operator, NOW))
    panel = await conclude_panel(claim.number, reason="同一档", by=By(desk.rechecker, NOW))
    assert (panel.is_flagged, panel.points) == (False, "80")


async def test_the_rechecker_concludes_with_a_reason_and_nobody_with_a_common_past() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = await make_experts()
    await score_all(await assign(desk, claim, experts), experts, [even(80)] * 3)
    with pytest.raises(Forbidden):
        await conclude_panel(claim.number, reason="一致", by=By(desk.officer, NOW))
    with pytest.raises(Invalid):
        await conclude_panel(claim.number, reason="", by=By(desk.rechecker, NOW))
    await claim.fetch_related("applicant")
    left_at = NOW - timedelta(days=400)
    await make_membership(
        desk.rechecker.user_id, claim.applicant, start=left_at - timedelta(days=30), end=left_at
    )

    with pytest.raises(Forbidden, match="应当回避"):
        await conclude_panel(claim.number, reason="一致", by=By(desk.rechecker, NOW))


@pytest.mark.parametrize(
    "statement", ["UPDATE panels SET points = '90'", "UPDATE expert_reviews SET novelty = 100"]
)
async def test_the_database_keeps_a_conclusion_and_its_scores(statement: str) -> None:
    desk = await make_desk()
    await make_concluded(desk, await make_accepted(desk), 80, 80, 80)

    with pytest.raises(IntegrityError, match="never edited"):
        await connection().execute_query(statement)


async def test_a_conclusion_or_a_score_changed_past_the_database_is_found() -> None:
    desk = await make_desk()
    await make_concluded(desk, await make_accepted(desk), 80, 80, 80)
    assert await conclusions_are_logged() == await scores_are_logged() == []

    await past_guards("UPDATE panels SET rate_basis_points = 5000")
    await past_guards("UPDATE expert_reviews SET novelty = 100")

    assert len(await conclusions_are_logged()) == 1
    assert len(await scores_are_logged()) == 3


async def test_the_desk_says_what_it_waits_for_and_the_rechecker_concludes_on_its_page(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = await make_experts()
    reviews = await assign(desk, claim, experts)
    await sign_in(client, desk.officer)
    waiting = (await client.get(f"/desk/{claim.number}")).text
    await sign_in(client, experts[0])
    task = (await client.get(f"/reviews/{reviews[0].id}")).text
    await score_all(reviews, experts, [even(80)] * 3)
    await sign_in(client, desk.rechecker)
    assert "待作评审结论" in (await client.get("/dashboard")).text
    assert claim.number in (await client.get("/desk?panel=waiting")).text
    concluded = await post(client, f"/desk/{claim.number}/conclude", {"reason": "意见一致"})
    await sign_in(client, desk.officer)
    ready = (await client.get(f"/desk/{claim.number}")).text

    assert "还有 3 位专家没有评审完" in waiting
    assert 'class="desk-calculate"' not in waiting
    assert "新增销售收入（填报）" in task
    assert "85 分以上按上限的 100%" in task
    assert "意见一致" in concluded.text
    assert 'class="desk-calculate"' in ready
    assert claim.number not in (await client.get("/desk?panel=waiting")).text
    assert (await Panel.get()).concluded_by_id == desk.rechecker.user_id


async def test_the_operator_extends_and_replaces_on_one_page(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    reviews = await assign(desk, claim, await make_experts())
    later = DUE + timedelta(days=5)
    await sign_in(client, desk.operator)

    wrong = await post(client, "/reviews/assign", {"claim": claim.number, "act": "extend", "due_on": "x"})
    await post(client, "/reviews/assign", {"claim": claim.number, "act": "extend", "due_on": str(later)})
    fields = {"claim": claim.number, "act": "unassign", "review": str(reviews[0].id), "reason": "联系不上"}
    page = await post(client, "/reviews/assign", fields)

    assert wrong.status_code == 422
    assert "已撤换：联系不上" in page.text
    assert (await ExpertReview.get(id=reviews[1].id)).due_on == later
