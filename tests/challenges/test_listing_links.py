"""What leads to a challenge and away from it: its need, the front page, the workbench; never past a mask."""

from __future__ import annotations

import re
from typing import cast

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import Organisation, StaffRole
from market.challenges import drafting, screening, watching
from market.challenges.models import Challenge
from market.challenges.states import ChallengeStatus
from market.deps import Deps
from market.records.by import By
from market.search.models import OutboxEntry
from tests.challenges.factories import ARGUMENTS, OPENS, challenge_terms, make_listed
from tests.challenges.solution_factories import make_responding, make_solver, make_written
from tests.challenges.test_public_list import put
from tests.factories import HOLIDAYS, NOW, make_member, make_need, make_organisation, make_staff
from tests.fakes import FixedClock
from tests.pages.search_index import index_listings
from tests.visitor import sign_in


async def linked(owner: Actor, *, need_masked: bool, masked: bool) -> tuple[str, str]:
    """Return the pages of a public need and of a challenge that was written from it."""
    organisation = await Organisation.get(id=owner.organisation_id)
    need = await make_need(organisation, is_masked=need_masked)
    challenge = await put(owner, ChallengeStatus.RESPONDING, 1, is_masked=masked, need_id=need.id)
    return f"/needs/{need.number}", f"/challenges/{challenge.number}"


@pytest.mark.parametrize(
    ("need_masked", "masked", "is_led"),
    [(False, False, True), (True, True, True), (True, False, False), (False, True, False)],
)
async def test_a_need_and_its_challenge_lead_to_each_other_unless_one_mask_would_fall(
    client: httpx.AsyncClient, need_masked: bool, masked: bool, is_led: bool
) -> None:
    owner = await make_member(await make_organisation(name="柳州锻造有限公司", region="450203"))
    need, challenge = await linked(owner, need_masked=need_masked, masked=masked)
    viewers = ((None, is_led), (await make_member(), is_led), (owner, True))
    for actor, sees in (*viewers, (await make_staff(StaffRole.OPERATOR), True)):
        await sign_in(client, actor)
        assert (f'href="{challenge}"' in (await client.get(need)).text) == sees, actor
        assert (f'href="{need}"' in (await client.get(challenge)).text) == sees, actor


async def test_needs_are_narrowed_to_those_that_became_a_challenge_unless_a_mask_would_fall(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    owner = await make_member(await make_organisation(name="柳州锻造有限公司", region="450203"))
    organisation = await Organisation.get(id=owner.organisation_id)
    needs = {}
    rows = (("已张导线", False, False), ("面具导线", True, False), ("没有导线", False, None))
    for words, need_masked, masked in rows:
        need = needs[words] = await make_need(organisation, title=words, is_masked=need_masked)
        if masked is not None:
            status = ChallengeStatus.RESPONDING
            await put(owner, status, len(needs), is_masked=masked, need_id=need.id)
    await index_listings(deps, *needs.values())

    async def found(value: str) -> set[str]:
        text = (await client.get("/needs", params={"challenge": value})).text
        return set(re.findall(r">(..导线)</a>", text))

    assert await found("yes") == {"已张导线"}
    assert await found("no") == {"面具导线", "没有导线"}


async def test_a_need_is_sent_to_the_index_when_its_challenge_is_listed() -> None:
    organisation, operator = await make_organisation(), await make_staff(StaffRole.OPERATOR)
    owner, need = await make_member(organisation), await make_need(organisation)
    challenge = await drafting.create(challenge_terms(), ARGUMENTS, need=need, by=By(owner, NOW))
    await drafting.submit(challenge.number, by=By(owner, NOW))
    await OutboxEntry.all().delete()
    await screening.list_of_firm(challenge.number, calendar=HOLIDAYS, by=By(operator, NOW))
    assert await OutboxEntry.filter(index_name="needs", document_id=need.id).exists()


async def test_a_masked_list_tells_no_contact_and_no_record_of_named_ones(client: httpx.AsyncClient) -> None:
    stage = await make_listed(is_masked=True)
    await put(stage.owner, ChallengeStatus.ENDED, 77)
    page = f"/challenges/{stage.challenge.number}"
    text = (await client.get(page)).text
    assert "0771-5550000" not in text
    assert "请在本页提问" in text
    assert "广西·" in text, "its city is told"
    await sign_in(client, stage.owner)
    assert "0771-5550000" in (await client.get(page)).text


async def test_front_page_and_workbench_show_what_is_open_and_what_is_not_submitted(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_responding(is_masked=True)
    number, solver = stage.challenge.number, await make_solver()
    await make_written(stage, solver)
    cast(FixedClock, deps.clock).now = OPENS
    text = (await client.get("/")).text
    assert f"/challenges/{number}" in text
    assert "还剩 56 天" in text
    assert "百色电解铝" not in text

    await sign_in(client, solver)
    text = (await client.get("/dashboard", follow_redirects=True)).text
    assert "揭榜方案还没有提交" in text
    assert f"/challenges/{number}/solution" in text
    for actor in (stage.owner, stage.operator):
        await sign_in(client, actor)
        assert "揭榜方案还没有提交" not in (await client.get("/dashboard", follow_redirects=True)).text


async def test_the_list_shows_a_person_what_they_are_reminded_of(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage, watcher = await make_responding(), await make_member()
    await put(stage.owner, ChallengeStatus.RESPONDING, 88, title="另一张榜")
    cast(FixedClock, deps.clock).now = OPENS
    await watching.watch(stage.challenge.number, by=By(watcher, OPENS))
    assert "我的提醒" not in (await client.get("/challenges?watched=1")).text
    await sign_in(client, watcher)
    text = (await client.get("/challenges")).text
    assert "我的提醒（1）" in text
    assert "另一张榜" in text
    text = (await client.get("/challenges?watched=1")).text
    assert stage.challenge.number in text
    assert "另一张榜" not in text
    assert await Challenge.all().count() == 2
