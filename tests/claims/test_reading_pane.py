"""The pane beside the queue: a claim in short, its neighbours, the act it waits for."""

from __future__ import annotations

import httpx
from starlette.datastructures import QueryParams

from market.claims.applications import submit_claim
from market.claims.claim_page import claim_page
from market.claims.desk_queue import read_queue_query
from market.claims.models import Claim
from market.claims.queries import get_claim_at_desk
from market.claims.reading_pane import load_desk_state, next_act, read_pane
from market.claims.refusals import propose_refusal
from market.claims.states import ClaimStatus
from market.integrity.conflicts import declare_conflict
from market.records.by import By
from tests.claims.factories import Desk, make_accepted, make_calculated, make_desk, make_draft, status_of
from tests.factories import NOW
from tests.visitor import post, sign_in


async def make_submitted() -> Claim:
    applicant, draft = await make_draft()
    return await submit_claim(draft.number, is_declared=True, by=By(applicant, NOW))


async def test_a_claim_is_read_beside_the_queue_and_links_lead_to_the_claims_around_it(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    first, second, third = [await make_submitted() for _ in range(3)]
    await sign_in(client, desk.officer)

    page = (await client.get(f"/desk?status=submitted&open={second.number}")).text

    assert 'id="pane"' in page
    assert "第 2 件，共 3 件" in page
    for neighbour, relation in ((first, "prev"), (third, "next")):
        assert f'rel="{relation}" href="/desk?status=submitted&amp;open={neighbour.number}#pane"' in page
    assert f"/desk/{second.number}?status=submitted" in page


async def test_the_neighbour_on_the_next_page_of_the_queue_is_opened_beside_that_page() -> None:
    desk = await make_desk()
    claims = [await make_submitted() for _ in range(3)]
    queue = read_queue_query(QueryParams("sort=number"), desk.officer)

    panes = [await read_pane(desk.officer, claim.number, queue, 2, NOW) for claim in claims]

    addresses = [(pane.before, pane.after) for pane in panes if pane]
    opened = [f"sort=number&open={claim.number}" for claim in claims]
    assert addresses == [
        ("", opened[1]),
        (opened[0], f"sort=number&page=2&open={claims[2].number}"),
        (opened[1], ""),
    ]


async def test_without_a_claim_of_that_number_the_queue_stands_alone(client: httpx.AsyncClient) -> None:
    await make_submitted()
    _applicant, draft = await make_draft()
    await sign_in(client, (await make_desk()).officer)

    for text in ("BZ-2026-999999", "x" * 300, "'", "", draft.number):
        answer = await client.get("/desk", params={"open": text})
        assert answer.status_code == 200
        assert 'id="pane"' not in answer.text


async def test_a_claim_is_accepted_from_the_pane_which_stays_open(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_submitted()
    await sign_in(client, desk.officer)
    address = f"/desk/{claim.number}/accept?status=submitted&open={claim.number}"

    answer = await post(client, address, follow=False)

    assert answer.headers["location"] == f"/desk?status=submitted&open={claim.number}#pane"
    assert await status_of(claim) is ClaimStatus.ACCEPTED
    page = (await client.get(answer.headers["location"])).text
    assert "已不在这组条件里" in page


async def test_the_act_offered_is_the_one_that_the_claim_waits_for_from_this_person() -> None:
    desk: Desk = await make_desk()
    submitted = await make_submitted()
    accepted = await make_accepted(desk)
    calculated = await make_calculated(desk)

    async def acts(claim: Claim) -> list[str]:
        fresh = await get_claim_at_desk(desk.officer, claim.number)
        state = await load_desk_state(await claim_page(desk.officer, fresh, NOW))
        return [next_act(actor, fresh, state) for actor in (desk.officer, desk.rechecker, desk.approver)]

    assert await acts(submitted) == ["accept", "", ""]
    assert await acts(accepted) == ["calculate", "", ""]
    assert await acts(calculated) == ["", "recheck", ""]

    await propose_refusal(accepted.number, clause="kinds", reason="不在支持范围。", by=By(desk.officer, NOW))
    by = By(desk.rechecker, NOW)
    await declare_conflict("claim", calculated.id, number=calculated.number, reason="亲属", by=by)

    assert await acts(accepted) == await acts(calculated) == ["", "", ""]
