"""Who comes to have a conflict after the draw, or is barred, judges nothing, nor does a reserve who does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from market.accounts.models import Organisation, User
from market.claims.models import Claim
from market.experts.models import Expert
from market.experts.states import ExpertTieKind
from market.experts.ties import declare_tie
from market.listings.models import Outcome
from market.panels import panel_seats, score_acts
from market.panels.blind_names import names_in
from market.panels.round_models import Seat, SeatOpinion
from market.panels.round_states import SeatStatus
from market.panels.subjects import get_subject
from market.records.by import By
from tests.databases import past_guards
from tests.experts.factories import make_unit
from tests.factories import NOW, make_membership
from tests.panels.round_factories import Stage, actor_of, draw, make_drafted, make_drawn, seats, sheet
from tests.visitor import post, sign_in

S = SeatStatus


async def applicant_in(stage: Stage) -> Organisation:
    return (await Claim.get(id=stage.claims[0]).select_related("applicant")).applicant


async def join(seat: Seat, applicant: Organisation) -> None:
    await make_membership(seat.user_id, applicant, start=NOW - timedelta(days=1))


async def be_barred(seat: Seat, _applicant: Organisation) -> None:
    await past_guards("UPDATE experts SET status = 'barred' WHERE id = $1", seat.expert_id)


async def declare(seat: Seat, applicant: Organisation) -> None:
    by = By(await actor_of(seat), NOW)
    await declare_tie(applicant.name, ExpertTieKind.ADVISER_PAY, is_person=False, note="顾问", by=by)


Come = Callable[[Seat, Organisation], Awaitable[None]]


@pytest.mark.parametrize("come", [join, be_barred, declare])
async def test_a_conflict_that_came_up_after_the_draw_takes_an_expert_off_the_panel(come: Come) -> None:
    stage = await make_drawn()
    applicant = await applicant_in(stage)
    early, late, *_others = await seats(stage.round, S.INVITED)
    await panel_seats.accept(late.id, by=By(await actor_of(late), NOW))
    for seat in (early, late):
        await come(seat, applicant)

    await panel_seats.accept(early.id, by=By(await actor_of(early), NOW))
    await score_acts.submit(late.id, sheet(100), by=By(await actor_of(late), NOW))

    rows = [await Seat.get(id=seat.id) for seat in (early, late)]
    assert {row.status for row in rows} == {S.DECLARED_CONFLICT}
    assert all(row.note for row in rows)
    assert not await SeatOpinion.exists()
    assert len(await seats(stage.round, S.INVITED)) == 3


@pytest.mark.parametrize("come", [join, be_barred])
async def test_a_reserve_with_a_conflict_since_the_draw_is_passed_over(come: Come) -> None:
    stage = await make_drawn()
    first, reserve, following = [(await seats(stage.round))[place] for place in (0, 3, 4)]
    await come(reserve, await applicant_in(stage))

    await panel_seats.decline(first.id, reason="出差", by=By(await actor_of(first), NOW))

    statuses = [(await Seat.get(id=seat.id)).status for seat in (reserve, following)]
    assert statuses == [S.RESERVE, S.INVITED]


async def test_who_left_the_applicant_more_than_three_years_ago_judges_and_a_day_less_does_not() -> None:
    stage = await make_drawn()
    applicant = await applicant_in(stage)
    just_over, just_under = (await seats(stage.round, S.INVITED))[:2]
    border = NOW.replace(year=NOW.year - 3)
    for seat, day in ((just_over, -1), (just_under, 1)):
        expert = await Expert.get(id=seat.expert_id)
        ended = (border + timedelta(days=day)).date()
        await make_unit(expert, applicant, begin=ended - timedelta(days=99), end=ended)

    for seat in (just_over, just_under):
        await panel_seats.accept(seat.id, by=By(await actor_of(seat), NOW))

    rows = [(await Seat.get(id=seat.id)).status for seat in (just_over, just_under)]
    assert rows == [S.ACCEPTED, S.DECLARED_CONFLICT]


async def test_the_expert_reads_that_they_need_do_nothing_and_not_whom_it_is_about(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_drawn()
    applicant = await applicant_in(stage)
    seat = (await seats(stage.round, S.INVITED))[0]
    await declare(seat, applicant)
    await sign_in(client, await actor_of(seat))

    page = await post(client, f"/reviews/seats/{seat.id}", {"act": "accept"})

    assert "系统已自动回避" in page.text
    assert applicant.name not in page.text


async def test_who_worked_on_the_outcome_of_a_claim_is_neither_drawn_nor_called_and_not_named() -> None:
    stage = await make_drafted()
    author = (await Expert.all().select_related("user").order_by("number"))[0]
    await Outcome.all().update(team=[{"name": f" {author.user.name}", "title": "教授", "direction": "工艺"}])

    await draw(stage.round.number, by=By(stage.desk.operator, NOW))
    first, reserve = (await seats(stage.round, S.INVITED))[0], (await seats(stage.round, S.RESERVE))[0]
    name = (await User.get(id=reserve.user_id)).name
    await Outcome.all().update(team=[{"name": name, "title": "", "direction": ""}])
    await panel_seats.decline(first.id, reason="出差", by=By(await actor_of(first), NOW))

    assert author.id not in {seat.expert_id for seat in await seats(stage.round)}
    assert (await Seat.get(id=reserve.id)).status is S.RESERVE
    assert name in {row.text for row in await names_in(await get_subject("claim", stage.claims[0]))}
