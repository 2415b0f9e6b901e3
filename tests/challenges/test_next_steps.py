"""What comes next of a challenge and of a solution, for who put it up and for who wrote it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from market.challenges.next_steps import step_of_owner, step_of_solver
from market.challenges.selection_states import AwardStatus
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import ChallengeStatus, Kind

BD = "BD-2026-000001"
OVER = {
    ChallengeStatus.REJECTED,
    ChallengeStatus.ACCEPTED,
    ChallengeStatus.FAILED,
    ChallengeStatus.NO_TAKER,
    ChallengeStatus.ENDED,
}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("status", list(ChallengeStatus))
def test_an_owner_is_told_what_comes_next_until_it_is_over(status: ChallengeStatus, kind: Kind) -> None:
    assert (step_of_owner(BD, status, kind) is None) == (status in OVER)


def test_a_firm_is_led_to_its_choice_which_the_office_makes_of_a_government_list() -> None:
    firm = step_of_owner(BD, ChallengeStatus.REVIEWING, Kind.ENTERPRISE)
    public = step_of_owner(BD, ChallengeStatus.REVIEWING, Kind.GOVERNMENT)
    assert firm is not None
    assert public is not None
    assert (firm.address, public.address) == (f"/challenges/{BD}/selection", "")


@pytest.mark.parametrize(
    ("status", "takes", "place", "award", "address"),
    [
        (SolutionStatus.DRAFT, True, None, None, "/solution?package=2"),
        (SolutionStatus.DRAFT, False, None, None, None),
        (SolutionStatus.SUBMITTED, True, None, None, "/solution?package=2"),
        (SolutionStatus.SUBMITTED, False, 3, None, ""),
        (SolutionStatus.NOT_CHOSEN, False, 3, None, "/solutions/3"),
        (SolutionStatus.CHOSEN, False, 3, AwardStatus.PROPOSED, "/awards/7"),
        (SolutionStatus.CHOSEN, False, 3, AwardStatus.ACCEPTED, "/awards/7"),
        (SolutionStatus.WITHDRAWN, True, None, None, None),
    ],
)
def test_a_solver_is_led_to_what_there_is_to_do(
    status: SolutionStatus, takes: bool, place: int | None, award: AwardStatus | None, address: str | None
) -> None:
    solution: Any = SimpleNamespace(status=status, place=place, challenge=SimpleNamespace(number=BD))
    given = cast(Any, SimpleNamespace(status=award, id=7)) if award else None
    step = step_of_solver(solution, given, takes=takes, query="?package=2")
    assert (step and step.address) == (f"/challenges/{BD}{address}" if address else address)
