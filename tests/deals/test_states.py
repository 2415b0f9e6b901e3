"""The life of a deal."""

from __future__ import annotations

import pytest

from market.deals.states import (
    DEAL_WORKFLOW,
    DealAction,
    DealStatus,
    shown_status,
    steps,
)
from market.kit.workflow import ActionNotAllowed
from market.notices.states import NoticeStatus

S, A = DealStatus, DealAction


@pytest.mark.parametrize("status", DealStatus)
def test_what_the_table_does_not_know_is_refused(status: DealStatus) -> None:
    for action in DealAction:
        if (status, action) in DEAL_WORKFLOW.transitions:
            assert DEAL_WORKFLOW.next(status, action) is DEAL_WORKFLOW.transitions[status, action]
            assert action in DEAL_WORKFLOW.actions(status)
        else:
            with pytest.raises(ActionNotAllowed):
                DEAL_WORKFLOW.next(status, action)


def test_every_status_is_reached_and_only_the_ends_are_final() -> None:
    assert {S.INTENT, *DEAL_WORKFLOW.transitions.values()} == set(DealStatus)
    assert {s for s in DealStatus if not DEAL_WORKFLOW.actions(s)} == {S.COMPLETED, S.RESCINDED, S.TERMINATED}


def test_a_signed_deal_is_never_just_terminated() -> None:
    for status in (S.SIGNED, S.REGISTERED, S.PAYING, S.COMPLETED):
        assert A.TERMINATE not in DEAL_WORKFLOW.actions(status)


@pytest.mark.parametrize(
    ("status", "notice", "shown"),
    [
        (S.PUBLICITY, NoticeStatus.OPEN, "publicity"),
        (S.PUBLICITY, NoticeStatus.OBJECTED, "suspended"),
        (S.PUBLICITY, NoticeStatus.UPHELD, "suspended"),
        (S.PUBLICITY, None, "publicity"),
        (S.TO_SIGN, NoticeStatus.CLEAR, "to_sign"),
        (S.TERMINATED, NoticeStatus.OBJECTED, "terminated"),
    ],
)
def test_suspended_is_read_from_the_notice(
    status: DealStatus, notice: NoticeStatus | None, shown: str
) -> None:
    assert shown_status(status, notice) == shown


@pytest.mark.parametrize(
    ("status", "was", "is_skipped", "drawn"),
    [
        (S.INTENT, None, False, "now ahead ahead ahead ahead ahead ahead ahead"),
        (S.PUBLICITY, None, False, "past past past now ahead ahead ahead ahead"),
        (S.TO_SIGN, None, True, "past past past skipped now ahead ahead ahead"),
        (S.PAYING, None, False, "past past past past past past now ahead"),
        (S.COMPLETED, None, False, "past past past past past past past past"),
        (S.TERMINATED, S.NEGOTIATING, False, "past ahead ahead ahead ahead ahead ahead ahead"),
        (S.TERMINATED, None, False, "ahead ahead ahead ahead ahead ahead ahead ahead"),
    ],
)
def test_the_chain_shows_how_far_a_deal_came(
    status: DealStatus, was: DealStatus | None, is_skipped: bool, drawn: str
) -> None:
    assert " ".join(step.state for step in steps(status, is_skipped=is_skipped, was=was)) == drawn
