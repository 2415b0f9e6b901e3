"""Results are told and objected to within working days, and set aside by an outsider alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Message, Organisation
from market.budgets.batches import make_batch
from market.budgets.list_preview import preview_list
from market.claims.desk_review import calculate, recheck
from market.claims.models import Claim
from market.claims.round_claims import claims_to_judge
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.panels.result_objections import decide_objection, object_to_result
from market.panels.round_checks import objections_are_in_time_and_by_outsiders
from market.panels.round_models import ResultObjection, Round, RoundItem, Seat
from market.panels.round_states import RoundStatus
from market.panels.rounds import TELL, deadline, publish_round
from market.programmes.models import Programme
from market.records.by import By
from market.records.checks import decisions_stand_in_the_log
from market.records.decisions import SamePerson, Verdict
from tests.claims.factories import WAN, make_budget
from tests.databases import past_guards
from tests.factories import NOW, make_member
from tests.moments import run_acts
from tests.panels.round_factories import Stage, draw, make_concluded_round, prepare
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in

SECOND = timedelta(seconds=1)
GROUNDS = "第二位专家的意见把合同金额看错了，附登记证明。"


@cached_stage
async def make_told() -> tuple[Stage, Actor]:
    """Tell the result of a claim at 88 points; return also who acts for its applicant."""
    stage = await make_concluded_round(88, 86, 90)
    await publish_round(stage.round.number, by=By(stage.desk.operator, NOW))
    claim = await Claim.get(id=stage.claims[0])
    applicant = await make_member(await Organisation.get(id=claim.applicant_id), MemberRole.AGENT)
    return Stage(stage.desk, await Round.get(id=stage.round.id), stage.claims), applicant


async def file(applicant: Actor, at: datetime = NOW, grounds: str = GROUNDS) -> ResultObjection:
    item = await RoundItem.all().order_by("id").get()
    return await object_to_result(item.id, grounds=grounds, by=By(applicant, at))


async def test_results_are_told_at_the_clock_where_nobody_told_them() -> None:
    stage = await make_concluded_round(88, 86, 90)
    claim = await Claim.get(id=stage.claims[0])
    applicant = await make_member(await Organisation.get(id=claim.applicant_id), MemberRole.AGENT)
    due_at = deadline(4, NOW)

    assert await run_acts(due_at - SECOND, TELL) == 0
    assert await run_acts(due_at, TELL) == 1

    round_ = await Round.get(id=stage.round.id)
    assert (round_.status, round_.published_at) == (RoundStatus.PUBLISHED, due_at)
    assert due_at < deadline(5, NOW)
    assert await Message.filter(user_id=applicant.user_id, address=f"/claims/{claim.number}/review").exists()


async def test_an_applicant_objects_until_the_end_of_the_fifth_working_day_once_at_a_time() -> None:
    stage, applicant = await make_told()
    until = stage.round.object_until
    assert until == deadline(5, NOW) == datetime(2026, 3, 9, 16, tzinfo=UTC)
    for person, error in ((await make_member(), NotFound), (stage.desk.operator, Forbidden)):
        with pytest.raises(error):
            await file(person)
    with pytest.raises(Invalid):
        await file(applicant, grounds="不公平")
    with pytest.raises(Conflict, match="届满"):
        await file(applicant, until)

    await file(applicant, until - SECOND)

    with pytest.raises(Conflict, match="已有一份异议"):
        await file(applicant, until - SECOND)
    assert await objections_are_in_time_and_by_outsiders() == []
    assert await Message.filter(user_id=stage.desk.approver.user_id, text__contains="收到异议").exists()


async def test_nothing_is_objected_to_before_it_is_told() -> None:
    stage = await make_concluded_round(88, 86, 90)
    claim = await Claim.get(id=stage.claims[0])
    applicant = await make_member(await Organisation.get(id=claim.applicant_id), MemberRole.AGENT)

    with pytest.raises(NotFound):
        await file(applicant)


async def test_an_objection_that_waits_stops_computation_recheck_and_list_and_dismissed_frees_them() -> None:
    stage, applicant = await make_told()
    claim = await Claim.get(id=stage.claims[0])
    desk = stage.desk
    assessment = await calculate(claim.number, by=By(desk.officer, NOW))
    objection = await file(applicant)

    with pytest.raises(Conflict, match="还没有裁定"):
        await recheck(claim.number, sequence=assessment.sequence, by=By(desk.rechecker, NOW))
    for person in (desk.rechecker, desk.operator):
        with pytest.raises(Forbidden):
            await decide_objection(objection.id, Verdict.REJECTED, reason="不成立", by=By(person, NOW))
    for verdict in Verdict:
        with pytest.raises(Invalid):
            await decide_objection(objection.id, verdict, reason=" ", by=By(desk.approver, NOW))
    await decide_objection(objection.id, Verdict.REJECTED, reason="金额与登记一致", by=By(desk.approver, NOW))

    told = await Message.filter(user_id=applicant.user_id).order_by("-id").first()
    assert told is not None
    assert "金额与登记一致" in told.text
    await recheck(claim.number, sequence=assessment.sequence, by=By(desk.rechecker, NOW))
    again = await file(applicant)
    await make_budget(desk, 1000 * WAN)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="第一批", by=By(desk.officer, NOW)
    )
    claims = await Claim.filter(id=claim.id).select_related("applicant", "programme", "terms")
    (line,) = (await preview_list(batch, claims, now=NOW)).lines
    assert (line.award, line.reason) == (0, "对评审结果的异议还没有裁定。")
    assert again.verdict is None


async def test_an_upheld_objection_sets_the_result_aside_and_the_claim_goes_into_another_round() -> None:
    stage, applicant = await make_told()
    desk, claim = stage.desk, await Claim.get(id=stage.claims[0])
    programme = await Programme.get(id=claim.programme_id)
    assert await claims_to_judge(programme, claim.year) == []
    objection = await file(applicant)

    await decide_objection(objection.id, Verdict.CONFIRMED, reason="金额确有误读", by=By(desk.approver, NOW))

    with pytest.raises(Conflict, match="须重新评审"):
        await calculate(claim.number, by=By(desk.officer, NOW))
    assert await claims_to_judge(programme, claim.year) == [claim]
    for person in (desk.operator, desk.officer, desk.rechecker, applicant):
        assert await Message.filter(user_id=person.user_id, text__contains="异议成立").exists()
    other = await prepare(desk, stage.claims)
    await draw(other.number, by=By(desk.operator, NOW))
    with pytest.raises(Conflict, match=f"在评审 {other.number} 中评审"):
        await calculate(claim.number, by=By(desk.officer, NOW))
    assert await decisions_stand_in_the_log() == []


async def test_nobody_of_the_round_decides_and_what_was_changed_past_the_guards_is_found() -> None:
    stage, applicant = await make_told()
    approver = stage.desk.approver
    objection = await file(applicant)
    seat = (await Seat.all().order_by("place"))[0]
    await past_guards("UPDATE seats SET user_id = $1 WHERE id = $2", approver.user_id, seat.id)
    with pytest.raises(SamePerson):
        await decide_objection(objection.id, Verdict.REJECTED, reason="不成立", by=By(approver, NOW))
    await past_guards("UPDATE seats SET user_id = $1 WHERE id = $2", seat.user_id, seat.id)
    await decide_objection(objection.id, Verdict.REJECTED, reason="不成立", by=By(approver, NOW))
    assert await objections_are_in_time_and_by_outsiders() == []

    await past_guards("UPDATE result_objections SET proposed_at = proposed_at + interval '9 days'")
    await past_guards("UPDATE result_objections SET decided_by_id = $1", stage.desk.rechecker.user_id)

    findings = await objections_are_in_time_and_by_outsiders()
    assert len(findings) == 2
    assert all(stage.round.number in finding for finding in findings)


async def test_applicant_and_approver_do_it_on_their_pages(client: httpx.AsyncClient) -> None:
    stage, applicant = await make_told()
    claim = await Claim.get(id=stage.claims[0])
    page, round_page = f"/claims/{claim.number}/review", f"/admin/rounds/{stage.round.number}"
    await sign_in(client, applicant)
    offered = (await client.get(page)).text
    refused = await post(client, page, {"grounds": "不服"}, follow=False)
    filed = (await post(client, page, {"grounds": GROUNDS})).text
    await sign_in(client, stage.desk.approver)
    assert "待裁定的评审异议" in (await client.get("/dashboard")).text
    objection = await ResultObjection.get()
    decided = await post(
        client, round_page, {"act": "uphold", "objection": str(objection.id), "reason": "金额确有误读"}
    )
    missing = await post(client, round_page, {"act": "dismiss", "objection": "x"}, follow=False)
    await sign_in(client, applicant)
    told = (await client.get(page)).text

    assert "提出异议" in offered
    assert refused.status_code == 422
    assert "等待裁定" in filed
    assert GROUNDS in decided.text
    assert missing.status_code == 404
    assert "金额确有误读" in told
    assert "异议成立，重新评审" in told
