"""The library: drafted by one person, released by another; the clock amends, replaces and ends."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from market.deps import Deps
from market.kit.clock import end_of_day, start_of_day
from market.kit.database import in_transaction
from market.kit.errors import Conflict, Invalid, NotFound
from market.policies import library
from market.policies.checks import (
    ends_are_decided_by_two,
    policies_are_as_released,
    repealed_policies_have_a_ground,
)
from market.policies.library import PolicyDraft
from market.policies.models import Policy, PolicyEnd, PolicyProgramme
from market.policies.queries import affected_by, get_policy_for
from market.policies.search import all_documents, build_documents
from market.policies.states import Effect, Level, PolicyStatus
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from market.records.moments import run_moments
from tests.claims.factories import Desk, make_applicant, make_desk
from tests.databases import past_guards, tampered
from tests.factories import NOW
from tests.visitor import post, sign_in

TODAY = date(2026, 3, 2)


def values(**changes: Any) -> dict[str, Any]:
    usual = {
        "title": "后补助实施细则",
        "document_number": "桂科演〔2026〕2号",
        "issuer": "自治区科技厅",
        "level": Level.PROVINCE,
        "region": "450000",
        "issued_on": date(2026, 1, 5),
        "effective_on": date(2026, 2, 1),
        "ends_on": None,
        "topics": ["subsidy"],
        "audience": ["enterprise"],
        "source_url": "",
        "summary": "先买、先用、后补。",
        "points": [{"clause": "第四条", "words": "产生新增销售以后申报。"}],
        "text": "",
        "effect": None,
    }
    return usual | changes


async def release(desk: Desk, affects: str = "", **changes: Any) -> Policy:
    draft = PolicyDraft(values(**changes), affects, ("guangxi",))
    policy = await library.draft_policy(draft, by=By(desk.officer, NOW))
    return await library.release_policy(policy.number, by=By(desk.approver, NOW))


async def test_a_policy_is_read_by_everybody_once_a_second_person_released_it_and_stays_as_it_was() -> None:
    desk = await make_desk()
    await make_applicant()
    by = By(desk.officer, NOW)
    policy = await library.draft_policy(PolicyDraft(values(), "", ("guangxi",)), by=by)
    with pytest.raises(NotFound):
        await get_policy_for(None, policy.number)
    with pytest.raises(Invalid):
        await library.draft_policy(PolicyDraft(values()), by=by)
    for wrong in (
        {"effective_on": date(2025, 1, 1)},
        {"ends_on": date(2026, 1, 9)},
        {"effect": Effect.AMENDS, "title": "另一份"},
    ):
        with pytest.raises(Invalid):
            await library.draft_policy(PolicyDraft(values(**wrong)), by=by)

    await library.return_policy(policy.number, "文号有误", by=By(desk.approver, NOW))
    with pytest.raises(Conflict):
        await library.release_policy(policy.number, by=By(desk.approver, NOW))
    await library.edit_policy(policy.number, PolicyDraft(values(), "", ("guangxi",)), by=by)
    await Policy.filter(id=policy.id).update(proposed_by_id=desk.approver.user_id)
    with pytest.raises(SamePerson):
        await library.release_policy(policy.number, by=By(desk.approver, NOW))
    await Policy.filter(id=policy.id).update(proposed_by_id=desk.officer.user_id)
    await library.release_policy(policy.number, by=By(desk.approver, NOW))

    assert (await get_policy_for(None, policy.number)).status is PolicyStatus.IN_FORCE
    with pytest.raises(Conflict):
        await library.edit_policy(policy.number, PolicyDraft(values()), by=by)
    with pytest.raises(NotFound):
        await library.discard_policy("ZC-2026-009999", by=by)
    link = await PolicyProgramme.get(policy_id=policy.id)
    for act in (
        Policy.filter(id=policy.id).update(title="别的"),
        PolicyProgramme.filter(id=link.id).delete(),
    ):
        with pytest.raises((IntegrityError, OperationalError)):
            async with in_transaction():
                await act
    documents = await build_documents([policy.id, link.programme_id])
    assert documents[policy.id]["scope"] == "province"  # type: ignore[index]  # a document
    assert set(documents) <= set(await all_documents())
    assert await policies_are_as_released() == []
    await past_guards("UPDATE policies SET summary = '别的话' WHERE id = $1", policy.id)
    assert len(await policies_are_as_released()) == 1


async def test_what_it_amends_or_replaces_follows_on_the_day_on_which_it_takes_effect(deps: Deps) -> None:
    desk = await make_desk()
    await make_applicant()
    old = await release(desk, title="旧细则")
    amending = await release(desk, old.number, title="修改决定", effect=Effect.AMENDS)
    assert (await Policy.get(id=old.id)).status is PolicyStatus.AMENDED
    later = TODAY + timedelta(days=20)
    new = await release(desk, old.number, title="新细则", effect=Effect.REPEALS, effective_on=later)
    assert (await Policy.get(id=old.id)).status is PolicyStatus.AMENDED

    assert await run_moments(deps, start_of_day(later) - timedelta(seconds=1)) == 0
    assert await run_moments(deps, start_of_day(later)) == 1

    assert (await Policy.get(id=old.id)).status is PolicyStatus.REPEALED
    assert [policy.id for policy in await affected_by(old.id)] == [amending.id, new.id]
    with pytest.raises(Invalid):
        await release(desk, old.number, title="又一份", effect=Effect.AMENDS)
    assert not await library.take_effect(new.id, now=start_of_day(later))
    assert await repealed_policies_have_a_ground() == []
    await past_guards("UPDATE policies SET status = 'repealed' WHERE id = $1", new.id)
    assert len(await repealed_policies_have_a_ground()) == 1


async def test_a_policy_ends_with_its_last_day_or_with_an_end_that_two_decided_on(deps: Deps) -> None:
    desk = await make_desk()
    await make_applicant()
    by = By(desk.officer, NOW)
    dated = await release(desk, ends_on=TODAY + timedelta(days=9))
    ended = await release(desk, title="没有期限的")
    for day, ground in ((date(2026, 1, 1), "废止决定"), (TODAY, " ")):
        with pytest.raises(Invalid):
            await library.propose_end(ended.number, day, ground, by=by)
    with pytest.raises(Invalid, match="2026-03-11"):
        await library.propose_end(dated.number, TODAY + timedelta(days=9), "废止决定", by=by)
    refused = await library.propose_end(ended.number, TODAY, "废止决定", by=by)
    with pytest.raises(Conflict):
        await library.propose_end(ended.number, TODAY, "再来", by=by)
    await library.decide_end(
        ended.number, refused.id, Verdict.REJECTED, reason="没有依据", by=By(desk.approver, NOW)
    )
    with pytest.raises(NotFound):
        await library.decide_end(dated.number, refused.id, Verdict.CONFIRMED, by=By(desk.approver, NOW))
    end = await library.propose_end(ended.number, TODAY + timedelta(days=4), "桂科演〔2026〕9号", by=by)
    await library.decide_end(ended.number, end.id, Verdict.CONFIRMED, by=By(desk.approver, NOW))

    assert await run_moments(deps, end_of_day(TODAY + timedelta(days=4))) == 1
    assert (await Policy.get(id=ended.id)).status is PolicyStatus.REPEALED
    assert await run_moments(deps, end_of_day(TODAY + timedelta(days=9))) == 1
    assert (await Policy.get(id=dated.id)).status is PolicyStatus.REPEALED
    with pytest.raises(Conflict):
        await library.propose_end(ended.number, TODAY, "已经废止", by=by)
    assert await repealed_policies_have_a_ground() == []
    assert await ends_are_decided_by_two() == []
    for statement in (
        "UPDATE policy_ends SET ends_on = ends_on - 1 WHERE id = $1",
        "UPDATE policy_ends SET verdict = 'rejected', reason = '不' WHERE id = $1",
    ):
        async with tampered(statement, end.id):
            assert len(await ends_are_decided_by_two()) == 1, statement


async def test_the_pages_take_a_policy_from_its_draft_to_its_end(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_applicant()
    await sign_in(client, desk.officer)
    form = {
        "title": "创新券使用说明",
        "document_number": "南科演〔2026〕4号",
        "issuer": "南宁市科技局",
        "level": "city",
        "region": "450100",
        "issued_on": "2026-01-10",
        "effective_on": "2026-02-01",
        "topics": "subsidy",
        "audience": "enterprise",
        "summary": "买技术服务的，按年度支付分档补助。",
        "points-0-clause": "第三条",
        "points-0-words": "只算当年实际支付的。",
        "programmes": "nanning-voucher",
    }
    assert (await client.get("/desk/policies/new")).status_code == 200
    wrong = await post(
        client,
        "/desk/policies/new",
        form | {"title": "", "points-0-words": "", "source_url": "ftp://x", "effect": "amends"},
    )
    assert wrong.status_code == 422
    for words in ("请填标题。", "请写这一条说了什么。", "请填完整网址"):
        assert words in wrong.text
    early = await post(client, "/desk/policies/new", form | {"effective_on": "2025-01-01"})
    assert "施行的日子不应早于印发的日子" in early.text
    assert (await post(client, "/desk/policies/new", form)).status_code == 200
    policy = await Policy.get()
    page = f"/desk/policies/{policy.number}"
    assert (await post(client, page, {"act": "release"})).status_code == 403

    await sign_in(client, desk.approver)
    for act in ({}, {"act": "publish"}):
        assert (await post(client, page, act)).status_code == 422, "no other word releases"
    assert (await post(client, page, {"act": "return", "reason": "摘要不清楚"})).status_code == 200
    await sign_in(client, desk.officer)
    assert "摘要不清楚" in (await client.get(page)).text
    assert "第三条" in (await client.get(f"{page}/edit")).text
    assert (await post(client, f"{page}/edit", form)).status_code == 200
    await sign_in(client, desk.approver)
    assert (await post(client, page, {"act": "release"})).status_code == 200

    await sign_in(client, desk.officer)
    assert (await client.get(f"{page}/edit")).status_code == 409
    assert "请写明依据" in (await post(client, f"{page}/end", {"ends_on": "2026-09-01"})).text
    ending = {"ends_on": "2026-09-01", "ground": "南科演〔2026〕9号"}
    assert (await post(client, f"{page}/end", ending)).status_code == 200
    end = await PolicyEnd.get()
    await sign_in(client, desk.approver)
    assert "创新券使用说明" in (await client.get("/desk/policies")).text
    assert (await post(client, f"{page}/end/{end.id}", {})).status_code == 422, "a verdict is chosen"
    assert (await post(client, f"{page}/end/{end.id}", {"verdict": "maybe"})).status_code == 422
    assert (await post(client, f"{page}/end/{end.id}", {"verdict": "confirmed"})).status_code == 200
    await sign_in(client, None)
    public = await client.get(f"/policies/{policy.number}")
    assert "买技术服务的，按年度支付分档补助。" in public.text
    assert "至 2026-09-01" in public.text
    assert desk.officer.name not in public.text
    assert "创新券使用说明" in (await client.get("/subsidies/nanning-voucher")).text


async def test_a_draft_that_is_discarded_is_nobodys(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_applicant()
    policy = await library.draft_policy(PolicyDraft(values()), by=By(desk.officer, NOW))
    await sign_in(client, desk.officer)
    answer = await post(client, f"/desk/policies/{policy.number}", {"act": "discard"})
    assert answer.status_code == 200
    assert (await Policy.get()).status is PolicyStatus.DISCARDED
    await library.draft_policy(PolicyDraft(values()), by=By(desk.officer, NOW))


async def test_of_two_drafts_of_one_document_at_once_the_second_is_told_that_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = await make_desk()
    await make_applicant()
    by = By(desk.officer, NOW)
    await library.draft_policy(PolicyDraft(values()), by=by)
    other = await library.draft_policy(PolicyDraft(values(title="另一份")), by=by)

    async def _nothing_yet(draft: PolicyDraft, _policy: Policy | None) -> dict[str, Any]:
        return {**draft.values, "affects_id": None}

    monkeypatch.setattr(library, "_sound", _nothing_yet)
    with pytest.raises(Invalid, match="已有这份政策"):
        await library.draft_policy(PolicyDraft(values()), by=by)
    with pytest.raises(Invalid, match="已有这份政策"):
        await library.edit_policy(other.number, PolicyDraft(values()), by=by)
