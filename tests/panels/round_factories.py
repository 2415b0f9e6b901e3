"""Review rounds over claims, from their preparation to the conclusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from market.accounts.actors import Actor, load_actor
from market.experts.states import ExpertKind
from market.panels.panel_seats import accept
from market.panels.round_draws import ask_draw, draw_round
from market.panels.round_models import Round, RoundDraw, Seat
from market.panels.round_preparation import prepare_round
from market.panels.round_results import conclude_round
from market.panels.round_rules import DEFAULT_RULES, RoundRules
from market.panels.round_states import SeatStatus
from market.panels.score_acts import submit
from market.records.by import By
from tests.claims.factories import Desk, make_accepted, make_desk
from tests.experts.factories import make_expert
from tests.factories import NOW
from tests.stage_cache import cached_stage

SALT = "桂A12345"
HEADINGS = ("novelty", "maturity", "benefit")
WIDE = replace(DEFAULT_RULES, largest_share=Fraction(1), sheets=None)
"""Everything happens at one moment here, so that every sheet would be flagged as too fast."""


@dataclass
class Stage:
    """A round with who runs it."""

    desk: Desk
    round: Round
    claims: list[UUID]


def sheet(points: int | str, **typed: str) -> dict[str, str]:
    """Return a sheet as it is typed, with the same score under each heading."""
    return {f"score_{name}": str(points) for name in HEADINGS} | {"for_applicant": "路线可行。"} | typed


@cached_stage
async def make_pool(count: int = 7) -> None:
    for place in range(count):
        await make_expert(kind=ExpertKind.FINANCIAL if place == 0 else ExpertKind.TECHNICAL)


@cached_stage
async def make_drafted(items: int = 1, experts: int = 7) -> Stage:
    """Prepare a round over accepted claims, with a pool to draw from."""
    desk = await make_desk()
    await make_pool(experts)
    claims = [(await make_accepted(desk)).id for _ in range(items)]
    return Stage(desk, await prepare(desk, claims), claims)


async def prepare(desk: Desk, claims: Sequence[UUID], rules: RoundRules = WIDE, **fields: Any) -> Round:
    defaults: dict[str, Any] = {
        "subject_kind": "claim",
        "subject_ids": claims,
        "title": "2026 年度后补助评审",
        "scope": {"programme": "guangxi", "year": 2026},
        "rules": rules,
        "salt": SALT,
        "by": By(desk.operator, NOW),
    }
    return await prepare_round(**(defaults | fields))


@cached_stage
async def make_drawn(items: int = 1, experts: int = 7) -> Stage:
    stage = await make_drafted(items, experts)
    await draw(stage.round.number, by=By(stage.desk.operator, NOW))
    return Stage(stage.desk, await Round.get(id=stage.round.id), stage.claims)


async def draw(number: str, *, by: By) -> RoundDraw:
    """Ask for the draw of a round and carry it out, as the job does."""
    await ask_draw(number, by=by)
    return await draw_round(number, by=by)


async def seats(round_: Round, *statuses: SeatStatus) -> list[Seat]:
    rows = Seat.filter(item__round_id=round_.id)
    if statuses:
        rows = rows.filter(status__in=list(statuses))
    return await rows.order_by("item__place", "draw_number", "place")


async def actor_of(seat: Seat) -> Actor:
    return await load_actor(seat.user_id)


async def accept_all(round_: Round) -> list[Seat]:
    for seat in await seats(round_, SeatStatus.INVITED):
        await accept(seat.id, by=By(await actor_of(seat), NOW))
    return await seats(round_, SeatStatus.ACCEPTED)


async def score_all(round_: Round, *points: int, typed: Mapping[str, str] | None = None) -> list[Seat]:
    """Have every expert of each item accept and give these points, in the order of the seats."""
    accepted = await accept_all(round_)
    for seat, given in zip(accepted, points * (len(accepted) // len(points)), strict=True):
        await submit(seat.id, sheet(given, **(typed or {})), by=By(await actor_of(seat), NOW))
    return await seats(round_)


@cached_stage
async def make_checked(*points: int) -> Stage:
    """Make a round of one claim that waits for its conclusion, with these points."""
    stage = await make_drawn()
    await score_all(stage.round, *points)
    return Stage(stage.desk, await Round.get(id=stage.round.id), stage.claims)


@cached_stage
async def make_concluded_round(*points: int) -> Stage:
    stage = await make_checked(*points)
    await conclude_round(stage.round.number, reason="意见一致", by=By(stage.desk.rechecker, NOW))
    return Stage(stage.desk, await Round.get(id=stage.round.id), stage.claims)
