"""Review rounds: drawn once, answered, scored in versions, looked at once more, concluded by another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tortoise.exceptions import BaseORMException, IntegrityError

from market.accounts.models import Message
from market.audit.models import AuditEvent
from market.claims.models import Claim
from market.experts.states import ExpertKind
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.panels import panel_seats, score_acts
from market.panels.draw_replay import replay_draws
from market.panels.round_checks import (
    conclusions_rest_on_scores,
    draws_replay,
    results_are_the_statistic,
    rules_are_logged,
    sheets_are_logged,
)
from market.panels.round_draws import ask_draw, decide_redraw, propose_redraw, run_draw
from market.panels.round_models import Redraw, Round, RoundDraw, RoundItem, Seat, SeatScore
from market.panels.round_preparation import change_rules, discard_round
from market.panels.round_results import conclude_round, extend, results_of
from market.panels.round_states import Extension, RoundStatus, SeatStatus
from market.panels.rounds import publish_round
from market.panels.statistics import Flag
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.databases import past_guards, run_as_owner
from tests.experts.factories import make_expert
from tests.factories import NOW, make_member, make_membership
from tests.moments import run_acts
from tests.panels.round_factories import (
    SALT,
    WIDE,
    accept_all,
    actor_of,
    draw,
    make_checked,
    make_concluded_round,
    make_drafted,
    make_drawn,
    prepare,
    score_all,
    seats,
    sheet,
)

LATER = NOW + timedelta(days=30)
S = SeatStatus


async def test_a_round_is_prepared_over_claims_once_and_its_rules_change_until_the_draw() -> None:
    stage = await make_drafted()
    by = By(stage.desk.operator, NOW)
    with pytest.raises(Conflict, match="已经列入一轮评审"):
        await prepare(stage.desk, stage.claims)
    for fields, field in (({"salt": "x"}, "salt"), ({"subject_ids": []}, "items")):
        with pytest.raises(Invalid) as refused:
            await prepare(stage.desk, stage.claims, **fields)
        assert refused.value.field == field
    with pytest.raises(Invalid) as refused:
        await change_rules(stage.round.number, replace(WIDE, target=2), by=by)
    assert refused.value.field == "target"

    changed = await change_rules(stage.round.number, replace(WIDE, kinds={"financial": 1}), by=by)
    await draw(stage.round.number, by=by)

    assert (changed.rules["version"], changed.rules["kinds"]) == (2, {"financial": 1})
    drawn = await seats(stage.round, S.INVITED)
    assert "financial" in {seat.kind for seat in drawn}
    with pytest.raises(Conflict):
        await change_rules(stage.round.number, WIDE, by=by)
    with pytest.raises(Forbidden):
        await draw(stage.round.number, by=By(stage.desk.officer, NOW))


async def test_a_round_is_discarded_before_its_draw_alone_and_its_claims_go_into_another() -> None:
    stage = await make_drafted()
    number, by = stage.round.number, By(stage.desk.operator, NOW)
    with pytest.raises(Invalid):
        await discard_round(number, reason=" ", by=by)
    with pytest.raises(Forbidden):
        await discard_round(number, reason="漏列了申报", by=By(stage.desk.rechecker, NOW))

    discarded = await discard_round(number, reason="漏列了申报", by=by)

    assert (discarded.status, discarded.note) == (RoundStatus.DISCARDED, "漏列了申报")
    with pytest.raises(Conflict, match="已经作废"):
        await ask_draw(number, by=by)
    with pytest.raises(Conflict, match="已经作废"):
        await change_rules(number, WIDE, by=by)
    other = await prepare(stage.desk, stage.claims)
    await draw(other.number, by=by)
    with pytest.raises(Conflict, match="不能作废"):
        await discard_round(other.number, reason="结果不合意", by=by)
    for old, new, words in (
        ("discarded", "drafting", "discarded round is never"),
        ("declaring", "discarded", "never discarded"),
    ):
        with pytest.raises(IntegrityError, match=words):
            await run_as_owner("UPDATE rounds SET status = $1 WHERE status = $2", new, old)


async def test_a_draw_invites_three_and_keeps_four_in_reserve_and_is_made_once() -> None:
    stage = await make_drawn()
    drawn = await seats(stage.round)

    assert [seat.label for seat in drawn] == [f"专家{letter}" for letter in "ABCDEFG"]
    assert [seat.status for seat in drawn] == [S.INVITED] * 3 + [S.RESERVE] * 4
    assert stage.round.status is RoundStatus.DECLARING
    assert (
        await Message.filter(user_id=drawn[0].user_id, address=f"/reviews/seats/{drawn[0].id}").count() == 1
    )
    assert not await Message.filter(user_id=drawn[3].user_id).exists()
    draw = await RoundDraw.get()
    assert (draw.salt, len(draw.seed), draw.number) == (SALT, 64, 1)
    assert await AuditEvent.exists(subject_kind="round", hash=draw.chain_head)
    with pytest.raises(Conflict, match="已经抽取"):
        await ask_draw(stage.round.number, by=By(stage.desk.operator, NOW))


async def test_who_has_a_conflict_is_not_drawn_and_what_is_short_is_named() -> None:
    stage = await make_drafted(experts=3)
    by = By(stage.desk.operator, NOW)
    for rules, words in (
        (replace(WIDE, kinds={"legal": 1}), "无需回避的法律专家只有 0 位，至少需要 1 位"),
        (replace(WIDE, target=4), "只有 3 位"),
    ):
        await change_rules(stage.round.number, rules, by=by)
        await ask_draw(stage.round.number, by=by)
        assert await run_draw(stage.round.number, by=by) is None
        round_ = await Round.get(id=stage.round.id)
        assert round_.status is RoundStatus.DRAFTING
        assert words in round_.note
        assert await Message.filter(user_id=by.user_id, text__contains=words).exists()
    assert not await RoundDraw.exists()


async def test_many_items_share_the_pool_within_what_each_expert_takes() -> None:
    stage = await make_drawn(items=2, experts=7)
    drawn = await seats(stage.round, S.INVITED)

    assert [len([seat for seat in drawn if seat.item_id == item.id]) for item in await RoundItem.all()] == [
        3,
        3,
    ]
    assert (await RoundDraw.get()).method == "greedy"
    assert [replay.faults for replay in await replay_draws(stage.round)] == [()]


async def test_an_expert_answers_for_their_own_seat_alone() -> None:
    stage = await make_drawn()
    first, second, _third, reserve = (await seats(stage.round))[:4]
    by = By(await actor_of(first), NOW)
    for seat in (second, await Seat.get(id=reserve.id)):
        with pytest.raises(NotFound):
            await panel_seats.accept(seat.id, by=by)
    with pytest.raises(NotFound):
        await panel_seats.accept(reserve.id, by=By(await actor_of(reserve), NOW))
    with pytest.raises(Conflict, match="请先声明"):
        await score_acts.submit(first.id, sheet(80), by=by)

    await panel_seats.declare_conflict(first.id, reason="同门", by=by)

    assert (await Seat.get(id=first.id)).status is S.DECLARED_CONFLICT
    assert (await Seat.get(id=reserve.id)).status is S.INVITED
    assert (await Round.get(id=stage.round.id)).status is RoundStatus.DECLARING
    with pytest.raises(Conflict):
        await panel_seats.accept(first.id, by=by)


async def test_at_the_clock_a_seat_lapses_and_a_reserve_follows_until_none_is_left() -> None:
    stage = await make_drawn()
    first = (await seats(stage.round))[0]
    await panel_seats.accept(first.id, by=By(await actor_of(first), NOW))

    assert await run_acts(NOW + timedelta(days=2), panel_seats.REMIND) == 2
    await run_acts(LATER, panel_seats.DUE)

    assert [seat.status for seat in await seats(stage.round)] == [S.LAPSED] * 3 + [S.INVITED] * 3 + [
        S.RESERVE
    ]
    await run_acts(LATER, panel_seats.DUE)
    await run_acts(LATER + timedelta(days=30), panel_seats.DUE)
    await run_acts(LATER + timedelta(days=60), panel_seats.DUE)
    assert {seat.status for seat in await seats(stage.round)} == {S.LAPSED}
    told = Message.filter(user_id=stage.desk.operator.user_id, text__contains="没有合适的候补专家")
    assert await told.count() == 3


async def test_the_operator_replaces_an_expert_who_has_not_scored_with_a_reason() -> None:
    stage = await make_drawn()
    first, reserve = (await seats(stage.round))[0], (await seats(stage.round))[3]
    by = By(stage.desk.operator, NOW)
    with pytest.raises(Invalid):
        await panel_seats.replace_expert(first.id, reason=" ", by=by)

    await panel_seats.replace_expert(first.id, reason="联系不上", by=by)

    assert [(await Seat.get(id=seat.id)).status for seat in (first, reserve)] == [S.REPLACED, S.INVITED]
    scored = await score_all(stage.round, 80, 80, 80)
    with pytest.raises(Conflict):
        await panel_seats.replace_expert(scored[1].id, reason="不合意的分数", by=by)


async def test_the_operator_replaces_one_expert_an_item_and_no_second() -> None:
    stage = await make_drawn()
    first, second = (await seats(stage.round))[:2]
    by = By(stage.desk.operator, NOW)
    await panel_seats.replace_expert(first.id, reason="联系不上", by=by)

    with pytest.raises(Conflict, match="已经替换过"):
        await panel_seats.replace_expert(second.id, reason="也联系不上", by=by)

    await run_acts(LATER, panel_seats.DUE)
    assert (await Seat.get(id=second.id)).status is S.LAPSED


async def test_a_sheet_is_refused_at_its_fields_and_a_draft_is_kept_for_its_expert() -> None:
    stage = await make_drawn()
    seat = (await accept_all(stage.round))[0]
    by = By(await actor_of(seat), NOW)
    typed = sheet("100.5", score_maturity="", for_applicant="")
    await score_acts.save_draft(seat.id, typed, by=by)
    with pytest.raises(score_acts.SheetRefused) as refused:
        await score_acts.submit(seat.id, typed, by=by)

    assert set(refused.value.errors) == {"score_novelty", "score_benefit", "reason_maturity", "for_applicant"}
    assert (await Seat.get(id=seat.id)).draft == typed
    assert not await SeatScore.exists()


async def test_a_returned_sheet_keeps_both_versions_and_is_returned_once() -> None:
    stage = await make_drawn()
    seat = (await accept_all(stage.round))[0]
    by, operator = By(await actor_of(seat), NOW), By(stage.desk.operator, NOW)
    await score_acts.submit(seat.id, sheet(80), by=by)
    with pytest.raises(Conflict, match="不能再改"):
        await score_acts.submit(seat.id, sheet(90), by=by)

    await score_acts.return_sheet(seat.id, reason="意见写错了项目", by=operator)
    await score_acts.submit(seat.id, sheet(82), by=by)

    rows = await SeatScore.filter(seat_id=seat.id, heading="novelty").order_by("version")
    assert [(row.version, row.score) for row in rows] == [(1, 80), (2, 82)]
    assert (await Seat.get(id=seat.id)).status is S.FINAL
    with pytest.raises(Conflict):
        await score_acts.return_sheet(seat.id, reason="再来一次", by=operator)
    assert await sheets_are_logged() == []


async def test_a_round_of_even_scores_is_concluded_by_the_rechecker_and_told() -> None:
    stage = await make_checked(88, 86, 90)
    number = stage.round.number
    assert stage.round.status is RoundStatus.CHECKING
    for person in (stage.desk.operator, stage.desk.approver, stage.desk.officer):
        with pytest.raises(Forbidden):
            await conclude_round(number, reason="意见一致", by=By(person, NOW))
    with pytest.raises(Invalid):
        await conclude_round(number, reason="", by=By(stage.desk.rechecker, NOW))

    round_ = await conclude_round(number, reason="意见一致", by=By(stage.desk.rechecker, NOW))
    await publish_round(number, by=By(stage.desk.operator, NOW))

    item = await RoundItem.get()
    assert item.result is not None
    assert (item.result["points"], item.result["band"], item.result["flags"]) == ("88", 85, [])
    assert {seat.status for seat in await seats(round_, S.FINAL)} == {S.FINAL}
    assert (await Round.get(id=round_.id)).status is RoundStatus.PUBLISHED
    for check in (draws_replay, conclusions_rest_on_scores, results_are_the_statistic, sheets_are_logged):
        assert await check() == []


async def test_a_claim_with_fewer_than_three_scores_is_concluded_by_nobody_over_no_route() -> None:
    stage = await make_drawn()
    accepted = await accept_all(stage.round)
    unable = {f"score_{name}": "" for name in ("novelty", "maturity", "benefit")} | {
        f"reason_{name}": "不属于本人的专业领域，无法评价" for name in ("novelty", "maturity", "benefit")
    }
    for seat, typed in zip(accepted, (sheet(80), sheet(80), sheet("", **unable)), strict=True):
        await score_acts.submit(seat.id, typed, by=By(await actor_of(seat), NOW))
    for person in (stage.desk.rechecker, stage.desk.approver, stage.desk.operator):
        with pytest.raises((Conflict, Forbidden), match=r"份评分|不能做|由他人"):
            await conclude_round(stage.round.number, reason="意见一致", by=By(person, NOW))

    with pytest.raises(IntegrityError, match="fewer than three scores"):
        await connection().execute_query(
            "UPDATE rounds SET status = 'concluded', concluded_at = $1, concluded_by_id = $2, reason = 'x'",
            [NOW, stage.desk.rechecker.user_id],
        )


async def test_a_crossed_band_is_looked_at_once_more_by_reserves_and_stays_flagged() -> None:
    stage = await make_checked(90, 80, 84)
    number, operator = stage.round.number, By(stage.desk.operator, NOW)
    with pytest.raises(Conflict, match=r"最高 90\.00，最低 80\.00"):
        await conclude_round(number, reason="取平均", by=By(stage.desk.rechecker, NOW))

    await extend(number, Extension.MORE_EXPERTS, by=operator)
    assert len(await seats(stage.round, S.INVITED)) == 2
    await score_all(stage.round, 88, 70)
    with pytest.raises(Conflict):
        await extend(number, Extension.SECOND_ROUND, by=operator)
    await conclude_round(number, reason="取平均", by=By(stage.desk.rechecker, NOW))

    item = await RoundItem.get()
    assert item.result is not None
    assert (item.result["points"], item.result["band"]) == ("412/5", 70)
    assert item.result["flags"] == ["crosses"]


async def test_a_second_round_lets_the_same_experts_score_anew_and_keeps_the_first() -> None:
    stage = await make_checked(90, 80, 84)
    await extend(stage.round.number, Extension.SECOND_ROUND, by=By(stage.desk.operator, NOW))
    for seat in await seats(stage.round, S.ACCEPTED):
        await score_acts.submit(seat.id, sheet(86), by=By(await actor_of(seat), NOW))

    await conclude_round(stage.round.number, reason="复议一致", by=By(stage.desk.rechecker, NOW))

    assert await SeatScore.all().count() == 18
    result = (await results_of(await Round.get(id=stage.round.id)))[0]
    assert result.points == 86
    assert result.summary is not None
    assert result.summary.flags == (Flag.IDENTICAL,)


async def test_a_second_draw_needs_a_reason_and_the_approver_and_fills_empty_seats() -> None:
    stage = await make_drawn(experts=4)
    number, operator = stage.round.number, By(stage.desk.operator, NOW)
    for seat in (await seats(stage.round, S.INVITED))[:2]:
        await panel_seats.decline(seat.id, reason="出差", by=By(await actor_of(seat), NOW))
    with pytest.raises(Invalid):
        await propose_redraw(number, reason="不够", salt=SALT, by=operator)
    redraw = await propose_redraw(
        number, reason="候补专家已经全部递补，仍缺一位", salt="另一口令", by=operator
    )
    with pytest.raises(Conflict):
        await propose_redraw(number, reason="候补专家已经全部递补，仍缺一位", salt=SALT, by=operator)
    with pytest.raises(Forbidden):
        await decide_redraw(redraw.id, Verdict.CONFIRMED, by=operator)
    for _ in range(3):
        await make_expert(kind=ExpertKind.TECHNICAL)

    await decide_redraw(redraw.id, Verdict.CONFIRMED, by=By(stage.desk.approver, NOW))

    assert len(await seats(stage.round, S.INVITED)) == 3
    second = await RoundDraw.get(number=2)
    assert (second.reason, second.approved_by_id) == (redraw.ground, stage.desk.approver.user_id)
    assert [replay.faults for replay in await replay_draws(stage.round)] == [(), ()]
    refused = await propose_redraw(number, reason="希望再多几位候补专家备用", salt=SALT, by=operator)
    await decide_redraw(refused.id, Verdict.REJECTED, reason="不必", by=By(stage.desk.approver, NOW))
    assert (await Redraw.get(id=refused.id)).is_rejected
    assert await RoundDraw.all().count() == 2


async def test_nobody_who_judged_drew_or_has_a_common_past_concludes() -> None:
    stage = await make_checked(80, 80, 80)
    claim_party = (await make_member()).organisation_id
    assert claim_party is not None
    rechecker = stage.desk.rechecker
    await past_guards("UPDATE round_draws SET drawn_by_id = $1", rechecker.user_id)
    with pytest.raises(SamePerson):
        await conclude_round(stage.round.number, reason="意见一致", by=By(rechecker, NOW))
    await past_guards("UPDATE round_draws SET drawn_by_id = $1", stage.desk.operator.user_id)
    await past_guards("UPDATE seats SET user_id = $1 WHERE label = '专家A'", rechecker.user_id)
    with pytest.raises(SamePerson):
        await conclude_round(stage.round.number, reason="意见一致", by=By(rechecker, NOW))


async def test_a_concluder_with_a_common_past_with_the_applicant_is_refused() -> None:
    stage = await make_checked(80, 80, 80)
    claim = await Claim.get(id=stage.claims[0]).select_related("applicant")
    ended = NOW - timedelta(days=400)
    await make_membership(
        stage.desk.rechecker.user_id, claim.applicant, start=ended - timedelta(days=30), end=ended
    )

    with pytest.raises(Forbidden, match="应当回避"):
        await conclude_round(stage.round.number, reason="意见一致", by=By(stage.desk.rechecker, NOW))


async def test_a_solicitation_is_reported_to_the_auditor_alone() -> None:
    stage = await make_drawn()
    seat = (await seats(stage.round))[0]
    by = By(await actor_of(seat), NOW)
    with pytest.raises(Invalid):
        await score_acts.report_solicitation(seat.id, text="有人找我", by=by)

    report = await score_acts.report_solicitation(seat.id, text="3 月 1 日有人来电要求给高分", by=by)

    assert [one.id for one in await score_acts.own_solicitations(by.actor, seat.id)] == [report.id]
    event = await AuditEvent.get(subject_kind="seat", action="report_solicitation")
    assert "来电" not in str(event.data)


KEPT = (
    "UPDATE rounds SET reason = '改'",
    "DELETE FROM rounds",
    "UPDATE round_items SET result = '{}'",
    "UPDATE seats SET version = version + 1",
    "UPDATE seats SET label = '专家Z'",
    "UPDATE seat_scores SET score = 100",
    "DELETE FROM seat_opinions",
    "UPDATE round_draws SET seed = repeat('0', 64)",
    "INSERT INTO seat_scores (seat_id, version, heading, most, score) SELECT id, 9, 'x', 100, 1 FROM seats",
)


async def test_the_database_keeps_what_a_conclusion_rests_on() -> None:
    await make_concluded_round(80, 80, 80)

    for statement in KEPT:
        with pytest.raises(BaseORMException, match=r"never edited|append-only|permission denied|takes no"):
            async with in_transaction():
                await connection().execute_query(statement)


@pytest.mark.parametrize(
    "row", ["101, NULL", "NULL, NULL", "NULL, '不懂'", "80, '材料缺少检测报告原件'", "-1, NULL"]
)
async def test_the_database_takes_a_score_or_a_reason_within_bounds(row: str) -> None:
    stage = await make_drawn()
    seat = (await seats(stage.round))[0]
    with pytest.raises(IntegrityError, match="seat_scores_given"):
        await connection().execute_query(
            f"INSERT INTO seat_scores (seat_id, version, heading, most, score, reason) "  # noqa: S608 -- ours
            f"VALUES ($1, 1, 'novelty', 100, {row})",
            [seat.id],
        )


async def test_what_is_changed_past_the_database_is_found() -> None:
    stage = await make_concluded_round(80, 80, 80)
    draw = await RoundDraw.get()
    item = str((await RoundItem.get()).id)
    for statement, check, words in (
        ("UPDATE round_draws SET seed = repeat('0', 64)", draws_replay, "种子"),
        ("UPDATE round_draws SET chain_head = repeat('0', 64)", draws_replay, "审计链"),
        ("UPDATE seats SET is_reserve = NOT is_reserve", draws_replay, "席位"),
        ("UPDATE rounds SET rules = rules || '{\"spread\": 90}'", rules_are_logged, "规则"),
        ("UPDATE seat_scores SET score = 81 WHERE heading = 'novelty'", sheets_are_logged, "评分"),
        ("UPDATE seat_scores SET score = 81 WHERE heading = 'novelty'", results_are_the_statistic, "结论"),
        ("UPDATE round_items SET result = result || '{\"band\": 85}'", results_are_the_statistic, "日志"),
        ("UPDATE seats SET status = 'lapsed' WHERE label = '专家A'", conclusions_rest_on_scores, "2 份评分"),
    ):
        await connection().execute_script("SAVEPOINT tampered")
        await past_guards(statement)
        findings = await check()
        assert any(words in finding for finding in findings), (statement, findings)
        assert all(stage.round.number in finding for finding in findings)
        await connection().execute_script("ROLLBACK TO SAVEPOINT tampered")
    picked = draw.picked[item]
    await past_guards(
        "UPDATE round_draws SET picked = jsonb_set(picked::jsonb, $1, $2::text::jsonb)",
        [item],
        str([draw.reserves[item][0], *picked[1:]]).replace("'", '"'),
    )
    assert any("重演抽出的专家" in finding for finding in await draws_replay())


async def test_a_round_from_away_draws_experts_of_other_provinces_alone() -> None:
    stage = await make_drafted(experts=3)
    by = By(stage.desk.operator, NOW)
    await change_rules(stage.round.number, replace(WIDE, is_away=True), by=by)
    await ask_draw(stage.round.number, by=by)
    await run_draw(stage.round.number, by=by)
    assert "只有 0 位" in (await Round.get(id=stage.round.id)).note
    away = [await make_expert(region="440100") for _ in range(3)]

    await draw(stage.round.number, by=by)

    assert {seat.expert_id for seat in await seats(stage.round)} == {expert.id for expert in away}


async def test_who_has_a_common_past_with_the_applicant_is_not_drawn() -> None:
    stage = await make_drafted(experts=3)
    claim = await Claim.get(id=stage.claims[0]).select_related("applicant")
    colleague = await make_expert(unit=claim.applicant)

    await draw(stage.round.number, by=By(stage.desk.operator, NOW))

    eligible = (await RoundDraw.get()).eligible
    assert len(eligible) == 3
    assert str(colleague.id) not in {row["id"] for row in eligible}
