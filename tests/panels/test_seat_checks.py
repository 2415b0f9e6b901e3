"""What is changed of a round past the database's guards is found by `market check` and by the replay."""

from __future__ import annotations

from dataclasses import replace

from market.panels import panel_seats, score_acts
from market.panels.draw_replay import replay_draws
from market.panels.round_draws import decide_redraw, propose_redraw
from market.panels.round_models import Round, RoundDraw
from market.panels.round_results import extend
from market.panels.round_states import Extension, RoundStatus, SeatStatus
from market.records.by import By
from market.records.decisions import Verdict
from tests.claims.factories import make_accepted, make_desk
from tests.databases import past_guards, tampered
from tests.experts.factories import make_expert
from tests.factories import NOW
from tests.invariants import broken
from tests.panels.round_factories import (
    SALT,
    WIDE,
    Stage,
    accept_all,
    actor_of,
    draw,
    make_checked,
    make_concluded_round,
    make_pool,
    prepare,
    seats,
    sheet,
)
from tests.stage_cache import cached_stage

SCOPE = ("panels: seats", "panels: sheets are whole", "panels: reports", "panels: rounds", "panels: draws")
S = SeatStatus


@cached_stage
async def make_reported() -> Stage:
    """Make a concluded round whose first expert was asked for a favour."""
    stage = await make_checked(80, 81, 82)
    seat = (await seats(stage.round))[0]
    by = By(await actor_of(seat), NOW)
    await score_acts.report_solicitation(seat.id, text="3 月 1 日有人来电要求给高分", by=by)
    return stage


CHANGED = (
    (
        "UPDATE seats SET user_id = (SELECT prepared_by_id FROM rounds) WHERE label = '专家A'",
        "seats",
    ),
    ("UPDATE seats SET kind = 'legal' WHERE label = '专家A'", "seats"),
    ("UPDATE seats SET unit = '' WHERE label = '专家A'", "seats"),
    ("UPDATE seats SET draw_number = 9 WHERE label = '专家A'", "seats"),
    ("DELETE FROM seat_opinions WHERE seat_id = (SELECT id FROM seats WHERE label = '专家A')", "sheets"),
    ("DELETE FROM seat_scores WHERE seat_id = (SELECT id FROM seats WHERE label = '专家A')", "sheets"),
    ("UPDATE seats SET version = 0 WHERE label = '专家A'", "sheets"),
    ("UPDATE solicitations SET text = '没有人来过电话，是我记错了'", "reports"),
    ("DELETE FROM solicitations", "reports"),
    ("UPDATE solicitations SET seat_id = (SELECT id FROM seats WHERE label = '专家B')", "reports"),
    ("UPDATE rounds SET prepared_by_id = (SELECT user_id FROM seats WHERE label = '专家D')", "rounds"),
    ("UPDATE rounds SET drawn_by_id = (SELECT user_id FROM seats WHERE label = '专家D')", "rounds"),
    ("UPDATE rounds SET rules = jsonb_set(rules, '{statistic}', '\"median\"')", "draws"),
    ("UPDATE round_draws SET eligible = jsonb_set(eligible, '{0,capacity}', '60')", "draws"),
)


async def test_what_is_changed_of_a_running_round_is_found() -> None:
    await make_reported()
    assert await broken(*SCOPE) == {}

    for statement, finding in CHANGED:
        async with tampered(statement):
            assert any(name.startswith(f"panels: {finding}") for name in await broken(*SCOPE)), statement


async def test_who_concluded_when_and_why_is_what_the_log_says() -> None:
    await make_concluded_round(80, 81, 82)
    assert await broken(*SCOPE) == {}

    for change in (
        "reason = '另一个理由'",
        "concluded_at = concluded_at + interval '1 hour'",
        "concluded_by_id = (SELECT user_id FROM seats WHERE label = '专家D')",
        "extension = 'second_round', extended_at = now(), extended_by_id = prepared_by_id",
    ):
        async with tampered(f"UPDATE rounds SET {change}"):  # noqa: S608 -- written here
            assert list(await broken(*SCOPE)) == ["panels: rounds are as acted"], change


async def redrawn(stage: Stage) -> RoundDraw:
    operator, approver = By(stage.desk.operator, NOW), By(stage.desk.approver, NOW)
    number = stage.round.number
    redraw = await propose_redraw(number, reason="候补专家用完了，需要再抽几位", salt=SALT, by=operator)
    drawn = await decide_redraw(redraw.id, Verdict.CONFIRMED, by=approver)
    assert drawn is not None
    return drawn


async def test_a_full_panel_without_reserves_gets_some_by_another_draw_and_is_extended_by_them() -> None:
    stage = await make_checked(92, 91, 58)
    await past_guards("UPDATE seats SET status = 'declined' WHERE status = 'reserve'")
    for _ in range(4):
        await make_expert()

    drawn = await redrawn(stage)
    assert (await Round.get(id=stage.round.id)).status is RoundStatus.CHECKING
    await extend(stage.round.number, Extension.MORE_EXPERTS, by=By(stage.desk.operator, NOW))

    assert [len(ids) for ids in (*drawn.picked.values(), *drawn.reserves.values())] == [0, 4]
    assert len(await seats(stage.round, S.INVITED)) == 2
    assert [replay.faults for replay in await replay_draws(stage.round)] == [(), ()]


async def test_in_place_of_experts_who_could_judge_nothing_others_are_drawn() -> None:
    stage = await make_checked(80, 81, 82)
    await past_guards(
        "UPDATE seat_scores SET score = NULL, reason = '本项超出我的专业范围' WHERE seat_id = ("
        "SELECT id FROM seats WHERE label = '专家A')"
    )
    await make_expert()

    drawn = await redrawn(stage)

    assert [len(ids) for ids in drawn.picked.values()] == [1]
    assert (await Round.get(id=stage.round.id)).status is RoundStatus.SCORING
    seat = (await accept_all(stage.round))[0]
    await score_acts.submit(seat.id, sheet(80), by=By(await actor_of(seat), NOW))
    assert (await Round.get(id=stage.round.id)).status is RoundStatus.CHECKING


async def test_a_further_draw_makes_do_with_the_smallest_panel_where_the_pool_has_no_more() -> None:
    desk = await make_desk()
    await make_pool(6)
    claim = await make_accepted(desk)
    round_ = await prepare(desk, [claim.id], replace(WIDE, target=5, reserves=1))
    await draw(round_.number, by=By(desk.operator, NOW))
    for seat in (await seats(round_, S.INVITED))[:4]:
        await panel_seats.decline(seat.id, reason="出差", by=By(await actor_of(seat), NOW))
    await make_expert()

    drawn = await redrawn(Stage(desk, await Round.get(id=round_.id), [claim.id]))

    assert drawn.terms["size"] == 3
    assert len(await seats(round_, S.INVITED)) == 3
    assert [replay.faults for replay in await replay_draws(round_)] == [(), ()]
