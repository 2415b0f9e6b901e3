"""Many who submit in the last moment, on real connections: none is lost, none late is taken.

The large version, 300 with files of 20 MB, is `python -m tests.bench.submissions`.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from market.challenges import agreeing, choosing, clock
from market.challenges.deadlines import GRACE
from market.challenges.models import Challenge
from market.challenges.opening import open_all
from market.challenges.selection_models import Selection
from market.challenges.solution_drafts import begin_solution
from market.challenges.solution_models import OpenedSolution, Solution, SolutionVersion
from market.challenges.states import ChallengeStatus
from market.deals.models import Deal
from market.deps import Deps
from market.records.by import By
from market.records.decisions import Verdict
from tests.challenges.factories import DEADLINE, OPENS
from tests.challenges.selection_factories import JUDGED, choices_of, make_reviewing
from tests.challenges.solution_factories import (
    IN_TIME,
    SECRET,
    attach,
    hand_in,
    make_responding,
    make_solver,
    make_written,
)
from tests.test_races import race

pytestmark = [pytest.mark.committed, pytest.mark.long]
SOLVERS = 24


async def test_what_arrived_in_time_is_taken_though_the_list_is_closed_at_that_moment(deps: Deps) -> None:
    stage = await make_responding()
    solvers = [await make_solver(f"第 {place} 所高校") for place in range(SOLVERS)]
    solutions = [await make_written(stage, solver) for solver in solvers]
    await asyncio.gather(
        *(attach(row, solver, deps.store) for row, solver in zip(solutions, solvers, strict=True))
    )
    at = DEADLINE + GRACE
    waits = GRACE - timedelta(seconds=1)
    counts = await race(
        *(
            hand_in(row, solver, IN_TIME if place % 2 else DEADLINE, DEADLINE + waits)
            for place, (row, solver) in enumerate(zip(solutions, solvers, strict=True))
        ),
        clock.close(stage.challenge.id, now=DEADLINE + waits),
    )
    assert counts == {"done": SOLVERS // 2 + 1, "Late": SOLVERS // 2}
    await race(*(clock.close(stage.challenge.id, now=at) for _twice in range(3)))
    await race(
        *(open_all(stage.challenge.id, secret=SECRET, store=deps.store, now=at) for _twice in range(3))
    )
    await open_all(stage.challenge.id, secret=SECRET, store=deps.store, now=at)
    assert await OpenedSolution.all().count() == SOLVERS // 2
    challenge = await Challenge.get(id=stage.challenge.id)
    assert challenge.status is ChallengeStatus.CHECKING


async def test_presses_of_one_button_make_versions_in_order_of_one_solution() -> None:
    stage, solver = await make_responding(), await make_solver()
    solution = await make_written(stage, solver)
    counts = await race(*(hand_in(solution, solver) for _press in range(8)))
    assert counts == {"done": 8}
    versions = await SolutionVersion.all().order_by("version")
    assert [row.version for row in versions] == list(range(1, 9))
    other = await make_solver("另一所高校")
    await race(*(begin_solution(stage.challenge, 0, by=By(other, OPENS)) for _press in range(8)))
    assert await Solution.filter(organisation_id=other.organisation_id).count() == 1


async def test_of_fifty_choices_at_once_one_is_proposed_and_decided_once() -> None:
    stage = await make_reviewing()
    choices = await choices_of(stage, 1)
    counts = await race(
        *(
            choosing.propose_selection(
                stage.number, choices, by=By((stage.owner, stage.second)[place % 2], JUDGED)
            )
            for place in range(50)
        )
    )
    assert counts == {"done": 1, "Conflict": 49}
    selection = await Selection.get(challenge_id=stage.challenge.id)
    decider = stage.second if selection.proposed_by_id == stage.owner.user_id else stage.owner
    counts = await race(
        *(
            choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(decider, JUDGED))
            for _press in range(50)
        )
    )
    assert counts == {"done": 1, "AlreadyDecided": 49}
    (award,) = await stage.awards()
    solver = stage.solver_of(award)
    counts = await race(
        *(
            agreeing.consent(stage.number, award.id, award.plan_hash, by=By(actor, JUDGED))
            for actor in (stage.owner, solver) * 5
        )
    )
    assert counts["done"] >= 2
    assert await Deal.filter(subject_id=stage.challenge.id).count() == 1
