"""Fifty draws, and fifty conclusions, at the same moment on real connections: one of each."""

from __future__ import annotations

import asyncio

import pytest

from market.audit.models import AuditEvent
from market.deps import Deps
from market.kit.errors import Conflict
from market.panels.draw_replay import replay_draws
from market.panels.round_draws import ask_draw, run_draw
from market.panels.round_models import Round, RoundDraw, Seat
from market.panels.round_results import conclude_round
from market.panels.round_states import RoundStatus
from market.records.by import By
from tests.factories import NOW
from tests.panels.round_factories import make_drafted, score_all

pytestmark = [pytest.mark.committed, pytest.mark.long]


async def test_of_fifty_draws_and_of_fifty_conclusions_at_once_there_is_one(deps: Deps) -> None:
    stage = await make_drafted()
    number = stage.round.number
    by = By(stage.desk.operator, NOW)

    asked = await asyncio.gather(*(ask_draw(number, by=by) for _ in range(50)), return_exceptions=True)
    drawn = await asyncio.gather(*(run_draw(number, by=by) for _ in range(50)))

    assert sum(isinstance(outcome, Conflict) for outcome in asked) == 49
    assert sum(isinstance(outcome, RoundDraw) for outcome in drawn) == 1
    assert await Seat.all().count() == 7
    assert await AuditEvent.filter(subject_kind="round", action="drawn").count() == 1
    assert [replay.faults for replay in await replay_draws(stage.round)] == [()]

    await score_all(stage.round, 80, 80, 80)
    conclusions = [
        conclude_round(number, reason="意见一致", by=By(stage.desk.rechecker, NOW)) for _ in range(50)
    ]
    concluded = await asyncio.gather(*conclusions, return_exceptions=True)

    assert sum(isinstance(outcome, Conflict) for outcome in concluded) == 49
    assert (await Round.get(number=number)).status is RoundStatus.CONCLUDED
