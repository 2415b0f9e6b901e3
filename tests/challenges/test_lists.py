"""Challenges from the draft to the listing, on pages and in the database."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import cast
from uuid import uuid4

import httpx
import pytest
from asyncpg import PostgresError  # type: ignore[import-untyped]
from tortoise.exceptions import OperationalError

from market.accounts.models import OrganisationKind, StaffRole
from market.challenges import clock, drafting, screening
from market.challenges.deadlines import GRACE
from market.challenges.models import Challenge, ChallengeRuling, PublishedTerms
from market.challenges.owner_records import OwnerRecord, owner_record
from market.challenges.states import ChallengeStatus, EndReason, Kind, Ruling
from market.deps import Deps
from market.integrity.models import Scope
from market.integrity.sanction_acts import Barred
from market.kit.database import connection
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.terms import to_columns
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.challenges.factories import (
    ARGUMENTS,
    DEADLINE,
    OPENS,
    challenge_terms,
    make_argued,
    make_draft,
    make_listed,
    make_listed_by_two,
    make_submitted,
)
from tests.databases import past_guards, run_as_owner
from tests.factories import HOLIDAYS, NOW, make_member, make_need, make_organisation, make_staff
from tests.fakes import FixedClock
from tests.integrity.test_sanction_acts import confirm, file_one
from tests.invariants import broken
from tests.moments import run_acts
from tests.visitor import post, sign_in

REASON = "第二项指标请写明检测标准和检测单位。"
FORM = {
    "kind": "enterprise",
    "title": "甘蔗渣餐具热压周期缩短一半",
    "summary": "周期由六十秒降到三十秒。",
    "background": "现在一模六十秒，能耗高。",
    "field": "materials",
    "cooperation": "commissioned",
    "indicators-0-name": "热压周期",
    "indicators-0-unit": "秒",
    "indicators-0-present": "60",
    "indicators-0-operator": "le",
    "indicators-0-low": "３０",
    "indicators-0-method": "连续一百模计时取平均",
    "indicators-0-proof": "site",
    "budget_kind": "ceiling",
    "budget": "200",
    "milestones-0-name": "样机",
    "milestones-0-condition": "样机达到指标",
    "milestones-0-share": "60",
    "milestones-1-name": "验收",
    "milestones-1-condition": "连续运行一个月",
    "milestones-1-share": "40",
    "criteria-0-name": "路线",
    "criteria-0-points": "70",
    "criteria-1-name": "价格",
    "criteria-1-points": "30",
    "winners": "one",
    "winners_most": "1",
    "ownership": "joint",
    "failure": "已付款不退。",
    "opens_on": "2026-03-05",
    "deadline_on": "2026-04-30",
    "deadline_time": "17:00",
    "sign_days": "30",
    "contact": "0771-5550001",
    "argument_need": "订单翻倍，产能不够，已试过两家设备厂。",
    "argument_measure": "秒表可测，能做热压机的都可以来。",
    "argument_input": "设备改造两套，企业自筹。",
}


def set_clock(deps: Deps, now: object) -> None:
    cast(FixedClock, deps.clock).now = now  # type: ignore[assignment]


async def test_a_firm_writes_a_list_the_platform_returns_it_and_lists_it(client: httpx.AsyncClient) -> None:
    firm = await make_member(await make_organisation(name="南宁环保餐具有限公司"))
    operator = await make_staff(StaffRole.OPERATOR)
    await sign_in(client, firm)
    for address in ("/challenges", "/my/challenges"):
        assert "/my/challenges/new" in (await client.get(address)).text

    answer = await post(client, "/my/challenges/new", FORM | {"title": ""})
    assert answer.status_code == 422
    assert "请填榜单名称" in answer.text
    answer = await post(client, "/my/challenges/new", FORM | {"indicators-0-method": ""})
    assert answer.status_code == 200, answer.text[:3000]
    number = re.search(r"BD-\d{4}-\d{6}", answer.text)[0]  # type: ignore[index]
    assert "第 1 项指标缺少检测方法：请写明按什么标准、由谁检测。" in answer.text

    answer = await post(client, f"/challenges/{number}/submit")
    assert answer.status_code == 422
    assert "第 1 项指标缺少检测方法" in answer.text
    assert "field__error" in answer.text
    await post(client, f"/challenges/{number}/edit", FORM)
    assert "已提交" in (await post(client, f"/challenges/{number}/submit")).text
    assert (await client.get(f"/challenges/{number}/edit")).status_code == 409
    assert (await sign_in(client, None)) is client
    assert (await client.get(f"/challenges/{number}")).status_code == 404

    await sign_in(client, operator)
    desk = f"/admin/challenges/{number}"
    assert "榜单待论证或张榜" in (await client.get("/dashboard", follow_redirects=True)).text
    assert "产能不够" in (await client.get(desk)).text
    answer = await post(client, desk, {"ruling": "return", "text": "太短"})
    assert answer.status_code == 422
    await post(client, desk, {"ruling": "return", "text": REASON})
    await sign_in(client, firm)
    assert REASON in (await client.get(f"/challenges/{number}")).text
    assert "榜单被退回" in (await client.get("/dashboard", follow_redirects=True)).text
    await post(client, f"/challenges/{number}/submit")
    await sign_in(client, operator)
    answer = await post(client, desk, {"ruling": "list"})
    assert "已张榜" in answer.text

    await sign_in(client, None)
    page = (await client.get(f"/challenges/{number}")).text
    for words in (
        "南宁环保餐具有限公司",
        "≤ 30",
        "连续一百模计时取平均",
        "2026-04-30 17:00:00",
        "1,200,000.00",
    ):
        assert words in page, words
    assert "产能不够" not in page
    assert number in (await client.get("/challenges")).text
    assert "揭榜挂帅" in (await client.get("/")).text
    assert await broken("challenges:") == {}
    challenge = await Challenge.get(number=number)
    assert challenge.indicators[0]["low"] == "30"
    assert challenge.result_due_at is not None


async def test_a_government_list_is_argued_by_experts_and_listed_by_two(client: httpx.AsyncClient) -> None:
    stage = await make_argued()
    number = stage.challenge.number
    await sign_in(client, stage.operator)
    page = (await client.get(f"/admin/challenges/{number}")).text
    assert "80.00" in page
    assert "提出张榜" in page
    assert "退回修改" not in page
    await post(client, f"/admin/challenges/{number}", {"ruling": "list"})
    ruling = await ChallengeRuling.get(challenge_id=stage.challenge.id)
    answer = await post(client, f"/admin/challenges/{number}", {"ruling": "list"}, follow=False)
    assert answer.status_code == 409

    await sign_in(client, stage.approver)
    assert "榜单待决定" in (await client.get("/dashboard", follow_redirects=True)).text
    decide = f"/admin/challenges/{number}/rulings/{ruling.id}"
    assert (await post(client, decide, {"verdict": "rejected"}, follow=False)).status_code == 422
    assert "已决定" in (await post(client, decide, {"verdict": "confirmed"})).text
    challenge = await stage.reload()
    assert (challenge.status, challenge.version) == (ChallengeStatus.LISTED, 1)
    page = (await client.get(f"/challenges/{number}")).text
    assert "财政支持 ¥600,000.00" in page.replace("￥", "¥")
    assert 'width="70.000"' in page, "the owner's part of the bar"
    assert await broken("challenges:") == {}


async def test_the_operator_prepares_the_round_over_waiting_government_lists(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_submitted(Kind.GOVERNMENT)
    await sign_in(client, stage.operator)
    assert "1 张政府榜待专家论证" in (await client.get("/admin/challenges")).text
    page = await client.get("/admin/challenges/rounds/new")
    assert stage.challenge.number in page.text
    typed = {
        "title": "榜单论证",
        "items": str(stage.challenge.id),
        "target": "3",
        "reserves": "2",
        "financial": "0",
        "largest_share": "1",
        "statistic": "mean",
        "score_days": "7",
    }
    assert (await post(client, "/admin/challenges/rounds/new", typed)).status_code == 422
    answer = await post(client, "/admin/challenges/rounds/new", typed | {"salt": "口令 1234"})
    assert answer.status_code == 200, answer.text[:2000]
    assert "PS-2026-" in answer.text
    assert stage.challenge.number not in (await client.get("/admin/challenges/rounds/new")).text
    with pytest.raises(Conflict, match="已列入论证评审"):
        await screening.send_back(stage.challenge.number, REASON, by=By(stage.operator, NOW))


async def test_a_government_list_is_never_listed_without_support_nor_by_one_person() -> None:
    stage = await make_submitted(Kind.GOVERNMENT)
    number, by = stage.challenge.number, By(stage.operator, NOW)
    with pytest.raises(Conflict, match="先由专家论证"):
        await screening.propose(number, Ruling.LIST, "", by=by)
    with pytest.raises(Conflict, match="批准人决定"):
        await screening.list_of_firm(number, calendar=HOLIDAYS, by=by)
    with pytest.raises(Conflict, match="批准人决定"):
        await screening.reject_of_firm(number, EndReason.SECRET, "写了不能公开的参数。", by=by)
    with pytest.raises(Invalid, match="选择不予张榜的原因"):
        await screening.propose(number, Ruling.REJECT, "写了不能公开的参数。", by=by)
    with pytest.raises(Invalid, match="至少 10 个字"):
        await screening.propose(number, Ruling.REJECT, "太短", end_reason=EndReason.SECRET, by=by)
    proposal = await screening.propose(
        number, Ruling.REJECT, "写了不能公开的参数。", end_reason=EndReason.SECRET, by=by
    )
    with pytest.raises(Conflict, match="等批准人处理"):
        await screening.send_back(number, REASON, by=by)
    await screening.decide_ruling(
        proposal.id, Verdict.REJECTED, reason="参数可以删去", calendar=HOLIDAYS, by=By(stage.approver, NOW)
    )
    again = await screening.propose(
        number, Ruling.REJECT, "写了不能公开的参数。", end_reason=EndReason.SECRET, by=by
    )
    await screening.decide_ruling(again.id, Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(stage.approver, NOW))
    challenge = await stage.reload()
    assert (challenge.status, challenge.end_reason) == (ChallengeStatus.REJECTED, EndReason.SECRET)
    assert await broken("challenges:") == {}
    with pytest.raises(NotFound):
        await screening.decide_ruling(
            uuid4(), Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(stage.approver, NOW)
        )


async def test_what_experts_do_not_support_is_not_listed_and_who_proposes_does_not_decide() -> None:
    weak = await make_argued(50)
    with pytest.raises(Conflict, match=r"50\.00 分，低于 60 分"):
        await screening.propose(weak.challenge.number, Ruling.LIST, "", by=By(weak.operator, NOW))

    await connection().execute_query(
        "INSERT INTO challenge_rulings "
        "(id, challenge_id, ruling, text, end_reason, proposed_by_id, proposed_at) "
        "VALUES ($1, $2, 'reject', '专家不支持，指标无法测量。', 'not_argued', $3, $4)",
        [uuid4(), weak.challenge.id, weak.approver.user_id, NOW],
    )
    ruling = await ChallengeRuling.get(challenge_id=weak.challenge.id)
    with pytest.raises(SamePerson):
        await screening.decide_ruling(
            ruling.id, Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(weak.approver, NOW)
        )
    for statement in (
        "UPDATE challenge_rulings SET verdict = 'confirmed', decided_at = now(), "
        "decided_by_id = proposed_by_id",
        "DELETE FROM challenge_rulings",
    ):
        with pytest.raises((OperationalError, PostgresError)):
            await run_as_owner(statement)


async def test_the_clock_opens_and_closes_a_list_once_however_often_it_calls(deps: Deps) -> None:
    stage = await make_listed()
    early = OPENS - timedelta(seconds=1)
    assert await run_acts(early, clock.OPEN, clock.CLOSE, deps=deps) == 0
    assert await clock.begin_responding(stage.challenge.id, now=early) is False
    assert await run_acts(OPENS, clock.OPEN, deps=deps) == 1
    assert (await stage.reload()).status is ChallengeStatus.RESPONDING
    assert await clock.close(stage.challenge.id, now=DEADLINE) is False
    assert await run_acts(DEADLINE + GRACE, clock.CLOSE, deps=deps) == 1
    assert (await stage.reload()).status is ChallengeStatus.CLOSED
    assert await clock.close(stage.challenge.id, now=DEADLINE + GRACE) is False
    assert await clock.begin_responding(stage.challenge.id, now=DEADLINE) is False


async def test_a_list_whose_opening_was_missed_is_closed_all_the_same() -> None:
    stage = await make_listed()
    assert await clock.close(stage.challenge.id, now=DEADLINE + GRACE)
    assert (await stage.reload()).status is ChallengeStatus.CLOSED


async def test_the_page_follows_the_clock_though_no_job_has_run(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_listed()
    address = f"/challenges/{stage.challenge.number}"
    for now, words in (
        (OPENS - timedelta(milliseconds=1), "已张榜"),
        (OPENS, "还剩 56 天"),
        (DEADLINE - timedelta(milliseconds=1), "还剩 1 分钟"),
        (DEADLINE, "已截止，正在开启方案"),
    ):
        set_clock(deps, now)
        assert words in (await client.get(address)).text, now


async def test_the_owner_of_a_masked_list_is_named_to_itself_and_the_office_alone(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_listed(is_masked=True)
    name, number = "百色电解铝有限公司", stage.challenge.number
    other = await make_member()
    for actor, sees in ((None, False), (other, False), (stage.owner, True), (stage.operator, True)):
        await sign_in(client, actor)
        for address in ("/challenges", f"/challenges/{number}"):
            text = (await client.get(address)).text
            assert ("某企业" in text) is not sees, (actor, address)
            if not sees:
                assert name not in text


async def test_a_masked_list_does_not_name_its_owner_in_its_text_nor_an_authority_hide() -> None:
    stage = await make_draft(Kind.ENTERPRISE, is_masked=True)
    challenge = stage.challenge
    terms = challenge_terms(is_masked=True, background="百色电解铝有限公司的槽。")
    await drafting.edit(challenge.number, terms, ARGUMENTS, by=By(stage.owner, NOW))
    with pytest.raises(Invalid, match="写了单位名称"):
        await drafting.submit(challenge.number, by=By(stage.owner, NOW))
    public = challenge_terms(is_masked=True, kind=Kind.GOVERNMENT)
    await drafting.edit(challenge.number, public, ARGUMENTS, by=By(stage.owner, NOW))
    with pytest.raises(Invalid, match="政府榜须公开发榜单位"):
        await drafting.submit(challenge.number, by=By(stage.owner, NOW))


async def test_a_need_and_a_list_that_came_to_nothing_begin_a_new_one(client: httpx.AsyncClient) -> None:
    stage = await make_submitted()
    need = await make_need(stage.challenge.owner, title="内衬寿命不够", targets=[])
    await sign_in(client, stage.owner)
    assert "内衬寿命不够" in (await client.get(f"/my/challenges/new?need={need.number}")).text
    foreign = await make_need(title="别家的需求")
    assert (await client.get(f"/my/challenges/new?need={foreign.number}")).status_code == 404
    by = By(stage.owner, NOW)
    with pytest.raises(Conflict, match="还没有结束"):
        await drafting.create(challenge_terms(), ARGUMENTS, follows=stage.challenge, by=by)
    await screening.reject_of_firm(
        stage.challenge.number, EndReason.NOT_ARGUED, "指标只有一家能满足。", by=By(stage.operator, NOW)
    )
    challenge = await stage.reload()
    page = (await client.get(f"/challenges/{challenge.number}")).text
    assert "论证未通过" in page
    assert "重新张榜" in page
    answer = await client.get(f"/my/challenges/new?again={challenge.number}")
    assert challenge.title in answer.text
    answer = await post(client, f"/my/challenges/new?again={challenge.number}", FORM | {"deadline_on": ""})
    assert "请填揭榜截止的日期和时刻" in answer.text
    assert await Challenge.filter(follows_id=challenge.id).count() == 1


async def test_only_firms_and_authorities_put_lists_up_and_only_their_own() -> None:
    university = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY))
    with pytest.raises(Forbidden, match="企业和主管部门可以发榜"):
        await drafting.create(challenge_terms(), ARGUMENTS, by=By(university, NOW))
    stage, other = await make_draft(), By(await make_member(), NOW)
    number = stage.challenge.number
    with pytest.raises(NotFound):
        await drafting.edit(number, challenge_terms(), ARGUMENTS, by=other)
    with pytest.raises(NotFound):
        await drafting.submit(number, by=other)
    with pytest.raises(NotFound):
        await drafting.create(challenge_terms(), ARGUMENTS, need=await make_need(), by=other)
    with pytest.raises(NotFound):
        await drafting.create(challenge_terms(), ARGUMENTS, follows=stage.challenge, by=other)


async def test_a_barred_firm_submits_nothing() -> None:
    stage = await make_draft()
    challenge = await stage.reload()
    await confirm(await file_one(str(challenge.owner.uscc), scopes=[Scope.CHALLENGE]))
    with pytest.raises(Barred):
        await drafting.submit(stage.challenge.number, by=By(stage.owner, NOW))


async def test_the_database_keeps_what_was_submitted_and_what_was_published() -> None:
    stage = await make_listed()
    for statement in (
        "UPDATE challenges SET title = '别的'",
        "UPDATE challenges SET budget = 1",
        "UPDATE challenges SET indicators = '[]'",
        "UPDATE challenges SET deadline_at = deadline_at - interval '1 day'",
        "UPDATE challenges SET published_at = now()",
        "UPDATE challenges SET status = 'draft'",
        "UPDATE challenges SET end_reason = 'withdrawn'",
        "UPDATE challenges SET opened_at = deadline_at",
        "DELETE FROM challenges",
        "UPDATE challenge_terms SET content_hash = ''",
        "DELETE FROM challenge_terms",
    ):
        with pytest.raises((OperationalError, PostgresError)):
            await run_as_owner(statement)
    assert (await stage.reload()).status is ChallengeStatus.LISTED


async def test_who_tampers_past_the_guards_is_found_by_the_checks() -> None:
    stage = await make_listed_by_two()
    assert await broken("challenges:") == {}
    await past_guards("UPDATE challenges SET budget = budget + 1")
    assert list(await broken("challenges: terms")) == ["challenges: terms are as published"]
    await past_guards("UPDATE challenges SET budget = budget - 1")
    await past_guards('UPDATE challenge_terms SET content = content || \'{"title": "x"}\'')
    assert list(await broken("challenges: terms")) == ["challenges: terms are as published"]
    await past_guards("DELETE FROM challenge_rulings")
    assert list(await broken("challenges: government lists are")) == [
        "challenges: government lists are decided by two"
    ]
    await past_guards("UPDATE rounds SET concluded_at = concluded_at + interval '1 day'")
    assert list(await broken("challenges: government lists were")) == [
        "challenges: government lists were argued about"
    ]
    await past_guards("UPDATE challenges SET terms_hash = repeat('0', 64)")
    assert "challenges: lists are logged" in await broken("challenges: lists")
    assert await PublishedTerms.filter(challenge_id=stage.challenge.id).count() == 1


async def test_an_owners_record_counts_what_was_published_and_what_became_of_it() -> None:
    stage = await make_listed()
    columns = to_columns(challenge_terms())
    for status, reason in (
        (ChallengeStatus.ENDED, "withdrawn"),
        (ChallengeStatus.NO_TAKER, "none_came"),
        (ChallengeStatus.EXECUTING, None),
        (ChallengeStatus.DRAFT, None),
    ):
        is_draft = status is ChallengeStatus.DRAFT
        await Challenge.create(
            id=uuid4(),
            number=f"BD-2026-{900 + list(ChallengeStatus).index(status):06d}",
            status=status,
            owner_id=stage.challenge.owner_id,
            created_by_id=stage.owner.user_id,
            created_at=NOW,
            updated_at=NOW,
            end_reason=reason,
            version=0 if is_draft else 1,
            terms_hash="" if is_draft else "0" * 64,
            published_at=None if is_draft else NOW,
            **columns,
        )
    owner_id = stage.challenge.owner_id
    assert await owner_record(owner_id, is_masked=False) == OwnerRecord(
        listed=4, signed=1, no_taker=1, ended=1
    )
    assert await owner_record(owner_id, is_masked=True) == OwnerRecord()
