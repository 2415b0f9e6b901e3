"""When an integrity record binds, and which steps it takes."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from market.integrity.models import Scope
from market.integrity.states import (
    WORKFLOW,
    SanctionAction,
    SanctionStatus,
    due_action,
    is_binding,
    next_change,
)
from market.kit.errors import Conflict

STARTS, ENDS = date(2026, 3, 1), date(2027, 2, 28)
S = SanctionStatus


def test_a_record_takes_only_the_steps_of_its_workflow() -> None:
    for status, action in product(SanctionStatus, SanctionAction):
        if WORKFLOW.allows(status, action):
            assert WORKFLOW.next(status, action) in SanctionStatus
        else:
            with pytest.raises(Conflict):
                WORKFLOW.next(status, action)


@pytest.mark.parametrize(
    ("status", "today", "shown"),
    [
        (S.CONFIRMED, date(2026, 2, 28), S.CONFIRMED),
        (S.CONFIRMED, STARTS, S.ACTIVE),
        (S.ACTIVE, ENDS, S.ACTIVE),
        (S.ACTIVE, date(2027, 3, 1), S.EXPIRED),
        (S.HEARD, STARTS, S.HEARD),
        (S.REPAIRED, STARTS, S.REPAIRED),
    ],
)
def test_a_confirmed_record_is_active_from_its_first_to_its_last_day(
    status: SanctionStatus, today: date, shown: SanctionStatus
) -> None:
    action = due_action(status, STARTS, ENDS, today)

    assert (WORKFLOW.next(status, action) if action else status) is shown


@pytest.mark.parametrize(
    ("status", "scope", "ends", "today", "binds"),
    [
        (S.CONFIRMED, Scope.SUBSIDY, ENDS, STARTS, True),
        (S.ACTIVE, Scope.SUBSIDY, ENDS, ENDS, True),
        (S.ACTIVE, Scope.SUBSIDY, ENDS, date(2027, 3, 1), False),
        (S.ACTIVE, Scope.SUBSIDY, None, date(2099, 1, 1), True),
        (S.ACTIVE, Scope.SUBSIDY, ENDS, date(2026, 2, 28), False),
        (S.ACTIVE, None, ENDS, STARTS, False),
        (S.HEARD, Scope.SUBSIDY, ENDS, STARTS, False),
        (S.REPAIRED, Scope.SUBSIDY, ENDS, STARTS, False),
    ],
)
def test_a_record_bars_its_subject_only_from_its_scope_and_only_in_its_term(
    status: SanctionStatus, scope: Scope | None, ends: date | None, today: date, binds: bool
) -> None:
    scopes = [scope.value] if scope else [other.value for other in Scope if other is not Scope.SUBSIDY]

    assert is_binding(status, scopes, STARTS, ends, Scope.SUBSIDY, today) is binds


@pytest.mark.parametrize(
    ("status", "ends", "day"),
    [
        (S.CONFIRMED, ENDS, STARTS),
        (S.ACTIVE, ENDS, date(2027, 3, 1)),
        (S.ACTIVE, None, None),
        (S.HEARD, ENDS, None),
        (S.EXPIRED, ENDS, None),
    ],
)
def test_the_next_change_comes_on_the_first_day_and_on_the_day_after_the_last(
    status: SanctionStatus, ends: date | None, day: date | None
) -> None:
    assert next_change(status, STARTS, ends) == day


def test_a_record_without_an_end_stays_active() -> None:
    assert due_action(S.ACTIVE, STARTS, None, date(2099, 1, 1)) is None
