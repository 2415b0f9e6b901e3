"""Whom an applicant asks to avoid, on the page of a claim before its experts are drawn."""

from __future__ import annotations

import httpx

from market.accounts.models import MemberRole, Organisation
from market.claims.round_claims import avoidance_of
from market.claims.states import ClaimStatus
from market.experts.models import AvoidedExpert
from market.records.by import By
from tests.claims.factories import make_accepted, make_applicant, make_desk
from tests.factories import NOW, make_member
from tests.panels.round_factories import draw, make_pool, prepare
from tests.visitor import post, sign_in

REASON = "与我单位有合同纠纷，正在诉讼"


async def test_an_applicant_names_experts_to_avoid_on_the_claim_until_they_are_drawn(
    client: httpx.AsyncClient,
) -> None:
    desk, applicant = await make_desk(), await make_applicant()
    claim = await make_accepted(desk, applicant)
    await make_pool()
    organisation = await Organisation.get(id=applicant.organisation_id)
    treasurer = await make_member(organisation, MemberRole.FINANCE)
    address = f"/claims/{claim.number}"
    await sign_in(client, applicant)
    before = await client.get(address)
    sent = {"name": "韦国栋", "reason": REASON, "next": f"{address}#avoid"}
    answer = await post(client, "/my/avoided-experts", sent, follow=False)
    short = await post(client, "/my/avoided-experts", sent | {"reason": "有纠纷"}, follow=False)
    outside = await post(
        client, "/my/avoided-experts", sent | {"name": "乙", "next": "//x.test"}, follow=False
    )
    first = await AvoidedExpert.get(place=1)
    withdrawn = {"act": "withdraw", "record": str(first.id), "next": f"{address}#avoid"}
    named = await client.get(address)
    gone = await post(client, "/my/avoided-experts", withdrawn, follow=False)
    round_ = await prepare(desk, [claim.id])
    ruled = await client.get(address)
    await draw(round_.number, by=By(desk.operator, NOW))
    late = await client.get(address)
    await sign_in(client, treasurer)
    unseen = await client.get(address)

    assert 'id="avoid-reason"' in before.text
    assert before.text.count('id="reason"') <= 1
    assert answer.headers["location"].endswith(f"{address}#avoid")
    assert f'value="{address}#avoid"' in short.text
    assert outside.headers["location"].endswith("/my/avoided-experts")
    assert "韦国栋" in named.text
    assert gone.headers["location"].endswith("#avoid")
    assert "随机抽取的 3 位专家评审" in ruled.text
    assert "双盲" in ruled.text
    assert "专家已经抽取" in late.text
    assert 'id="avoid-reason"' not in late.text
    assert 'id="avoid"' not in unseen.text


async def test_nothing_is_asked_once_a_claim_is_computed() -> None:
    desk, applicant = await make_desk(), await make_applicant()
    claim = await make_accepted(desk, applicant)
    open_ = await avoidance_of(applicant, claim)
    claim.status = ClaimStatus.CALCULATED

    assert open_ is not None
    assert not open_.is_late
    assert await avoidance_of(applicant, claim) is None
    assert await avoidance_of(desk.officer, claim) is None
