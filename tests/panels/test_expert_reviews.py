"""Experts are assigned, score blind and decline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from market.accounts.models import StaffRole
from market.claims.desk_review import calculate
from market.claims.expert_panel import assign_experts, conclude_panel, unassign_expert, verdict_for
from market.claims.models import Claim
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import lazy
from market.kit.room import Room, Rooms, install
from market.kit.subjects import Subject
from market.panels import expert_reviews
from market.panels.expert_reviews import assign_reviewers, decline, score
from market.panels.panel_acts import conclude
from market.panels.subjects import PanelSubject, get_subject
from market.panels.verdicts import verdict_of
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
from tests.panels.factories import SCORES, assign, make_experts, score_all


async def test_experts_scores_set_the_rate_and_nobody_types_another() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = await make_experts(4)
    reviews = await assign(desk, claim, experts)

    await score_all(reviews[:3], experts[:3], [SCORES] * 3)
    with pytest.raises(Conflict, match="还有 1 位专家"):
        await calculate(claim.number, by=By(desk.officer, NOW))
    await decline(reviews[3].id, by=By(experts[3], NOW))
    with pytest.raises(Conflict, match="评审结论"):
        await calculate(claim.number, by=By(desk.officer, NOW))
    await conclude_panel(claim.number, reason="意见一致", by=By(desk.rechecker, NOW))
    with pytest.raises(Invalid):
        await calculate(claim.number, rate_basis_points=5000, by=By(desk.officer, NOW))
    assessment = await calculate(claim.number, by=By(desk.officer, NOW))

    given: Any = assessment.result["given"]
    assert (given["rate_basis_points"], given["scores"]) == (4000, ["79.00"] * 3)
    assert assessment.award_amount == 120 * WAN * 4 // 10


async def test_fewer_than_three_experts_are_no_panel() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    experts = await make_experts(4)

    with pytest.raises(Invalid, match="至少要 3 位"):
        await assign(desk, claim, experts[:2])
    reviews = await assign(desk, claim, experts[:3])
    await score_all(reviews[:2], experts[:2], [SCORES] * 2)
    await unassign_expert(claim.number, reviews[2].id, reason="联系不上", by=By(desk.operator, NOW))
    with pytest.raises(Conflict, match="至少要 3 位"):
        await conclude_panel(claim.number, reason="够了", by=By(desk.rechecker, NOW))
    with pytest.raises(NotFound):
        await expert_reviews.get_review_for(experts[2], reviews[2].id)
    replaced = await assign(desk, claim, experts[3:])
    await score_all(replaced, experts[3:], [SCORES])

    assert (await conclude_panel(claim.number, reason="一致", by=By(desk.rechecker, NOW))).points == "79"


async def test_an_expert_sees_own_tasks_only_scores_once_and_after_declining_nothing() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    (expert, *others), rival = await make_experts(), await make_staff(StaffRole.REVIEWER)
    (task, *_rest) = await assign(desk, claim, [expert, *others])

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
            reviewer_ids=[person.user_id for person in (expert, *await make_experts(2))],
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
    expert, *others = await make_experts()
    left_at = NOW - timedelta(days=days_ago)
    await make_membership(expert.user_id, applicant, start=left_at - timedelta(days=30), end=left_at)

    assignment = assign_experts(
        claim.number,
        reviewer_ids=[person.user_id for person in (expert, *others)],
        due_on=NOW.date() + timedelta(days=7),
        by=By(desk.operator, NOW),
    )

    if is_asked:
        assert len(await assignment) == 3
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
            address="/",
            on_complete=on_complete,
            on_conclude=on_complete,
        )
        return dict.fromkeys(ids, subject)

    room = Room("samples", subjects={"sample": Subject(lazy("样品"))}, panel_subjects={"sample": subjects})
    install(Rooms([*ROOMS.all, room]))
    try:
        experts, operator = await make_experts(), await make_staff(StaffRole.OPERATOR)
        rechecker = await make_staff(StaffRole.RECHECKER)
        subject = await get_subject("sample", number)
        tasks = await assign_reviewers(
            subject,
            reviewer_ids=[expert.user_id for expert in experts],
            due_on=NOW.date() + timedelta(days=7),
            by=By(operator, NOW),
        )
        for task in tasks:
            expert = next(person for person in experts if person.user_id == task.reviewer_id)
            await score(task.id, scores=SCORES, opinion="", by=By(expert, NOW))
        verdict = await verdict_of("sample", number, ceiling=5000, scoring=None)
        await conclude(subject, verdict, reason="一致", by=By(rechecker, NOW))
    finally:
        install_rooms()

    assert completed == [NOW, NOW]
    verdict = await verdict_of("sample", number, ceiling=5000, scoring=None)
    assert (verdict.waiting, verdict.shown_points, verdict.rate) == (0, "79.00", 4000)
