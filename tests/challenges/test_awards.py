"""Awards after the choice: signed, worked on milestone by milestone, lapsed, ended."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from market.accounts.models import MemberRole, Organisation
from market.challenges import agreeing, award_deals, choosing, ending, milestones
from market.challenges.award_deals import SIGN_DUE, follow_deals
from market.challenges.challenge_terms import Package
from market.challenges.milestones import Reached
from market.challenges.models import ChallengeRuling
from market.challenges.owner_records import owner_record
from market.challenges.selection_models import ChallengeAward, MilestoneReport
from market.challenges.selection_queries import open_selection
from market.challenges.selection_rules import Choice
from market.challenges.selection_states import AwardStatus
from market.challenges.solution_models import Solution
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import ChallengeStatus, Cooperation, EndReason, Ruling, Winners
from market.claims.applications import create_claim
from market.contracts import remittances, signing
from market.contracts.models import Instalment
from market.deals.awards import end_awarded
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.deps import Deps
from market.kit.clock import local_date
from market.kit.errors import Conflict, Forbidden, Invalid
from market.records.by import By
from market.records.decisions import AlreadyDecided, Verdict
from tests.challenges.factories import WAN, challenge_terms
from tests.challenges.selection_factories import (
    JUDGED,
    REASON,
    Choosing,
    agree_all,
    choose,
    make_reviewing,
    set_clock,
    sign,
)
from tests.contracts.factories import KEPT
from tests.databases import tampered
from tests.factories import make_member
from tests.invariants import broken
from tests.moments import run_acts
from tests.programmes.factories import make_programmes
from tests.visitor import post, sign_in

DONE = "小试三组试样失重率均低于指标，附检测报告。"
PDF = b"%PDF-1.7\n%test\n"


async def report(stage: Choosing, award: ChallengeAward, value: str = "7.5") -> MilestoneReport:
    by = By(stage.solver_of(award), JUDGED)
    return await milestones.report(stage.number, award.id, DONE, [Reached(2, value)], None, by=by)


async def accept(stage: Choosing, award: ChallengeAward) -> None:
    """Report each milestone of an award as reached, and accept it."""
    for _row in award.plan:
        row = await report(stage, award)
        await milestones.review(stage.number, row.id, Verdict.CONFIRMED, by=By(stage.owner, JUDGED))


async def test_a_signed_award_is_reported_sent_back_accepted_and_paid_by_its_instalments(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_reviewing()
    await choose(stage, 1)
    (award,) = await agree_all(stage)
    contract = await sign(stage, award)
    parts = await Instalment.filter(contract_id=contract.id).order_by("sequence")
    assert [part.amount for part in parts] == [row["amount"] for row in award.plan]
    assert len(parts) == 3
    assert (await stage.reload()).status is ChallengeStatus.EXECUTING
    assert not await follow_deals(JUDGED)

    set_clock(deps, JUDGED)
    address = f"/challenges/{stage.number}/awards/{award.id}"
    await sign_in(client, stage.solver_of(award))
    answer = await post(client, f"{address}/report", {"text": "短"}, follow=False)
    assert answer.status_code == 422
    assert "至少 10 个字" in answer.text
    typed = {"text": DONE, "reached-0-place": "2", "reached-0-value": "9.5"}
    answer = await client.get(address)
    assert "提交第 1 个阶段" in answer.text
    await post(client, f"{address}/report", typed)
    (row,) = await MilestoneReport.filter(award_id=award.id)
    page = (await client.get(address)).text
    assert "未达到" in page
    review = f"{address}/reports/{row.id}"
    assert (await post(client, review, {"verdict": "confirmed"}, follow=False)).status_code == 403
    await sign_in(client, stage.owner)
    assert "阶段成果待验收" in (await client.get("/dashboard", follow_redirects=True)).text
    assert (await post(client, review, {"verdict": "rejected"}, follow=False)).status_code == 422
    await post(client, review, {"verdict": "rejected", "reason": "失重率没有达到"})
    assert "失重率没有达到" in (await client.get(address)).text
    row = await report(stage, award)
    assert (row.place, row.version) == (1, 2)
    answer = await post(client, f"{address}/reports/{row.id}", {"verdict": "confirmed"})
    assert "阶段验收通过，按合同付款" in answer.text
    for _rest in range(2):
        row = await report(stage, award)
        await milestones.review(stage.number, row.id, Verdict.CONFIRMED, by=By(stage.second, JUDGED))
    assert (await stage.reload()).status is ChallengeStatus.ACCEPTED
    with pytest.raises(Conflict):
        await report(stage, award)
    with pytest.raises(AlreadyDecided):
        await milestones.review(stage.number, row.id, Verdict.CONFIRMED, by=By(stage.second, JUDGED))
    assert await broken("challenges:", "records:") == {}
    async with tampered("UPDATE challenge_awards SET status = 'signed'"):
        assert "challenges: acceptances follow reports" in await broken("challenges: acceptances")


async def test_solution_choice_deal_contract_payment_and_claim_are_three_clicks_apart_each_way(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_reviewing()
    await make_programmes()
    await choose(stage, 1)
    (award,) = await agree_all(stage)
    contract = await sign(stage, award)
    assert award.deal is not None
    solver, number = stage.solver_of(award), award.deal.number
    await signing.register_contract(
        contract.number,
        "4526010300000999",
        registered_on=local_date(JUDGED),
        registry="百色市技术合同登记站",
        by=By(solver, JUDGED),
    )
    finance = await make_member(await Organisation.get(id=solver.organisation_id), MemberRole.FINANCE)
    row = await report(stage, award)
    await milestones.review(stage.number, row.id, Verdict.CONFIRMED, by=By(stage.owner, JUDGED))
    part = await Instalment.get(contract_id=contract.id, sequence=1)
    remittance = await remittances.record_remittance(
        part.id,
        part.amount,
        KEPT,
        received_on=local_date(JUDGED),
        bank_reference="",
        invoice_number="",
        invoice_amount=None,
        by=By(solver, JUDGED),
    )
    await remittances.confirm_remittance(remittance.id, by=By(finance, JUDGED))
    claim = await create_claim(
        "guangxi", year=2026, contract_numbers=[contract.number], by=By(stage.owner, JUDGED)
    )
    set_clock(deps, JUDGED)
    await sign_in(client, stage.owner)
    ways = (
        (f"/challenges/{stage.number}", f"/challenges/{stage.number}/selection"),
        (f"/challenges/{stage.number}/selection", f"/challenges/{stage.number}/awards/{award.id}"),
        (f"/challenges/{stage.number}/selection", f"/deals/{number}"),
        (f"/challenges/{stage.number}/awards/{award.id}", f"/deals/{number}"),
        (f"/deals/{number}", f"/contracts/{contract.number}"),
        (f"/deals/{number}", f"/claims/{claim.number}"),
        (f"/claims/{claim.number}", f"/challenges/{stage.number}"),
        (f"/claims/{claim.number}", f"/contracts/{contract.number}"),
        (f"/contracts/{contract.number}", f"/deals/{number}"),
        (f"/deals/{number}", f"/challenges/{stage.number}"),
    )
    for page, link in ways:
        answer = await client.get(page)
        assert answer.status_code == 200, page
        assert f'href="{link}"' in answer.text, (page, link)
    assert await broken("challenges:", "contracts:", "deals:", "ledger:") == {}


async def test_who_does_not_sign_in_time_lapses_and_the_next_in_rank_steps_in(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_reviewing()
    await choose(stage, 1)
    (award,) = await agree_all(stage)
    assert award.sign_by is not None
    late = By(stage.owner, award.sign_by)
    with pytest.raises(Conflict, match="还没有到"):
        await award_deals.lapse(stage.number, award.id, by=By(stage.owner, JUDGED))
    assert await run_acts(award.sign_by, SIGN_DUE)
    set_clock(deps, award.sign_by)
    await sign_in(client, stage.owner)
    page = f"/challenges/{stage.number}/selection"
    assert "记为没有按期签约" in (await client.get(page)).text
    await post(client, f"{page}/awards/{award.id}/lapse")
    assert award.deal_id is not None
    assert (await Deal.get(id=award.deal_id)).status is DealStatus.TERMINATED
    assert "递补下一名" in (await client.get(page)).text
    await post(client, f"{page}/awards/{award.id}/next")
    selection = await open_selection(stage.challenge.id)
    assert selection is not None
    await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.second, award.sign_by))
    assert (await stage.reload()).status is ChallengeStatus.AGREED
    _first, second = await stage.awards()
    assert (second.status, second.rank) == (AwardStatus.PROPOSED, 2)
    assert (await Solution.get(id=second.solution_id)).status is SolutionStatus.CHOSEN
    for actor in (stage.owner, stage.solver_of(second)):
        await agreeing.consent(stage.number, second.id, second.plan_hash, by=By(actor, award.sign_by))
    assert (await stage.reload()).status is ChallengeStatus.CONTRACTED
    assert await broken("challenges:", "records:") == {}
    with pytest.raises(Conflict, match="不能递补"):
        await choosing.propose_promotion(stage.number, second.id, by=late)
    with pytest.raises(Conflict, match="90 天"):
        await choosing.propose_promotion(
            stage.number, award.id, by=By(stage.owner, JUDGED + timedelta(days=90))
        )


async def test_a_declined_award_leaves_its_place_and_a_deal_that_ends_lapses() -> None:
    stage = await make_reviewing()
    await choose(stage, 1)
    (award,) = await stage.awards()
    solver = stage.solver_of(award)
    with pytest.raises(Invalid):
        await agreeing.decline(stage.number, award.id, "不做", by=By(solver, JUDGED))
    await agreeing.decline(stage.number, award.id, "人手已转到另一个项目上。", by=By(solver, JUDGED))
    assert (await stage.reload()).status is ChallengeStatus.AGREED
    selection = await choosing.propose_promotion(stage.number, award.id, by=By(stage.owner, JUDGED))
    await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.second, JUDGED))
    second = (await agree_all(stage))[-1]
    assert second.deal_id is not None
    await end_awarded(second.deal_id, by=By(stage.owner, JUDGED))
    assert await follow_deals(JUDGED) == 1
    assert (await ChallengeAward.get(id=second.id)).status is AwardStatus.LAPSED
    assert await broken("challenges:", "records:") == {}


async def test_several_winners_share_the_budget_and_each_has_a_deal() -> None:
    stage = await make_reviewing((90, 100, 60), winners=Winners.SPLIT, winners_most=3)
    candidates = await choosing.candidates_for(stage.challenge, 1)
    places = [row.place for row, _solution in candidates]
    with pytest.raises(choosing.BadChoice, match="超过榜额"):
        await choose(stage, *places)
    cheap = sorted(candidates, key=lambda row: row[0].price)[:2]
    await choose(stage, *(row.place for row, _solution in cheap))
    awards = await agree_all(stage)
    assert len({award.deal_id for award in awards}) == 2
    await sign(stage, awards[0])
    assert (await stage.reload()).status is ChallengeStatus.EXECUTING
    await accept(stage, awards[0])
    assert (await stage.reload()).status is ChallengeStatus.EXECUTING
    await sign(stage, awards[1])
    await milestones.fail(stage.number, awards[1].id, "样品两次检测都不合格。", by=By(stage.owner, JUDGED))
    assert (await stage.reload()).status is ChallengeStatus.ACCEPTED
    assert await broken("challenges:", "records:") == {}
    async with tampered("UPDATE challenge_awards SET amount = amount + 50000000"):
        findings = set(await broken("challenges:"))
    assert {"challenges: awards are within budget", "challenges: deals are as awarded"} <= findings


async def test_in_a_race_two_teams_work_on_the_first_stage_and_one_goes_on() -> None:
    stage = await make_reviewing((100, 90, 80), race_lanes=2, race_cut="小试后按失重率淘汰")
    await choose(stage, 1, 2)
    awards = await agree_all(stage)
    assert [len(award.plan) for award in awards] == [1, 1]
    for award in awards:
        await sign(stage, award)
    assert not await choosing.is_cut_due(stage.challenge)
    with pytest.raises(Conflict):
        await choosing.propose_selection(stage.number, [], by=By(stage.owner, JUDGED))
    await accept(stage, awards[0])
    await stage.reload()
    assert await choosing.is_cut_due(stage.challenge)
    amounts = await choosing.first_amounts(stage.challenge.id)
    going, leaving = (award.solution.place or 0 for award in awards)
    rows = [
        Choice(going, is_chosen=True, rank=1, amount=amounts[going] - 1),
        Choice(leaving, is_chosen=False, rank=2, reason=REASON),
    ]
    with pytest.raises(choosing.BadChoice, match="总价应与第一阶段"):
        await choosing.propose_selection(stage.number, rows, by=By(stage.owner, JUDGED))
    rows[0] = Choice(going, is_chosen=True, rank=1, amount=amounts[going])
    selection = await choosing.propose_selection(stage.number, rows, by=By(stage.owner, JUDGED))
    await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.second, JUDGED))
    by_id = {award.id: award.status for award in await stage.awards()}
    assert by_id[awards[1].id] is AwardStatus.DROPPED
    last = (await agree_all(stage))[-1]
    assert (last.stage, [row["place"] for row in last.plan]) == (2, [2, 3])
    assert last.amount + awards[0].amount == amounts[going]
    await sign(stage, last)
    await accept(stage, last)
    assert (await stage.reload()).status is ChallengeStatus.ACCEPTED
    assert await broken("challenges:", "records:") == {}


async def test_a_package_waits_for_the_one_before_it() -> None:
    packages = (Package("炉衬", "样品", 50 * WAN, 1), Package("上槽", "安装", 60 * WAN, 1, after=1))
    indicators = tuple(
        type(row)(**{**vars(row), "package": place})
        for place, row in enumerate(challenge_terms().indicators, 1)
    )
    stage = await make_reviewing(
        (50, 60), cooperation=Cooperation.CROWD, packages=packages, indicators=indicators
    )
    await choose(stage, 1, 2)
    awards = {award.solution.package: award for award in await agree_all(stage)}
    assert awards[1].deal_id is not None
    assert awards[2].deal_id is None
    await sign(stage, awards[1])
    await accept(stage, awards[1])
    assert (await stage.reload()).status is ChallengeStatus.EXECUTING
    later = (await ChallengeAward.get(id=awards[2].id)).deal_id
    assert later is not None
    assert (await Deal.get(id=later)).title.endswith("：上槽")
    assert await broken("challenges:", "records:") == {}


@pytest.mark.parametrize("ruling", [Ruling.END, Ruling.FIND_NONE])
async def test_an_owner_ends_a_list_with_a_published_reason_that_the_operator_confirms(
    client: httpx.AsyncClient, deps: Deps, ruling: Ruling
) -> None:
    stage = await make_reviewing()
    set_clock(deps, JUDGED)
    page = f"/challenges/{stage.number}/selection"
    await sign_in(client, stage.owner)
    answer = await post(client, f"{page}/end", {"ruling": ruling, "text": "不做了"}, follow=False)
    assert answer.status_code == 422
    assert "请写明公开的理由" in answer.text
    text = "三份方案的外推年限都没有数据，达不到七年。"
    await post(client, f"{page}/end", {"ruling": ruling, "text": text})
    proposal = await ChallengeRuling.get(challenge_id=stage.challenge.id)
    decide = f"{page}/rulings/{proposal.id}"
    assert (await post(client, decide, {"verdict": "confirmed"}, follow=False)).status_code == 403
    await sign_in(client, stage.operator)
    assert "榜单待决定终止" in (await client.get("/dashboard", follow_redirects=True)).text
    assert "已决定" in (await post(client, decide, {"verdict": "confirmed"})).text
    challenge = await stage.reload()
    is_end = ruling is Ruling.END
    assert challenge.status is (ChallengeStatus.ENDED if is_end else ChallengeStatus.NO_TAKER)
    assert challenge.end_reason is (EndReason.WITHDRAWN if is_end else EndReason.BELOW)
    record = await owner_record(challenge.owner_id, is_masked=False)
    assert (record.ended, record.no_taker) == ((1, 0) if is_end else (0, 1))
    await sign_in(client, None)
    assert text in (await client.get(f"/challenges/{stage.number}")).text
    await sign_in(client, stage.owner)
    opened = await client.get(f"/challenges/{stage.number}/solutions/1")
    assert opened.status_code == (404 if is_end else 200)
    assert await broken("challenges:", "records:") == {}


async def test_an_end_takes_awards_and_their_deals_along_but_no_signed_contract() -> None:
    stage = await make_reviewing()
    await choose(stage, 1)
    (award,) = await agree_all(stage)
    proposed = By(stage.owner, JUDGED)
    with pytest.raises(Conflict):
        await ending.propose_ending(stage.number, Ruling.END, REASON, by=proposed)
    proposal = await ending.propose_ending(stage.number, Ruling.FIND_NONE, REASON, by=proposed)
    with pytest.raises(Conflict, match="已有一项决定"):
        await ending.propose_ending(stage.number, Ruling.FIND_NONE, REASON, by=proposed)
    with pytest.raises(Forbidden):
        await ending.decide_ending(proposal.id, Verdict.CONFIRMED, by=By(stage.approver, JUDGED))
    await ending.decide_ending(proposal.id, Verdict.CONFIRMED, by=By(stage.operator, JUDGED))
    assert award.deal_id is not None
    assert (await Deal.get(id=award.deal_id)).status is DealStatus.TERMINATED
    assert (await ChallengeAward.get(id=award.id)).status is AwardStatus.ENDED
    assert (await stage.reload()).end_reason is EndReason.NOT_AGREED
    assert await broken("challenges:", "records:") == {}
    async with tampered("DELETE FROM challenge_rulings"):
        assert "challenges: ends are reasoned" in await broken("challenges: ends")
