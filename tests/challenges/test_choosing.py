"""From the opened solutions to the contract of a firm's challenge."""

from __future__ import annotations

import httpx
import pytest

from market.challenges import choosing
from market.challenges.choosing import BadChoice
from market.challenges.selection_models import Selection
from market.challenges.selection_rules import Choice
from market.challenges.solution_models import Solution
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import ChallengeStatus
from market.deals.models import Deal, Opening, Pricing
from market.deals.publicity import skip_publicity
from market.deals.states import DealStatus
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden, Invalid
from market.records.by import By
from market.records.decisions import AlreadyDecided, SamePerson, Verdict
from tests.challenges.factories import WAN
from tests.challenges.selection_factories import (
    JUDGED,
    REASON,
    agree_all,
    choices_of,
    choose,
    make_opened,
    make_reviewing,
    set_clock,
)
from tests.factories import make_member, make_organisation
from tests.invariants import broken
from tests.visitor import post, sign_in


async def test_an_owner_checks_chooses_agrees_and_goes_on_to_the_contract(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_opened()
    set_clock(deps, JUDGED)
    page = f"/challenges/{stage.number}/selection"
    await sign_in(client, stage.owner)
    assert "方案待形式审查" in (await client.get("/dashboard", follow_redirects=True)).text
    assert "审查、评选和入选" in (await client.get(f"/challenges/{stage.number}")).text
    check = f"/challenges/{stage.number}/solutions/1/check"
    answer = await post(client, check, {"verdict": "refuse", "reason": "太短"}, follow=False)
    assert answer.status_code == 422
    assert "不通过的请写明原因，至少 10 个字。" in answer.text
    assert (
        "方案 1 未通过形式审查" in (await post(client, check, {"verdict": "refuse", "reason": REASON})).text
    )
    for place in (2, 3):
        at = f"/challenges/{stage.number}/solutions/{place}/check"
        assert f"方案 {place} 通过形式审查" in (await post(client, at, {"verdict": "admit"})).text
    assert (await stage.reload()).status is ChallengeStatus.REVIEWING

    form = (await client.get(f"{page}/new")).text
    assert "方案 1" not in form
    typed = {
        "rows-0-place": "2",
        "rows-0-is_chosen": "y",
        "rows-0-rank": "1",
        "rows-0-amount": "500",
        "rows-1-place": "3",
        "rows-1-rank": "2",
        "rows-1-amount": "100",
        "rows-1-reason": "太贵",
    }
    answer = await post(client, f"{page}/new", typed)
    assert answer.status_code == 422
    assert "不能高于方案的报价" in answer.text
    assert "未入选的请写明原因，至少 10 个字。" in answer.text
    prices = {
        candidate.place: candidate.price
        for candidate, _row in await choosing.candidates_for(stage.challenge, 1)
    }
    typed |= {"rows-0-amount": str(prices[2] // WAN), "rows-1-reason": REASON}
    assert "入选名单已提出" in (await post(client, f"{page}/new", typed)).text
    selection = await Selection.get(challenge_id=stage.challenge.id)
    decide = f"{page}/{selection.id}"
    assert (await post(client, decide, {"verdict": "confirmed"}, follow=False)).status_code == 403

    await sign_in(client, stage.second)
    assert "入选名单待决定" in (await client.get("/dashboard", follow_redirects=True)).text
    assert (await post(client, decide, {"verdict": "rejected"}, follow=False)).status_code == 422
    assert "已确定入选" in (await post(client, decide, {"verdict": "confirmed"})).text
    (award,) = await stage.awards()
    address = f"/challenges/{stage.number}/awards/{award.id}"
    plan = {"stages-0-place": "1", "stages-0-condition": "小试达到指标 2", "stages-0-due_on": "2026-10-31"}
    assert "已修改" in (await post(client, f"{address}/plan", plan)).text
    solver = stage.solver_of(award)
    await sign_in(client, solver)
    assert "入选待商定" in (await client.get("/dashboard", follow_redirects=True)).text
    answer = await post(client, f"{address}/agree", {"seen": award.plan_hash}, follow=False)
    assert answer.status_code == 409
    await award.refresh_from_db()
    await post(client, f"{address}/agree", {"seen": award.plan_hash})
    assert (await stage.reload()).status is ChallengeStatus.CONTRACTED
    page_of_award = (await client.get(address)).text
    (award,) = await stage.awards()
    assert award.deal is not None
    assert f"/deals/{award.deal.number}" in page_of_award

    deal = await client.get(f"/deals/{award.deal.number}")
    assert stage.number in deal.text
    skipped = await skip_publicity(award.deal.number, by=By(solver, JUDGED))
    assert skipped.status is DealStatus.TO_SIGN
    assert (await client.get(f"/deals/{award.deal.number}/sign")).status_code == 200
    assert (await client.get(f"/deals/{award.deal.number}/contract-draft.docx")).status_code == 200
    row = await Deal.get(id=award.deal_id)
    assert (row.opening, row.pricing, row.price_amount) == (Opening.CHALLENGE, Pricing.AGREED, prices[2])
    await sign_in(client, None)
    public = (await client.get(f"/challenges/{stage.number}")).text
    assert "揭榜结果" in public
    assert REASON not in public
    assert await broken("challenges:") == {}


async def test_only_who_judges_checks_and_chooses_and_never_one_person_alone() -> None:
    stage = await make_reviewing()
    stranger, solver = await make_member(await make_organisation()), stage.solvers[0]
    choices = await choices_of(stage, 1)
    for actor in (stranger, solver, stage.operator):
        with pytest.raises(Forbidden):
            await choosing.propose_selection(stage.number, choices, by=By(actor, JUDGED))
    bad = [Choice(row.place, is_chosen=False, rank=row.rank, reason=REASON) for row in choices]
    with pytest.raises(BadChoice):
        await choosing.propose_selection(stage.number, bad, by=By(stage.owner, JUDGED))
    with pytest.raises(Conflict, match="刷新"):
        await choosing.propose_selection(stage.number, choices[:2], by=By(stage.owner, JUDGED))
    selection = await choosing.propose_selection(stage.number, choices, by=By(stage.owner, JUDGED))
    with pytest.raises(Conflict, match="等另一人决定"):
        await choosing.propose_selection(stage.number, choices, by=By(stage.second, JUDGED))
    with pytest.raises(SamePerson):
        await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.owner, JUDGED))
    for actor in (stranger, stage.operator, stage.approver):
        with pytest.raises(Forbidden):
            await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(actor, JUDGED))
    with pytest.raises(Invalid):
        await choosing.decide_selection(selection.id, Verdict.REJECTED, by=By(stage.second, JUDGED))
    await choosing.decide_selection(
        selection.id, Verdict.REJECTED, reason="请补说明", by=By(stage.second, JUDGED)
    )
    with pytest.raises(AlreadyDecided):
        await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.second, JUDGED))
    assert (await stage.reload()).status is ChallengeStatus.REVIEWING
    await choose(stage, 1)
    places = {row.place: row.status async for row in Solution.filter(challenge_id=stage.challenge.id)}
    assert places == {1: SolutionStatus.CHOSEN, 2: SolutionStatus.NOT_CHOSEN, 3: SolutionStatus.NOT_CHOSEN}
    assert await broken("challenges:") == {}


async def test_only_the_two_sides_and_the_office_read_an_award_and_a_masked_owner_stays_so_until_it_is_agreed(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_reviewing(is_masked=True)
    await choose(stage, 1)
    (award,) = await stage.awards()
    set_clock(deps, JUDGED)
    owner = stage.challenge.owner.name
    page, at = f"/challenges/{stage.number}/selection", f"/challenges/{stage.number}/awards/{award.id}"
    chosen = stage.solver_of(award)
    others = [row for row in stage.solvers if row.organisation_id != chosen.organisation_id]
    for actor in (await make_member(await make_organisation()), *others):
        await sign_in(client, actor)
        for path in (page, at, f"{page}/new"):
            assert (await client.get(path)).status_code == 404, path
        assert (await post(client, f"{at}/agree", {"seen": award.plan_hash}, follow=False)).status_code == 404
    await sign_in(client, chosen)
    assert (await client.get(page)).status_code == 404
    before = (await client.get(at)).text
    assert "某企业" in before
    assert owner not in before
    for actor in (stage.operator, stage.approver):
        await sign_in(client, actor)
        assert (await client.get(page)).status_code == 200
        assert (await client.get(at)).status_code == 200
    await agree_all(stage)
    await sign_in(client, chosen)
    assert owner in (await client.get(at)).text
    await sign_in(client, None)
    assert owner not in (await client.get(f"/challenges/{stage.number}")).text
    assert (await client.get(page, follow_redirects=False)).status_code == 303
