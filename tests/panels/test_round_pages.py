"""Pages of review rounds: from the claims of a year to what the applicant reads, and who sees what when."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, Organisation, StaffRole, User
from market.claims.desk_review import calculate
from market.claims.models import Claim
from market.commands.replay_draw import describe
from market.deps import Deps
from market.kit.jobs import run_pending
from market.kit.models import OutgoingMail
from market.panels.draw_replay import replay_draws
from market.panels.panel_seats import accept
from market.panels.round_models import Redraw, Round
from market.panels.round_results import conclude_round
from market.panels.round_states import RoundStatus, SeatStatus
from market.panels.rounds import publish_round
from market.panels.score_acts import submit
from market.panels.visibility import Part, Viewer, sees
from market.records.by import By
from tests.claims.factories import make_accepted, make_applicant, make_desk
from tests.databases import past_guards
from tests.factories import NOW, make_member, make_staff
from tests.panels.round_factories import (
    SALT,
    Stage,
    actor_of,
    make_drawn,
    make_pool,
    score_all,
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


async def applicant_of(claim: Claim) -> Actor:
    """Return a person who claims for the applicant."""
    return await make_member(await Organisation.get(id=claim.applicant_id), MemberRole.AGENT)


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


def named_in(html: str) -> Callable[[str], bool]:
    """Return whether a page has a name; 测试人1 is not in 测试人12."""
    return lambda name: re.search(rf"{name}(?!\d)", html) is not None


@pytest.mark.parametrize("status", [RoundStatus.SCORING, RoundStatus.CHECKING, RoundStatus.PUBLISHED])
async def test_everybody_sees_of_a_round_what_the_table_says(
    client: httpx.AsyncClient, status: RoundStatus
) -> None:
    stage = await stage_of(status)
    round_ = await Round.get(id=stage.round.id)
    assert round_.status is status
    drawn = await seats(round_, S.ACCEPTED, S.SUBMITTED, S.FINAL)
    names = [user.name for user in await User.filter(id__in=[seat.user_id for seat in drawn])]
    claim = await Claim.get(id=stage.claims[0])
    text = "乙路线不可行，丙路线可行"
    auditor = await make_staff(StaffRole.AUDITOR)
    viewers = {
        Viewer.OPERATOR: stage.desk.operator,
        Viewer.CONCLUDER: stage.desk.rechecker,
        Viewer.AUDITOR: auditor,
        Viewer.EXPERT: await actor_of(drawn[1]),
        Viewer.APPLICANT: await applicant_of(claim),
        Viewer.OTHER: None,
    }
    pages = (
        f"/admin/rounds/{round_.number}",
        f"/admin/rounds/{round_.number}/conclude",
        "/admin/rounds",
        "/audit/draws",
        f"/claims/{claim.number}",
        f"/claims/{claim.number}/review",
        f"/desk/{claim.number}",
        f"/reviews/seats/{drawn[0].id}",
        f"/audit-log?kind=seat&subject={drawn[0].id}",
        f"/audit-log/seat/{drawn[0].id}",
        f"/audit-log/round/{round_.id}",
        "/reviews",
        "/dashboard",
        "/messages",
        "/feeds/notices.xml",
        "/account/data",
    )
    for viewer, actor in viewers.items():
        await sign_in(client, actor)
        texts = [(page, (await client.get(page, follow_redirects=True)).text) for page in pages]
        own = {actor.name} if actor else set()
        shown = {
            Part.NAMES: [page for page, html in texts if any(map(named_in(html), set(names) - own))],
            Part.SCORES: [page for page, html in texts if "83.00" in html],
            Part.RESULT: [page for page, html in texts if "83.33" in html],
            Part.OPINIONS: [page for page, html in texts if text in html],
        }
        for part, where in shown.items():
            if viewer is Viewer.EXPERT and part is Part.OPINIONS:
                continue
            may = sees(viewer, part, status)
            assert bool(where) <= may, (viewer, part, where)
            if viewer is Viewer.OPERATOR:
                assert bool(where) == may, (viewer, part, where)
    for row in [*await Message.all(), *await OutgoingMail.all()]:
        written = str(vars(row))
        assert text not in written
        assert "83.33" not in written
        assert not any(name in written for name in names if getattr(row, "user_id", None) is not None)


async def stage_of(status: RoundStatus) -> Stage:
    """Return a round in this status whose experts' points make 83.33."""
    typed = {"for_applicant": "乙路线不可行，丙路线可行"}
    if status is RoundStatus.SCORING:
        stage = await make_drawn()
        for seat in await seats(stage.round, S.INVITED):
            await accept(seat.id, by=By(await actor_of(seat), NOW))
        for seat in (await seats(stage.round, S.ACCEPTED))[:2]:
            await submit(seat.id, sheet(83, **typed), by=By(await actor_of(seat), NOW))
        return stage
    stage = await make_drawn()
    await score_all(stage.round, 83, 83, 84, typed=typed)
    if status is RoundStatus.PUBLISHED:
        await conclude_round(stage.round.number, reason="意见一致", by=By(stage.desk.rechecker, NOW))
        await publish_round(stage.round.number, by=By(stage.desk.operator, NOW))
    return stage


def test_the_table_seals_what_is_sealed() -> None:
    assert not any(sees(Viewer.OTHER, part, status) for part in Part for status in RoundStatus)
    assert not any(sees(Viewer.EXPERT, part, status) for part in Part for status in RoundStatus)
    assert [status for status in RoundStatus if sees(Viewer.AUDITOR, Part.NAMES, status)] == [
        RoundStatus.CONCLUDED,
        RoundStatus.PUBLISHED,
    ]
    assert not any(sees(Viewer.CONCLUDER, Part.NAMES, status) for status in RoundStatus)
    assert [status for status in RoundStatus if sees(Viewer.CONCLUDER, Part.PAYEES, status)] == [
        RoundStatus.CONCLUDED,
        RoundStatus.PUBLISHED,
    ]
    assert not sees(Viewer.OPERATOR, Part.SOLICITATIONS, RoundStatus.PUBLISHED)
