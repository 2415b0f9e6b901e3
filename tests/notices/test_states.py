"""Where a notice stands by the objections against it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from market.notices.states import (
    NoticeShownStatus,
    NoticeStatus,
    ObjectionStatus,
    is_due,
    shown_status,
    status_by_objections,
)
from tests.factories import NOW

ENTRY = UUID(int=1)
FILED, ANSWERED, UPHELD, CORRECTED, DISMISSED = (
    ObjectionStatus.FILED,
    ObjectionStatus.ANSWERED,
    ObjectionStatus.UPHELD,
    ObjectionStatus.CORRECTED,
    ObjectionStatus.DISMISSED,
)


@pytest.mark.parametrize(
    ("objections", "status"),
    [
        ([], NoticeStatus.OPEN),
        ([(DISMISSED, None)], NoticeStatus.OPEN),
        ([(FILED, None)], NoticeStatus.OBJECTED),
        ([(DISMISSED, None), (ANSWERED, ENTRY)], NoticeStatus.OBJECTED),
        ([(UPHELD, ENTRY)], NoticeStatus.OPEN),
        ([(UPHELD, ENTRY), (FILED, None)], NoticeStatus.OBJECTED),
        ([(FILED, ENTRY), (UPHELD, None)], NoticeStatus.UPHELD),
    ],
)
def test_an_objection_suspends_and_one_upheld_against_the_whole_ends_a_notice(
    objections: list[tuple[ObjectionStatus, UUID | None]], status: NoticeStatus
) -> None:
    assert status_by_objections(objections) is status


def test_a_period_runs_out_at_its_last_moment_unless_an_objection_is_in_the_way() -> None:
    assert is_due(NoticeStatus.OPEN, NOW, NOW)
    assert not is_due(NoticeStatus.OPEN, NOW + timedelta(seconds=1), NOW)
    assert not is_due(NoticeStatus.OPEN, None, NOW)
    assert not is_due(NoticeStatus.OBJECTED, NOW, NOW)


@pytest.mark.parametrize(
    ("status", "objections", "shown"),
    [
        (NoticeStatus.OPEN, [], NoticeStatus.OPEN),
        (NoticeStatus.OBJECTED, [(FILED, None)], NoticeStatus.OBJECTED),
        (NoticeStatus.OBJECTED, [(DISMISSED, None), (FILED, ENTRY)], NoticeShownStatus.OBJECTED_IN_PART),
        (NoticeStatus.CLEAR, [], NoticeStatus.CLEAR),
        (NoticeStatus.CLEAR, [(DISMISSED, None)], NoticeShownStatus.CLEAR_DISMISSED),
        (NoticeStatus.CLEAR, [(DISMISSED, None), (UPHELD, ENTRY)], NoticeShownStatus.CLEAR_WITHOUT_SOME),
        (NoticeStatus.CLEAR, [(CORRECTED, ENTRY), (DISMISSED, None)], NoticeShownStatus.CLEAR_CORRECTED),
        (NoticeStatus.CLEAR, [(CORRECTED, ENTRY), (UPHELD, ENTRY)], NoticeShownStatus.CLEAR_CHANGED),
        (NoticeStatus.OPEN, [(CORRECTED, ENTRY)], NoticeStatus.OPEN),
        (NoticeStatus.UPHELD, [(UPHELD, None)], NoticeStatus.UPHELD),
    ],
)
def test_nobody_reads_that_there_was_no_objection_where_there_was_one(
    status: NoticeStatus,
    objections: list[tuple[ObjectionStatus, UUID | None]],
    shown: NoticeStatus | NoticeShownStatus,
) -> None:
    assert shown_status(status, objections) is shown
