"""Experts are assigned, score blind and decline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from market.accounts.models import StaffRole
from market.claims.desk_review import calculate
from market.claims.expert_panel import assign_experts, verdict_for
from market.claims.models import Claim
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import lazy
from market.kit.room import Room, Rooms, Subject, install
from market.panels import expert_reviews
from market.panels.expert_reviews import assign_reviewers, decline, score, verdict_of
from market.panels.subjects import PanelSubject, get_subject
from market.programmes.rule_files import find_terms
from market.records.by import By
from market.rooms import ROOMS, install_rooms
from tests.claims.factories import (
    WAN,
    make_accepted,
    make_applicant,
    make_desk,
)
from tests.factories import NOW, make_member, make_membership, make_staff
from tests.panels.factories import SCORES


async def test_experts_scores_set_the_rate_and_nobody_types_another() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = [await make_staff(StaffRole.REVIEWER) for _ in range(2)]
    due = NOW.date() + timedelta(days=7)
    tasks = await assign_experts(
        claim.number,
        reviewer_ids=[expert.user_id for expert in experts],
        due_on=due,
        by=By(desk.operator, NOW),
    )
    by_expert = {task.reviewer_id: task for task in tasks}

    await score(by_expert[experts[0].user_id].id, scores=SCORES, opinion="可行", by=By(experts[0], NOW))
    with pytest.raises(Conflict):
        await calculate(claim.number, by=By(desk.officer, NOW))
    await decline(by_expert[experts[1].user_id].id, by=By(experts[1], NOW))
    with pytest.raises(Invalid):
        await calculate(claim.number, rate_basis_points=5000, by=By(desk.officer, NOW))
    assessment = await calculate(claim.number, by=By(desk.officer, NOW))

    assert assessment.result["given"] == {
        "rate_basis_points": 4000,
        "ceiling_basis_points": 5000,
        "scores": ["79.00"],
        "points": "79.00",
        "bands": [[85, 10_000], [70, 8_000], [60, 6_000]],
    }
    assert assessment.award_amount == 120 * WAN * 4 // 10


async def test_an_expert_sees_own_tasks_only_scores_once_and_after_declining_nothing() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    expert, rival = await make_staff(StaffRole.REVIEWER), await make_staff(StaffRole.REVIEWER)
    due = NOW.date() + timedelta(days=7)
    (task,) = await assign_experts(
        claim.number, reviewer_ids=[expert.user_id], due_on=due, by=By(desk.operator, NOW)
    )

    with pytest.raises(NotFound):
        await expert_reviews.get_review_for(rival, task.id)
    with pytest.raises(Invalid):
        await score(task.id, scores=SCORES | {"novelty": 101}, opinion="", by=By(expert, NOW))
    await score(task.id, scores=SCORES, opinion="", by=By(expert, NOW))
    with pytest.raises(Conflict):
        await score(task.id, scores=SCORES, opinion="", by=By(expert, NOW))
    assert (await verdict_for(claim.id, find_terms("guangxi")[0])).shown_points == "79.00"


async def test_an_expert_of_a_party_is_not_asked() -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_accepted(desk, applicant)
    buyer = (await Claim.get(id=claim.id).select_related("applicant")).applicant
    expert = await make_member(buyer, staff_role=StaffRole.REVIEWER)

    with pytest.raises(Invalid, match="应当回避"):
        await assign_experts(
            claim.number,
            reviewer_ids=[expert.user_id],
            due_on=NOW.date() + timedelta(days=7),
            by=By(desk.operator, NOW),
        )


@pytest.mark.parametrize(("days_ago", "is_asked"), [(3 * 365 - 1, False), (3 * 365 + 2, True)])
async def test_an_expert_is_not_asked_for_three_years_after_leaving_a_party(
    days_ago: int, is_asked: bool
) -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    applicant = (await Claim.get(id=claim.id).select_related("applicant")).applicant
    expert = await make_staff(StaffRole.REVIEWER)
    left_at = NOW - timedelta(days=days_ago)
    await make_membership(expert.user_id, applicant, start=left_at - timedelta(days=30), end=left_at)

    assignment = assign_experts(
        claim.number,
        reviewer_ids=[expert.user_id],
        due_on=NOW.date() + timedelta(days=7),
        by=By(desk.operator, NOW),
    )

    if is_asked:
        assert len(await assignment) == 1
    else:
        with pytest.raises(Invalid, match="应当回避"):
            await assignment


async def test_records_of_any_room_are_judged_and_their_room_is_called_back() -> None:
    number, completed = uuid4(), []

    async def on_complete(now: datetime) -> None:
        completed.append(now)

    async def subjects(ids: Sequence[UUID]) -> dict[UUID, PanelSubject]:
        subject = PanelSubject(
            kind="sample",
            id=number,
            number="YP-1",
            title="样品",
            detail="",
            sections=(),
            parties=frozenset(),
            closed="",
            assign_address="/",
            on_complete=on_complete,
        )
        return dict.fromkeys(ids, subject)

    room = Room("samples", subjects={"sample": Subject(lazy("样品"))}, panel_subjects={"sample": subjects})
    install(Rooms([*ROOMS.all, room]))
    try:
        expert, operator = await make_staff(StaffRole.REVIEWER), await make_staff(StaffRole.OPERATOR)
        subject = await get_subject("sample", number)
        (task,) = await assign_reviewers(
            subject,
            reviewer_ids=[expert.user_id],
            due_on=NOW.date() + timedelta(days=7),
            by=By(operator, NOW),
        )
        await score(task.id, scores=SCORES, opinion="", by=By(expert, NOW))
    finally:
        install_rooms()

    assert completed == [NOW]
    verdict = await verdict_of("sample", number, ceiling=5000, scoring=None)
    assert (verdict.waiting, verdict.shown_points, verdict.rate) == (0, "79.00", 4000)
