"""A government list: checked by the operator, judged by a panel, decided by the approver, published."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from asyncpg import PostgresError  # type: ignore[import-untyped]
from tortoise.exceptions import OperationalError

from market.accounts.models import Message
from market.challenges import agreeing, choosing, result_notices
from market.challenges.admission import check_solution
from market.challenges.amounts import public_amount
from market.challenges.models import ChallengeWatch
from market.challenges.price_tests import decide_price_test
from market.challenges.selection_models import PriceTest, Selection
from market.challenges.selection_states import AwardStatus
from market.challenges.solution_models import Solution
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import ChallengeStatus
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden
from market.kit.formats import yuan
from market.notices.models import Notice, NoticeKind
from market.notices.states import NoticeStatus
from market.records.by import By
from market.records.decisions import AlreadyDecided, Verdict
from tests.challenges.factories import WAN
from tests.challenges.public_factories import make_chosen, make_judged
from tests.challenges.selection_factories import (
    JUDGED,
    admit_all,
    choices_of,
    make_opened_public,
    set_clock,
    sign,
)
from tests.databases import run_as_owner, tampered
from tests.factories import HOLIDAYS, make_member
from tests.invariants import broken
from tests.moments import end_notices
from tests.visitor import post, sign_in


async def test_a_public_list_is_judged_by_a_panel_decided_by_two_published_and_dealt(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_opened_public()
    with pytest.raises(Forbidden):
        await check_solution(stage.number, 1, is_admitted=True, by=By(stage.owner, JUDGED))
    await admit_all(stage, stage.operator)
    set_clock(deps, JUDGED)
    page = f"/challenges/{stage.number}/selection"
    await sign_in(client, stage.operator)
    assert "编制评审轮次" in (await client.get(page)).text
    form = (await client.get(f"{page}/round")).text
    assert "方案评审" in form
    with pytest.raises(Conflict, match="先由专家评审"):
        await choosing.propose_selection(
            stage.number, await choices_of(stage, 1), by=By(stage.operator, JUDGED)
        )
    await sign_in(client, stage.owner)
    assert (await client.get(f"{page}/new")).status_code == 404
    assert (await client.get(page)).status_code == 200


async def test_the_result_follows_the_points_and_stands_once_its_notice_is_clear(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_judged(71, 82)
    set_clock(deps, JUDGED)
    page = f"/challenges/{stage.number}/selection"
    await sign_in(client, stage.operator)
    assert "提出入选名单" in (await client.get(page)).text
    assert "82.00" in (await client.get(f"{page}/new")).text
    with pytest.raises(choosing.BadChoice):
        await choosing.propose_selection(
            stage.number, await choices_of(stage, 1), by=By(stage.operator, JUDGED)
        )
    selection = await choosing.propose_selection(
        stage.number, await choices_of(stage, 2), by=By(stage.operator, JUDGED)
    )
    with pytest.raises(Forbidden):
        await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.owner, JUDGED))
    await sign_in(client, stage.approver)
    assert "入选名单待决定" in (await client.get("/dashboard", follow_redirects=True)).text
    assert "已确定入选" in (await post(client, f"{page}/{selection.id}", {"verdict": "confirmed"})).text
    (award,) = await stage.awards()
    with pytest.raises(Conflict, match="商定以后"):
        await result_notices.publish_result(stage.number, calendar=HOLIDAYS, by=By(stage.operator, JUDGED))
    for actor in (stage.owner, stage.solver_of(award)):
        await agreeing.consent(stage.number, award.id, award.plan_hash, by=By(actor, JUDGED))
    assert (await stage.reload()).status is ChallengeStatus.AGREED
    await sign_in(client, stage.owner)
    expected = yuan(public_amount(award.amount, 3000, 100 * WAN))
    assert expected in (await client.get(f"/challenges/{stage.number}/awards/{award.id}")).text
    await sign_in(client, None)
    assert "揭榜结果" not in (await client.get(f"/challenges/{stage.number}")).text

    watcher = await make_member()
    await ChallengeWatch.create(
        id=uuid4(), challenge_id=stage.challenge.id, user_id=watcher.user_id, created_at=JUDGED
    )
    await sign_in(client, stage.operator)
    assert "拟揭榜待公示" in (await client.get("/dashboard", follow_redirects=True)).text
    assert "已公示" in (await post(client, f"{page}/publish")).text
    assert await Message.filter(user_id=watcher.user_id, text__contains="评选结果已公示").exists()
    notice = await Notice.get(subject_kind="challenge", subject_id=stage.challenge.id)
    assert (notice.kind, notice.days) == (NoticeKind.CHALLENGE_RESULT, 5)
    text = str(notice.body)
    assert award.solution.organisation.name in text
    await sign_in(client, None)
    shown = (await client.get(f"/notices/{notice.number}")).text
    assert "拟揭榜公示" in shown
    assert award.solution.organisation.name in (await client.get(f"/challenges/{stage.number}")).text
    assert notice.ends_at is not None
    await end_notices(notice.ends_at)
    await result_notices.PUBLICITY.sweep(notice.ends_at)
    assert (await stage.reload()).status is ChallengeStatus.CONTRACTED
    (award,) = await stage.awards()
    assert award.deal is not None
    assert (award.deal.seller_id, award.deal.buyer_id) == (
        award.solution.organisation_id,
        stage.challenge.owner_id,
    )
    await sign(stage, award)
    assert (await stage.reload()).status is ChallengeStatus.EXECUTING
    assert await broken("challenges:", "records:", "panels:") == {}
    async with tampered("UPDATE notices SET status = 'archived', closed_at = now()"):
        assert "challenges: results are published" in await broken("challenges: results")
    async with tampered("UPDATE selections SET round_id = NULL"):
        assert "challenges: choices are decided by two" in await broken("challenges: choices are decided")
    async with tampered("DELETE FROM selection_rows WHERE NOT is_chosen"):
        assert "challenges: choices are complete" in await broken("challenges: choices are complete")


async def test_an_upheld_objection_has_the_solutions_judged_anew() -> None:
    stage = await make_chosen()
    by = By(stage.operator, JUDGED)
    notice = await result_notices.publish_result(stage.number, calendar=HOLIDAYS, by=by)
    with pytest.raises(Conflict, match="异议成立"):
        await result_notices.choose_again(stage.number, "异议成立", by=by)
    await Notice.filter(id=notice.id).update(status=NoticeStatus.UPHELD, closed_at=JUDGED)
    await result_notices.choose_again(stage.number, "评分表登记有误，重新评选。", by=by)
    assert (await stage.reload()).status is ChallengeStatus.REVIEWING
    statuses = {row.status async for row in Solution.filter(challenge_id=stage.challenge.id)}
    assert statuses == {SolutionStatus.ADMITTED}
    assert {award.status for award in await stage.awards()} == {AwardStatus.ENDED}
    assert await broken("challenges:") == {}


async def test_an_only_solution_is_chosen_within_what_two_persons_found_reasonable(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_judged(75, prices=(180,))
    set_clock(deps, JUDGED)
    page = f"/challenges/{stage.number}/selection"
    await sign_in(client, stage.operator)
    assert "唯一方案待价格比对" in (await client.get("/dashboard", follow_redirects=True)).text
    assert "做价格比对" in (await client.get(page)).text
    assert "先做价格比对才能入选" in (await client.get(f"{page}/new")).text
    choice = {"rows-0-place": "1", "rows-0-is_chosen": "y", "rows-0-rank": "1", "rows-0-amount": "180"}
    answer = await post(client, f"{page}/new", choice)
    assert (answer.status_code, "先做价格比对，由批准人确认后才能入选" in answer.text) == (422, True)
    test = {"basis": "contracts", "most": "160", "text": "太短"}
    answer = await post(client, f"{page}/prices/1", test)
    assert (answer.status_code, "至少 10 个字" in answer.text) == (422, True)
    assert "太短" in answer.text
    test |= {"text": "近三年区内三份同类内衬改造合同折算到两台槽，142 万至 160 万。"}
    assert "等批准人确认" in (await post(client, f"{page}/prices/1", test)).text
    assert (await post(client, f"{page}/prices/1", test, follow=False)).status_code == 409
    assert (await post(client, f"{page}/prices/2", test, follow=False)).status_code == 404
    row = await PriceTest.get(solution__challenge_id=stage.challenge.id)
    with pytest.raises(Forbidden):
        await decide_price_test(row.id, Verdict.CONFIRMED, by=By(stage.operator, JUDGED))

    await sign_in(client, stage.approver)
    assert "价格比对待确认" in (await client.get("/dashboard", follow_redirects=True)).text
    confirm = f"{page}/prices/{row.id}/decide"
    assert (await post(client, confirm, {"verdict": "rejected"}, follow=False)).status_code == 422
    assert "价格比对已确认" in (await post(client, confirm, {"verdict": "confirmed"})).text
    with pytest.raises(AlreadyDecided):
        await decide_price_test(row.id, Verdict.CONFIRMED, by=By(stage.approver, JUDGED))

    await sign_in(client, stage.operator)
    assert "价格比对认可的最高价" in (await client.get(f"{page}/new")).text
    answer = await post(client, f"{page}/new", choice)
    assert (answer.status_code, "不能高于价格比对认可的最高价" in answer.text) == (422, True)
    assert "入选名单已提出" in (await post(client, f"{page}/new", choice | {"rows-0-amount": "160"})).text
    selection = await Selection.get(challenge_id=stage.challenge.id)
    await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.approver, JUDGED))
    (award,) = await stage.awards()
    assert award.amount == 160 * WAN
    assert await broken("challenges:", "records:") == {}
    async with tampered("DELETE FROM price_tests"):
        assert "challenges: single prices are tested" in await broken("challenges: single")
    for statement in (
        "UPDATE price_tests SET most = most * 2",
        "INSERT INTO price_tests (id, solution_id, basis, most, text, proposed_by_id, proposed_at, "
        "decided_by_id, decided_at, verdict) SELECT gen_random_uuid(), solution_id, basis, most, text, "
        "proposed_by_id, proposed_at, proposed_by_id, proposed_at, 'rejected' FROM price_tests",
    ):
        with pytest.raises((OperationalError, PostgresError)):
            await run_as_owner(statement)
