"""A later deadline of a government list: the operator proposes, the approver decides in time or never."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from asyncpg import PostgresError  # type: ignore[import-untyped]
from tortoise.exceptions import OperationalError

from market.accounts.models import Message
from market.challenges import ending, extending, queries
from market.challenges.models import ChallengeRuling, PublishedTerms
from market.challenges.states import Ruling
from market.challenges.watching import watch
from market.deps import Deps
from market.kit.database import connection
from market.kit.errors import Conflict, Forbidden
from market.records.by import By
from market.records.decisions import AlreadyDecided, SamePerson, Verdict
from tests.challenges.factories import DEADLINE, OPENS, Stage, make_listed_by_two
from tests.challenges.selection_factories import set_clock
from tests.challenges.solution_factories import make_solver, make_written
from tests.databases import run_as_owner, tampered
from tests.factories import HOLIDAYS
from tests.invariants import broken
from tests.visitor import post, sign_in

UNTIL = DEADLINE + timedelta(days=10)
WHY = "上游停电一周，试样推迟送检。"
LAST = DEADLINE - timedelta(milliseconds=1)


async def _propose(stage: Stage) -> ChallengeRuling:
    by = By(stage.operator, OPENS)
    return await extending.propose_extension(stage.challenge.number, UNTIL, WHY, arrived_at=OPENS, by=by)


async def test_a_government_list_is_extended_by_two_and_everybody_concerned_is_told(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage, solver, watcher = await make_listed_by_two(), await make_solver(), await make_solver("河池学院")
    await make_written(stage, solver)
    await watch(stage.challenge.number, by=By(watcher, OPENS))
    set_clock(deps, OPENS)
    desk, page = f"/admin/challenges/{stage.challenge.number}", f"/challenges/{stage.challenge.number}/extend"
    await sign_in(client, stage.owner)
    typed = {"deadline_on": "2026-05-10", "deadline_time": "17:00", "reason": WHY}
    answer = await post(client, page, typed, follow=False)
    assert answer.status_code == 403
    await sign_in(client, stage.operator)
    assert "提出延期" in (await client.get(desk)).text
    answer = await post(client, page, typed | {"deadline_on": "2026-04-20"})
    assert answer.status_code == 422
    assert "只能延后，不能提前" in answer.text
    assert "等批准人在截止前决定" in (await post(client, page, typed)).text
    assert (await post(client, page, typed, follow=False)).status_code == 409
    assert "同意延期" not in (await client.get(desk)).text
    await sign_in(client, None)
    assert WHY not in (await client.get(f"/challenges/{stage.challenge.number}")).text

    await sign_in(client, stage.approver)
    assert "榜单延期待决定" in (await client.get("/dashboard", follow_redirects=True)).text
    shown = (await client.get(desk)).text
    assert "2026-05-10 17:00:00" in shown
    ruling = await ChallengeRuling.get(challenge_id=stage.challenge.id, ruling=Ruling.EXTEND)
    decide = f"{desk}/extensions/{ruling.id}"
    assert (await post(client, decide, {"verdict": "rejected"}, follow=False)).status_code == 422
    assert "已延期到 2026-05-10 17:00:00" in (await post(client, decide, {"verdict": "confirmed"})).text
    challenge = await stage.reload()
    assert (challenge.deadline_at, challenge.version) == (UNTIL, 2)
    assert await PublishedTerms.filter(challenge_id=challenge.id).count() == 2
    told = Message.filter(text__contains="延期到 2026-05-10 17:00:00")
    people = {str(value) for value in await told.values_list("user_id", flat=True)}
    assert {str(row.user_id) for row in (stage.owner, solver, watcher)} <= people
    await sign_in(client, None)
    assert WHY in (await client.get(f"/challenges/{challenge.number}")).text
    assert await broken("challenges:", "records:") == {}
    async with tampered("DELETE FROM challenge_rulings WHERE ruling = 'extend'"):
        assert "challenges: government lists are extended by two" in await broken("challenges: government")


async def test_nobody_extends_a_government_list_alone_nor_after_its_deadline() -> None:
    stage = await make_listed_by_two()
    number = stage.challenge.number
    with pytest.raises(Forbidden):
        await extending.propose_extension(number, UNTIL, WHY, arrived_at=OPENS, by=By(stage.approver, OPENS))
    ruling = await _propose(stage)
    with pytest.raises(Conflict, match="等批准人决定"):
        await _propose(stage)
    with pytest.raises(Forbidden):
        await _decide(ruling, By(stage.operator, OPENS))
    with pytest.raises((OperationalError, PostgresError)):
        await run_as_owner(
            "UPDATE challenge_rulings SET verdict = 'confirmed', decided_at = now(), "
            "decided_by_id = proposed_by_id WHERE ruling = 'extend'"
        )
    await _decide(ruling, By(stage.approver, OPENS), Verdict.REJECTED, "请先问清送检时间。")
    with pytest.raises(AlreadyDecided):
        await _decide(ruling, By(stage.approver, OPENS))
    await connection().execute_query(
        "INSERT INTO challenge_rulings "
        "(id, challenge_id, ruling, text, until_at, proposed_by_id, proposed_at) "
        "VALUES ($1, $2, 'extend', $3, $4, $5, $6)",
        [uuid4(), stage.challenge.id, WHY, UNTIL, stage.approver.user_id, OPENS],
    )
    again = await ChallengeRuling.get(challenge_id=stage.challenge.id, verdict=None)
    with pytest.raises(SamePerson):
        await _decide(again, By(stage.approver, LAST))


async def test_an_extension_that_nobody_decided_lapses_with_the_deadline_and_holds_nothing_up(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    stage = await make_listed_by_two()
    ruling = await _propose(stage)
    assert await queries.open_extension(stage.challenge, LAST) is not None
    with pytest.raises(Conflict, match="已经截止"):
        await _decide(ruling, By(stage.approver, DEADLINE))
    challenge = await stage.reload()
    assert (challenge.deadline_at, challenge.version) == (DEADLINE, 1)
    assert await queries.open_extension(challenge, DEADLINE) is None
    set_clock(deps, DEADLINE)
    await sign_in(client, stage.approver)
    page = (await client.get(f"/admin/challenges/{challenge.number}")).text
    assert "到截止没有决定，已失效" in page
    assert "同意延期" not in page
    assert "榜单延期待决定" not in (await client.get("/dashboard", follow_redirects=True)).text
    ended = await ending.propose_ending(
        challenge.number, Ruling.END, "牵头单位改制，项目不再进行。", by=By(stage.operator, DEADLINE)
    )
    await ending.decide_ending(ended.id, Verdict.CONFIRMED, by=By(stage.approver, DEADLINE))
    assert await broken("challenges:", "records:") == {}


async def _decide(
    ruling: ChallengeRuling, by: By, verdict: Verdict = Verdict.CONFIRMED, reason: str = ""
) -> None:
    await extending.decide_extension(
        ruling.id, verdict, arrived_at=by.now, reason=reason, calendar=HOLIDAYS, by=by
    )
