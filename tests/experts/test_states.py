"""The rules of the pool that need no database."""

from __future__ import annotations

import pytest

from market.experts.states import WORKFLOW, ExpertAction, ExpertRuling, ExpertStatus, weights_fault

FIELDS = ("materials", "energy", "urban", "nuclear", "transport", "aerospace")


@pytest.mark.parametrize(
    ("weights", "fault"),
    [
        ((100,), ""),
        ((60, 40), ""),
        ((20, 20, 20, 20, 20), ""),
        ((), "count"),
        ((20, 20, 20, 20, 10, 10), "count"),
        ((100, 0), "range"),
        ((101, -1), "range"),
        ((60, 39), "sum"),
        ((60, 41), "sum"),
    ],
)
def test_one_to_five_fields_share_a_hundred_points(weights: tuple[int, ...], fault: str) -> None:
    assert weights_fault(dict(zip(FIELDS, weights, strict=False))) == fault


def test_each_ruling_is_an_action_and_only_an_admission_leads_into_the_pool() -> None:
    assert [ruling.action.value for ruling in ExpertRuling] == ["admit", "refuse", "bar", "lift"]
    assert [ruling.is_of_application for ruling in ExpertRuling] == [True, True, False, False]
    into_the_pool = {
        (status, action)
        for (status, action), to in WORKFLOW.transitions.items()
        if to in (ExpertStatus.IN_POOL, ExpertStatus.PAUSED)
    }
    assert into_the_pool == {
        (ExpertStatus.APPLIED, ExpertAction.ADMIT),
        (ExpertStatus.IN_POOL, ExpertAction.PAUSE),
        (ExpertStatus.PAUSED, ExpertAction.RESUME),
    }
