"""Experts of the demo's challenges: drawn, all of them accept, each gives a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from market.accounts.actors import load_actor
from market.panels.panel_seats import accept
from market.panels.round_draws import ask_draw, draw_round
from market.panels.round_models import Round, RoundItem, Seat
from market.panels.round_rules import read_rules
from market.panels.round_states import SeatStatus
from market.panels.score_acts import submit
from market.panels.score_sheets import score_field
from market.records.by import By


async def seat_experts(round_: Round, *, by: By) -> None:
    """Draw the experts of a round; all accept an hour later."""
    await ask_draw(round_.number, by=by)
    await draw_round(round_.number, by=by)
    for seat in await Seat.filter(item__round_id=round_.id, status=SeatStatus.INVITED):
        await accept(seat.id, by=By(await load_actor(seat.user_id), by.now + timedelta(hours=1)))


async def score_next(round_: Round, points: int, opinion: str, now: datetime) -> None:
    """Have the next expert who has not scored give these points under each heading."""
    seats = Seat.filter(item__round_id=round_.id, status=SeatStatus.ACCEPTED)
    following = await seats.order_by("draw_number", "place")
    await _score(following[0], round_, points, opinion, now)


async def score_all(round_: Round, points: Mapping[UUID, Sequence[int]], opinion: str, now: datetime) -> None:
    """Have all experts score all items of a round, by the record that each item is about."""
    for item in await RoundItem.filter(round_id=round_.id).order_by("place"):
        seats = await Seat.filter(item_id=item.id, status=SeatStatus.ACCEPTED).order_by("place")
        for seat, each in zip(seats, points[item.subject_id], strict=True):
            await _score(seat, round_, each, opinion, now)


async def _score(seat: Seat, round_: Round, points: int, opinion: str, now: datetime) -> None:
    sheet = {score_field(heading.code): str(points) for heading in read_rules(round_.rules).headings}
    by = By(await load_actor(seat.user_id), now)
    await submit(seat.id, {**sheet, "for_applicant": opinion}, by=by)
