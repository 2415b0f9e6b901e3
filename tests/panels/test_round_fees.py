"""Fees of a round's experts: entered by the operator, confirmed by another, told to the expert alone."""

from __future__ import annotations

from uuid import UUID, uuid4

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.panels.fee_acts import FeeEntry, FeeRow, FeesRefused, decide_fees, fee_rows, propose_fees
from market.panels.fee_models import RoundFee
from market.panels.fees import FeeForm
from market.panels.personal_data import export_expert
from market.records.by import By
from market.records.decisions import Verdict
from tests.databases import past_guards, tampered
from tests.factories import NOW
from tests.invariants import broken
from tests.panels.round_factories import Stage, actor_of, make_checked, make_concluded_round, seats
from tests.visitor import post, sign_in

POINTS = (88, 85, 90)
MOST = {"senior": 240_000, "associate": 240_000, "middle": 150_000, "other": 150_000}


def entries(rows: list[FeeRow], **changes: object) -> dict[UUID, FeeEntry]:
    """Return the most that each title may have for a day of meeting."""
    fields = {"form": FeeForm.MEETING, "quantity": 1}
    return {
        row.expert_id: FeeEntry(**(fields | {"per_unit": MOST[row.title_rank]} | changes))  # type: ignore[arg-type]
        for row in rows
    }


async def entered(stage: Stage) -> list[RoundFee]:
    rows = await fee_rows(stage.round)
    return await propose_fees(stage.round.number, entries(rows), by=By(stage.desk.operator, NOW))


async def test_fees_are_entered_by_one_and_confirmed_by_another_within_the_limits() -> None:
    stage = await make_concluded_round(*POINTS)
    number, operator = stage.round.number, By(stage.desk.operator, NOW)
    rows = await fee_rows(stage.round)
    for changes, words in (
        ({"per_unit": 240_100}, "财科教〔2017〕128号"),
        ({"quantity": 0}, "整数"),
        ({"form": None}, "咨询形式"),
        ({"per_unit": None}, "金额"),
    ):
        with pytest.raises(FeesRefused, match=words):
            await propose_fees(number, entries(rows, **changes), by=operator)
    with pytest.raises(NotFound):
        await propose_fees(number, {uuid4(): FeeEntry(FeeForm.MAIL, 1, 1)}, by=operator)
    with pytest.raises(Invalid):
        await propose_fees(number, {}, by=operator)
    fees = await entered(stage)
    with pytest.raises(Conflict):
        await propose_fees(number, entries(rows), by=operator)
    for other in (stage.desk.operator, stage.desk.approver, stage.desk.officer):
        with pytest.raises(Forbidden):
            await decide_fees(number, Verdict.CONFIRMED, reason="", by=By(other, NOW))
    with pytest.raises(Invalid):
        await decide_fees(number, Verdict.REJECTED, reason="", by=By(stage.desk.rechecker, NOW))
    await decide_fees(number, Verdict.CONFIRMED, reason="", by=By(stage.desk.rechecker, NOW))

    assert len(rows) == 3
    assert sum(fee.amount for fee in fees) == sum(MOST[row.title_rank] for row in rows)
    with pytest.raises(Conflict):
        await decide_fees(number, Verdict.CONFIRMED, reason="", by=By(stage.desk.rechecker, NOW))
    assert await broken("panels: fees", "records: decisions") == {}


async def test_rejected_fees_are_entered_anew_and_none_before_the_conclusion() -> None:
    stage = await make_concluded_round(*POINTS)
    running = await make_checked(*POINTS)
    await entered(stage)
    await decide_fees(
        stage.round.number, Verdict.REJECTED, reason="职称有误", by=By(stage.desk.rechecker, NOW)
    )
    again = await entered(stage)

    assert len(again) == 3
    assert await RoundFee.filter(verdict=Verdict.REJECTED).count() == 3
    with pytest.raises(Conflict):
        await propose_fees(running.round.number, {}, by=By(running.desk.operator, NOW))
    with pytest.raises(IntegrityError):
        await RoundFee.filter(id=again[0].id).update(amount=1)


async def test_the_pages_show_the_list_to_who_decides_and_the_statement_to_the_expert(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_concluded_round(*POINTS)
    address = f"/admin/rounds/{stage.round.number}/fees"
    rows = await fee_rows(stage.round)
    expert = await actor_of((await seats(stage.round))[0])
    typed = {f"per_unit_{row.expert_id}": f"{MOST[row.title_rank] // 100}" for row in rows}
    typed |= {f"form_{row.expert_id}": "meeting" for row in rows}
    typed |= {f"quantity_{row.expert_id}": "1" for row in rows}
    await sign_in(client, stage.desk.operator)
    wrong = await post(
        client, address, typed | {f"per_unit_{rows[0].expert_id}": "2401", "act": "enter"}, follow=False
    )
    shown = await post(client, address, typed | {"act": "enter"})
    nothing = await post(client, address, {"act": "confirm"}, follow=False)
    await sign_in(client, expert)
    before = await client.get("/reviews/fees")
    strange = await client.get(address)
    await sign_in(client, stage.desk.rechecker)
    todo = (await client.get("/dashboard")).text
    confirmed = await post(client, address, {"act": "confirm"})
    workbook = await client.get(f"{address}.xlsx")
    await sign_in(client, expert)
    after = await client.get("/reviews/fees")
    exported = await export_expert(expert.user_id)

    assert wrong.status_code == 422
    assert "财科教〔2017〕128号，这一职称和形式的标准为" in wrong.text
    assert 'value="2401"' in wrong.text
    assert "待确认" in shown.text
    assert nothing.status_code == 403
    assert "还没有核定的专家咨询费" in before.text
    assert strange.status_code == 404
    assert "待确认专家咨询费" in todo
    assert "已确认" in confirmed.text
    assert workbook.content.startswith(b"PK")
    assert stage.round.number in after.text
    assert [row["verdict"] for row in exported["fees"]] == ["confirmed"]


async def test_the_check_tells_fees_that_were_changed() -> None:
    stage = await make_concluded_round(*POINTS)
    await entered(stage)
    await decide_fees(stage.round.number, Verdict.CONFIRMED, reason="", by=By(stage.desk.rechecker, NOW))
    await past_guards("ALTER TABLE round_fees DROP CONSTRAINT round_fees_amount")

    for change, name in (
        ("per_unit = 240100, amount = 240100", "panels: fees are within their limits"),
        ("amount = amount + 1", "panels: fees are what the log says"),
        ("proposed_at = proposed_at - interval '1 year'", "panels: fees are for scores"),
    ):
        async with tampered(f"UPDATE round_fees SET {change}"):  # noqa: S608  # written here
            assert name in await broken("panels: fees")
