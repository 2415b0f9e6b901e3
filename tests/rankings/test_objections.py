"""Objections to rankings: by a place's own office, answered by one, decided by another, then corrected."""

from __future__ import annotations

from datetime import timedelta
from typing import cast
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import Actor
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.rankings import objections, warnings
from market.rankings.freezing import conclude_due, decide_ranking
from market.rankings.models import Ranking, RankingObjection, RankingRuling
from market.rankings.states import ObjectionStatus, RankingStatus, WarningKind
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.databases import past_guards
from tests.factories import HOLIDAYS, make_member
from tests.fakes import FixedClock
from tests.invariants import broken
from tests.rankings.factories import LATER, Hall, make_hall
from tests.visitor import post, sign_in

WORDS = "缺 HT-2026-000001 的到账 107 万元。"
REASON = "记录里有这笔到账，已重新核对。"


def of_office(hall: Hall) -> By:
    return By(hall.officer, LATER)


async def status_of(ranking: Ranking) -> RankingStatus:
    return (await Ranking.get(id=ranking.id)).status


async def test_an_objection_holds_the_ranking_up_until_it_is_decided_by_two() -> None:
    hall = await make_hall()
    frozen = await hall.frozen()
    with pytest.raises(Conflict):
        await objections.object_to_ranking(frozen.number, "nanning", WORDS, by=of_office(hall))
    ranking = await decide_ranking(frozen.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=hall.approves)
    stranger = By(await make_member(), LATER)
    for by, place in ((stranger, "nanning"), (of_office(hall), "guilin"), (of_office(hall), "moon")):
        with pytest.raises(NotFound):
            await objections.object_to_ranking(ranking.number, place, WORDS, by=by)
    for text, indicator, field in (("不对", "", "text"), (WORDS, "moon", "indicator")):
        with pytest.raises(Invalid) as refusal:
            await objections.object_to_ranking(
                ranking.number, "nanning", text, indicator=indicator, by=of_office(hall)
            )
        assert refusal.value.field == field
    objection = await objections.object_to_ranking(
        ranking.number, "nanning", WORDS, indicator="output_count", by=of_office(hall)
    )
    with pytest.raises(Conflict):
        await objections.object_to_ranking(ranking.number, "nanning", WORDS, by=of_office(hall))
    assert await objections.disputed_places(ranking) == {"nanning"}
    assert ranking.object_until
    over = ranking.object_until + timedelta(seconds=1)
    assert not await conclude_due(ranking.id, now=over)

    with pytest.raises(Forbidden):
        await objections.answer_objection(objection.id, REASON, is_upheld=False, by=of_office(hall))
    with pytest.raises(Conflict):
        await objections.decide_objection(objection.id, Verdict.CONFIRMED, by=hall.approves)
    with pytest.raises(Invalid):
        await objections.answer_objection(objection.id, "无", is_upheld=False, by=hall.operates)
    await objections.answer_objection(objection.id, REASON, is_upheld=False, by=hall.operates)
    with pytest.raises(Conflict):
        await objections.withdraw_objection(objection.id, by=of_office(hall))
    both = Actor(**{**hall.operator.__dict__, "roles": hall.operator.roles | hall.approver.roles})
    with pytest.raises(SamePerson):
        await objections.decide_objection(objection.id, Verdict.CONFIRMED, by=By(both, over))
    with pytest.raises(Invalid):
        await objections.decide_objection(objection.id, Verdict.REJECTED, by=hall.approves)
    await objections.decide_objection(objection.id, Verdict.REJECTED, reason="写明哪一笔", by=hall.approves)
    await objections.answer_objection(objection.id, REASON, is_upheld=False, by=hall.operates)
    decided = await objections.decide_objection(objection.id, Verdict.CONFIRMED, by=By(hall.approver, over))

    assert decided.status is ObjectionStatus.DENIED
    assert await status_of(ranking) is RankingStatus.FINAL
    with pytest.raises(Conflict):
        await objections.object_to_ranking(ranking.number, "nanning", WORDS, by=By(hall.officer, over))
    assert await broken("rankings") == {}
    await past_guards("UPDATE ranking_objections SET status = 'upheld'")
    assert await broken("rankings: nothing open is final")


async def test_one_that_is_upheld_leads_to_a_correction_and_nothing_else_ends_it() -> None:
    hall = await make_hall()
    ranking = await hall.told()
    objection = await objections.object_to_ranking(ranking.number, "nanning", WORDS, by=of_office(hall))
    second = await hall.frozen(note="补记一笔到账")
    with pytest.raises(Conflict):
        await hall_tells(hall, second)
    await objections.answer_objection(
        objection.id, "确有一笔到账没有登记。", is_upheld=True, by=hall.operates
    )
    await objections.decide_objection(objection.id, Verdict.CONFIRMED, by=hall.approves)
    assert ranking.object_until
    assert not await conclude_due(ranking.id, now=ranking.object_until)
    assert await status_of(ranking) is RankingStatus.TOLD
    await hall_tells(hall, second)

    assert await status_of(ranking) is RankingStatus.REPLACED
    assert await status_of(second) is RankingStatus.TOLD
    with pytest.raises(NotFound):
        await objections.get_objection(uuid4())
    withdrawn = await objections.object_to_ranking(second.number, "nanning", WORDS, by=of_office(hall))
    with pytest.raises(NotFound):
        await objections.withdraw_objection(withdrawn.id, by=By(await make_member(), LATER))
    await objections.withdraw_objection(withdrawn.id, by=of_office(hall))
    assert not await objections.is_held_up(second)


async def hall_tells(hall: Hall, ranking: Ranking) -> None:
    await decide_ranking(ranking.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=hall.approves)


async def test_a_warning_waits_for_the_final_ranking_and_falls_with_a_corrected_one() -> None:
    hall = await make_hall()
    await past_guards(
        'UPDATE ranking_schemes SET rules = \'[{"kind": "red", "below": 900, "times": 1}]\'::jsonb'
    )
    ranking = await hall.told()
    warning = await warnings.propose_warning(ranking.number, "nanning", WarningKind.RED, by=hall.operates)
    with pytest.raises(Conflict, match="异议期"):
        await warnings.decide_warning(warning.number, Verdict.CONFIRMED, by=hall.approves)
    await hall.told(note="补记一笔到账")
    with pytest.raises(Conflict, match="已被更正"):
        await warnings.decide_warning(warning.number, Verdict.CONFIRMED, by=hall.approves)
    await warnings.decide_warning(warning.number, Verdict.REJECTED, reason="已更正", by=hall.approves)


async def test_each_side_reads_and_acts_on_the_pages_of_an_objection(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    hall = await make_hall()
    cast(FixedClock, deps.clock).now = LATER
    ranking = await hall.told()
    page = f"/rankings/{ranking.number}/nanning"
    await sign_in(client, hall.officer)
    assert "提出异议" in (await client.get(page)).text
    own = (await client.get("/my/park")).text
    assert "第 1（本组 2 个）" in own
    assert f"{page}/object" in own
    bad = await post(client, f"{page}/object", {"text": "不对", "indicator": "moon"}, files={})
    assert (bad.status_code, 'id="text-error"' in bad.text or 'id="indicator-error"' in bad.text) == (
        422,
        True,
    )
    other = f"/rankings/{ranking.number}/guilin/object"
    assert (await client.get(other)).status_code == 404
    filed = await post(client, f"{page}/object", {"text": WORDS, "indicator": "output_count"}, files={})
    assert WORDS in filed.text
    objection = await RankingObjection.get()
    address = f"/rankings/objections/{objection.id}"

    await sign_in(client, None)
    public = await client.get(address)
    assert (public.status_code, WORDS in public.text) == (200, False)
    assert "异议处理中" in (await client.get(f"/rankings/{ranking.number}")).text
    await sign_in(client, await make_member())
    assert (await post(client, f"{address}/withdraw")).status_code == 404
    assert (await post(client, f"{address}/answer", {"outcome": "denied", "text": REASON})).status_code == 403
    await sign_in(client, hall.operator)
    assert "去答复" in (await client.get("/dashboard")).text
    assert (await post(client, f"{address}/answer", {"outcome": "", "text": ""})).status_code == 422
    assert (await post(client, f"{address}/answer", {"outcome": "denied", "text": REASON})).status_code == 200
    assert (await post(client, f"{address}/decide", {"verdict": "confirmed"})).status_code == 403
    await sign_in(client, hall.approver)
    assert "去决定" in (await client.get("/dashboard")).text
    assert (await post(client, f"{address}/decide", {"verdict": "perhaps"})).status_code == 422
    decided = await post(client, f"{address}/decide", {"verdict": "confirmed"})
    await sign_in(client, None)
    public = await client.get(address)

    assert "异议不成立" in decided.text
    assert REASON in public.text
    assert (await RankingRuling.get()).is_confirmed
