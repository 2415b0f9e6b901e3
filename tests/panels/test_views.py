"""The expert's pages."""

from __future__ import annotations

from datetime import timedelta

import httpx

from market.accounts.models import StaffRole
from market.claims.expert_panel import assign_experts
from market.records.by import By
from tests.claims.factories import make_accepted, make_applicant, make_desk
from tests.factories import NOW, make_staff
from tests.visitor import post, sign_in


async def test_an_expert_sees_no_applicant(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    applicant = await make_applicant(name="甲乙丙丁线缆有限公司")
    claim = await make_accepted(desk, applicant)
    expert = await make_staff(StaffRole.REVIEWER)
    (task,) = await assign_experts(
        claim.number,
        reviewer_ids=[expert.user_id],
        due_on=(NOW + timedelta(days=5)).date(),
        by=By(desk.operator, NOW),
    )
    await sign_in(client, expert)

    page = (await client.get(f"/reviews/{task.id}")).text

    assert "甲乙丙丁" not in page
    assert claim.number not in page
    wrong = await post(client, f"/reviews/{task.id}", {"novelty": "101"}, follow=False)
    assert wrong.status_code == 422
