"""Pages of review rounds: from the claims of a year to what the applicant reads."""

from __future__ import annotations

import httpx

from market.accounts.models import StaffRole
from market.claims.desk_review import calculate
from market.commands.replay_draw import describe
from market.deps import Deps
from market.kit.jobs import run_pending
from market.panels.draw_replay import replay_draws
from market.panels.panel_seats import accept
from market.panels.round_models import Redraw, Round
from market.panels.round_states import SeatStatus
from market.records.by import By
from tests.claims.factories import make_accepted, make_applicant, make_desk
from tests.databases import past_guards
from tests.factories import NOW, make_staff
from tests.panels.round_factories import (
    SALT,
    actor_of,
    make_drawn,
    make_pool,
    seats,
    sheet,
)
from tests.visitor import post, sign_in

S = SeatStatus


async def test_a_claim_goes_from_the_desk_through_a_round_to_its_rate(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_accepted(desk, applicant)
    await make_pool()
    await sign_in(client, desk.operator)
    page = await client.get("/admin/rounds/new?programme=guangxi&year=2026")
    assert claim.number in page.text
    fields = {
        "title": "2026 年度评审",
        "items": str(claim.id),
        "target": "3",
        "reserves": "4",
        "financial": "1",
        "largest_share": "1",
        "statistic": "mean",
        "score_days": "7",
        "salt": SALT,
    }
    wrong = await post(
        client, "/admin/rounds/new?programme=guangxi&year=2026", fields | {"target": "2"}, follow=False
    )
    await post(client, "/admin/rounds/new?programme=guangxi&year=2026", fields)
    round_ = await Round.get()
    address = f"/admin/rounds/{round_.number}"
    changed = await post(client, f"{address}/rules", fields | {"reserves": "5"})
    refused = await post(client, f"{address}/rules", fields | {"target": "2"}, follow=False)
    asked = await post(client, address, {"act": "draw"})
    partial = await client.get(address, headers={"hx-request": "true"})
    await run_pending(deps)
    drawn = await client.get(address)

    assert "5 位" in changed.text
    assert refused.status_code == 422
    assert "正在为 1 项抽取专家" in asked.text
    assert 'hx-trigger="every 2s"' in partial.text
    assert wrong.status_code == 422
    assert "专家A" in drawn.text
    for seat in await seats(round_, S.INVITED):
        expert = await actor_of(seat)
        await sign_in(client, expert)
        address = f"/reviews/seats/{seat.id}"
        assert address in (await client.get("/reviews")).text
        assert "技术交易额" not in (await client.get(address)).text
        accepted = await post(client, address, {"act": "accept"})
        assert "技术交易额" in accepted.text
        refused = await post(client, address, {"act": "submit"} | sheet("九十"), follow=False)
        assert refused.status_code == 422
        assert "请填整数" in refused.text
        saved = await post(client, address, {"act": "save"} | sheet("9"))
        assert 'value="9"' in saved.text
        done = await post(client, address, {"act": "submit"} | sheet(80))
        assert "评审尚未结束，结果不公开" in done.text
    await sign_in(client, desk.rechecker)
    assert "待作评审结论" in (await client.get("/dashboard")).text
    shown = (await client.get(f"/admin/rounds/{round_.number}/conclude")).text
    assert "80.00–80.00" in shown
    await post(client, f"/admin/rounds/{round_.number}/conclude", {"reason": "意见一致"})
    assessment = await calculate(claim.number, by=By(desk.officer, NOW))
    await sign_in(client, desk.operator)
    published = await post(client, f"/admin/rounds/{round_.number}", {"act": "publish"})
    assert "结果已告知" in published.text
    await sign_in(client, applicant)
    answer = await client.get(f"/claims/{claim.number}/review")
    assert answer.status_code == 200
    told = answer.text

    given = assessment.result["given"]
    assert (given["round"], given["points"], given["rate_basis_points"]) == (round_.number, "80.00", 4000)
    assert "80.00" in told
    assert "路线可行。" in told


async def test_the_operator_replaces_returns_and_asks_for_a_redraw_on_the_page(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_drawn()
    first = (await seats(stage.round, S.INVITED))[0]
    address = f"/admin/rounds/{stage.round.number}"
    await sign_in(client, stage.desk.operator)
    page = await post(client, address, {"act": "replace", "seat": str(first.id), "reason": "联系不上"})
    short = await post(client, address, {"act": "redraw", "reason": "x", "salt": SALT}, follow=False)
    asked = await post(
        client, address, {"act": "redraw", "reason": "候补专家可能不够，希望补足", "salt": SALT}
    )
    for data in ({"act": "replace", "seat": "x"}, {"act": "confirm_redraw", "redraw": "x"}):
        assert (await post(client, address, data, follow=False)).status_code == 404
    assert (await post(client, address, {"act": "x"}, follow=False)).status_code == 409
    await sign_in(client, stage.desk.approver)
    await post(client, address, {"act": "reject_redraw", "redraw": str(await redraw_id()), "reason": "够"})
    seat = (await seats(stage.round, S.INVITED))[0]
    await accept(seat.id, by=By(await actor_of(seat), NOW))

    assert "联系不上" in page.text
    assert short.status_code == 422
    assert "等待批准" in asked.text


async def redraw_id() -> object:
    return (await Redraw.get()).id


async def test_the_auditor_replays_draws_and_reads_what_was_reported(client: httpx.AsyncClient) -> None:
    stage = await make_drawn()
    seat = (await seats(stage.round))[0]
    await sign_in(client, await actor_of(seat))
    reported = await post(
        client, f"/reviews/seats/{seat.id}", {"act": "report", "text": "3 月 1 日有人来电要求给高分"}
    )
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    page = (await client.get("/audit/draws")).text
    same = [describe(replay) for replay in await replay_draws(stage.round)]
    await past_guards("UPDATE round_draws SET seed = repeat('0', 64)")
    changed = (await client.get("/audit/draws")).text
    different = [describe(replay) for replay in await replay_draws(stage.round)]

    assert "3 月 1 日有人来电" in reported.text
    assert "重演一致" in page
    assert "3 月 1 日有人来电" in page
    assert "重演不一致" in changed
    assert "THE SAME EXPERTS" in same[0]
    assert "DIFFERENT" in different[0]


async def test_the_items_of_a_round_are_shown_page_by_page(client: httpx.AsyncClient) -> None:
    stage = await make_drawn(items=2)
    await sign_in(client, stage.desk.operator)
    address = f"/admin/rounds/{stage.round.number}"

    first, second = (await client.get(address)).text, (await client.get(f"{address}?page=2")).text

    assert "第 1 项" in first
    assert "第 2 项" in first
    assert "第 1 项" not in second
