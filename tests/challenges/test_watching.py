"""Who watches a challenge is reminded of it, told of its extension and of its end, and known to nobody."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from market.accounts.models import Message, StaffRole
from market.challenges import clock, ending, extending, watching
from market.challenges.deadlines import GRACE
from market.challenges.models import ChallengeWatch
from market.challenges.opening import open_all
from market.challenges.personal_data import erase, export
from market.challenges.reminders import BEFORE, remind
from market.challenges.solution_models import Solution
from market.challenges.states import Ruling
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden, NotFound
from market.records.by import By
from market.records.decisions import Verdict
from tests.challenges.factories import DEADLINE, OPENS, make_draft, make_listed
from tests.challenges.selection_factories import JUDGED, agree_all, choose, make_reviewing
from tests.challenges.solution_factories import SECRET, make_responding, make_solver, make_written
from tests.factories import HOLIDAYS, NOW, make_broker, make_member, make_staff
from tests.visitor import post, sign_in


async def texts(user_id: object) -> list[str]:
    return [message.text for message in await Message.filter(user_id=user_id).order_by("id")]


async def test_who_watches_is_reminded_once_each_time_and_who_writes_is_told_of_the_draft_alone(
    deps: Deps,
) -> None:
    stage = await make_responding()
    number, broker, solver = stage.challenge.number, await make_broker(), await make_solver()
    for actor in (broker, broker, solver):
        await watching.watch(number, by=By(actor, OPENS))
    assert await ChallengeWatch.all().count() == 2
    await make_written(stage, solver)
    for before in BEFORE.values():
        assert await remind(stage.challenge.id, now=DEADLINE - before)
    told = await texts(broker.user_id)
    assert [text.split("，")[-1] for text in told] == ["还剩 7 天。", "还剩 1 天。", "还剩 3 小时。"]
    assert all("2026-04-30 17:00:00（北京时间）截止" in text for text in told), "as the page says it"
    own = await texts(solver.user_id)
    assert len(own) == 3
    assert all("还是草稿" in text for text in own)
    told_owner = await texts(stage.owner.user_id)
    assert [text for text in told_owner if "张榜" not in text] == [], "nobody is told who watches"

    until = DEADLINE + timedelta(days=20)
    by = By(stage.owner, DEADLINE - timedelta(days=1))
    await extending.extend(
        number, until, "现场勘察推迟两周，给各家留足时间。", arrived_at=by.now, calendar=HOLIDAYS, by=by
    )
    assert "延期到 2026-05-20 17:00:00" in (await texts(broker.user_id))[-1]
    assert sum("延期到" in text for text in await texts(solver.user_id)) == 1
    at = until + GRACE
    await clock.close(stage.challenge.id, now=at)
    await open_all(stage.challenge.id, secret=SECRET, store=deps.store, now=at)
    assert "无人揭榜" in (await texts(broker.user_id))[-1]
    assert await remind(stage.challenge.id, now=at) is False


async def test_who_watches_is_told_what_became_of_a_list_though_their_own_draft_was_never_handed_in() -> None:
    stage = await make_reviewing()
    watcher, idle = await make_member(), await make_solver("河池学院")
    for actor in (watcher, idle, stage.solvers[0]):
        await ChallengeWatch.create(
            id=uuid4(), challenge_id=stage.challenge.id, user_id=actor.user_id, created_at=NOW
        )
    await Solution.create(
        id=uuid4(),
        challenge_id=stage.challenge.id,
        organisation_id=idle.organisation_id,
        created_by_id=idle.user_id,
        created_at=NOW,
        updated_at=NOW,
    )
    await choose(stage, 1)
    assert await texts(watcher.user_id) == [], "nothing is told before it stands"
    await agree_all(stage)
    words = f"榜单 {stage.number} 已选定揭榜方，结果已公布。"
    assert (await texts(watcher.user_id), await texts(idle.user_id)) == ([words], [words])
    assert words not in await texts(stage.solvers[0].user_id), "they are told of their own solution"
    end = await ending.propose_ending(
        stage.number, Ruling.FIND_NONE, "三份方案的外推年限都没有数据。", by=By(stage.owner, JUDGED)
    )
    await ending.decide_ending(end.id, Verdict.CONFIRMED, by=By(stage.operator, JUDGED))
    assert [(await texts(actor.user_id))[-1][-9:] for actor in (watcher, idle)] == ["流榜，理由已公开。"] * 2


async def test_the_button_reminds_and_stops_and_belongs_to_the_person_alone(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_listed()
    page = f"/challenges/{stage.challenge.number}"
    assert "提醒我" not in (await client.get(page)).text, "a guest signs in to solve it"
    watcher = await make_member()
    await sign_in(client, watcher)
    assert "提醒我" in (await client.get(page)).text
    assert "截止前 7 天、1 天、3 小时提醒您" in (await post(client, f"{page}/watch")).text
    assert "不再提醒" in (await client.get(page)).text
    [row] = (await export(watcher.user_id))["watches"]
    assert row["challenge"] == stage.challenge.number
    await post(client, f"{page}/unwatch")
    assert not await ChallengeWatch.exists()
    await post(client, f"{page}/watch")
    await erase(watcher.user_id, By(watcher, NOW))
    assert not await ChallengeWatch.exists()

    for actor in (stage.owner, await make_staff(StaffRole.OPERATOR)):
        await sign_in(client, actor)
        assert "提醒我" not in (await client.get(page)).text


async def test_nobody_watches_what_is_over_or_not_theirs_to_see() -> None:
    stage, watcher = await make_listed(), await make_member()
    number = stage.challenge.number
    with pytest.raises(Conflict):
        await watching.watch(number, by=By(watcher, DEADLINE))
    with pytest.raises(Conflict):
        await watching.watch(number, by=By(stage.owner, OPENS))
    with pytest.raises(Forbidden):
        await watching.watch(number, by=By(stage.operator, OPENS))
    draft = await make_draft()
    with pytest.raises(NotFound):
        await watching.watch(draft.challenge.number, by=By(watcher, OPENS))
