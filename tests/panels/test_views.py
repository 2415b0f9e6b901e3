"""The expert's pages."""

from __future__ import annotations

import httpx

from tests.claims.factories import make_accepted, make_applicant, make_desk
from tests.panels.factories import assign, make_experts
from tests.visitor import post, sign_in


async def test_an_expert_sees_no_applicant(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    applicant = await make_applicant(name="甲乙丙丁线缆有限公司")
    claim = await make_accepted(desk, applicant)
    experts = await make_experts()
    expert, task = experts[0], (await assign(desk, claim, experts))[0]
    await sign_in(client, expert)

    page = (await client.get(f"/reviews/{task.id}")).text

    assert "甲乙丙丁" not in page
    assert claim.number not in page
    wrong = await post(client, f"/reviews/{task.id}", {"novelty": "101"}, follow=False)
    assert wrong.status_code == 422
