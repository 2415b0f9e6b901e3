"""A sheet that was handed in is never lost, whoever would like it to be, and nobody's text is cut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from market.accounts.models import StaffRole
from market.claims.models import Claim
from market.kit.errors import Conflict, Forbidden
from market.panels import panel_seats, score_acts
from market.panels.personal_data import erase_seats
from market.panels.round_models import Round, Seat, SeatOpinion
from market.panels.round_results import conclude_round, extend
from market.panels.round_states import Extension, RoundStatus, SeatStatus
from market.panels.rounds import publish_round
from market.records.by import By
from tests.factories import NOW, make_membership, make_staff
from tests.moments import run_acts
from tests.panels.round_factories import (
    Stage,
    accept_all,
    actor_of,
    make_checked,
    make_concluded_round,
    make_drawn,
    seats,
    sheet,
)
from tests.visitor import post, sign_in

LATER = NOW + timedelta(days=30)
S = SeatStatus


async def returned(stage: Stage) -> Seat:
    """Have the operator return the sheet of the expert who gave least."""
    seat = (await seats(stage.round))[2]
    by = By(stage.desk.operator, NOW)
    await score_acts.return_sheet(seat.id, reason="分数太低，请再想想", by=by)
    return await Seat.get(id=seat.id)


async def in_second_round(stage: Stage) -> Seat:
    await extend(stage.round.number, Extension.SECOND_ROUND, by=By(stage.desk.operator, NOW))
    return (await seats(stage.round))[2]


@pytest.mark.parametrize("ask_anew", [returned, in_second_round])
async def test_no_score_is_got_rid_of_by_asking_for_another_and_replacing_the_expert(
    ask_anew: Callable[[Stage], Awaitable[Seat]],
) -> None:
    stage = await make_checked(92, 91, 58)
    seat = await ask_anew(stage)
    assert (seat.is_waiting, seat.version) == (True, 1)

    with pytest.raises(Conflict, match="已经评过分"):
        await panel_seats.replace_expert(seat.id, reason="不合意的分数", by=By(stage.desk.operator, NOW))
    await run_acts(LATER, panel_seats.DUE)

    kept = await Seat.get(id=seat.id)
    assert (kept.status, kept.version) == (S.FINAL, 1)
    assert await seats(stage.round, S.LAPSED, S.REPLACED, S.INVITED) == []
    assert (await Round.get(id=stage.round.id)).status is RoundStatus.CHECKING


async def test_the_sheet_of_an_expert_who_leaves_the_market_counts_though_it_was_returned() -> None:
    stage = await make_checked(80, 81, 82)
    seat = await returned(stage)

    await erase_seats(seat.user_id, By(await actor_of(seat), NOW))
    await conclude_round(stage.round.number, reason="意见一致", by=By(stage.desk.rechecker, NOW))

    assert (await Seat.get(id=seat.id)).status is S.FINAL


async def test_an_operator_with_a_common_past_with_the_applicant_touches_no_panel() -> None:
    stage = await make_concluded_round(80, 80, 80)
    claim = await Claim.get(id=stage.claims[0]).select_related("applicant")
    ended = NOW - timedelta(days=400)
    operator = stage.desk.operator
    await make_membership(operator.user_id, claim.applicant, start=ended - timedelta(days=30), end=ended)
    seat, by = (await seats(stage.round))[0], By(operator, NOW)

    for act in (
        panel_seats.replace_expert(seat.id, reason="联系不上", by=by),
        score_acts.return_sheet(seat.id, reason="意见写错了项目", by=by),
        publish_round(stage.round.number, by=by),
    ):
        with pytest.raises(Forbidden, match="应当回避"):
            await act


async def test_a_text_that_is_too_long_is_refused_and_kept_whole_as_a_draft() -> None:
    stage = await make_drawn()
    seat = (await accept_all(stage.round))[0]
    by = By(await actor_of(seat), NOW)
    typed = sheet(80, for_applicant="意" * 2001, for_organiser="见" * 5000)

    await score_acts.save_draft(seat.id, typed, by=by)
    with pytest.raises(score_acts.SheetRefused) as refused:
        await score_acts.submit(seat.id, typed, by=by)

    assert set(refused.value.errors) == {"for_applicant", "for_organiser"}
    assert (await Seat.get(id=seat.id)).draft == typed


async def test_line_breaks_count_once_and_an_unknown_button_submits_nothing(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_drawn()
    seat = (await accept_all(stage.round))[0]
    address = f"/reviews/seats/{seat.id}"
    await sign_in(client, await actor_of(seat))
    text = "\r\n".join("意" * 99 for _ in range(20))

    for act in ("", "unknown"):
        answer = await post(client, address, sheet(80, for_applicant=text, act=act), follow=False)
        assert answer.status_code == 409
    assert not await SeatOpinion.exists()
    await post(client, address, sheet(80, for_applicant=text, act="submit"))

    assert (await SeatOpinion.get()).for_applicant == text.replace("\r\n", "\n")


async def test_what_blocks_a_conclusion_tells_no_score_to_who_sees_none(client: httpx.AsyncClient) -> None:
    stage = await make_checked(92, 91, 58)
    address = f"/admin/rounds/{stage.round.number}"
    texts = {}
    for role, actor in {
        "auditor": await make_staff(StaffRole.AUDITOR),
        "approver": await make_staff(StaffRole.APPROVER),
        "operator": stage.desk.operator,
    }.items():
        await sign_in(client, actor)
        texts[role] = (await client.get(address)).text

    assert "最低 58.00" in texts["operator"]
    for role in ("auditor", "approver"):
        assert "待作结论" in texts[role]
        assert "58.00" not in texts[role]
        assert "去掉任一位专家" not in texts[role]
