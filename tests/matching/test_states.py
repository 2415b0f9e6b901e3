"""The life of a match: every pair of status and action is either in the table or refused."""

from __future__ import annotations

import pytest

from market.kit.errors import Conflict
from market.matching.states import TARGETS, WORKFLOW, MatchAction, MatchStatus

S, A = MatchStatus, MatchAction
PERMITTED = {
    (S.SUGGESTED, A.TAKE_UP),
    (S.SUGGESTED, A.INTEREST),
    (S.SUGGESTED, A.DROP),
    (S.ASSIGNED, A.RELEASE),
    (S.ASSIGNED, A.INTEREST),
    (S.ASSIGNED, A.DROP),
    (S.INTERESTED, A.TALK),
    (S.INTERESTED, A.CONCLUDE),
    (S.INTERESTED, A.DROP),
    (S.TALKING, A.CONCLUDE),
    (S.TALKING, A.DROP),
    (S.DEALT, A.DROP),
    (S.DROPPED, A.INTEREST),
}


@pytest.mark.parametrize("status", S)
def test_a_match_takes_only_the_actions_of_its_table(status: MatchStatus) -> None:
    for action in A:
        if (status, action) in PERMITTED:
            assert WORKFLOW.next(status, action) is TARGETS[action]
        else:
            with pytest.raises(Conflict):
                WORKFLOW.next(status, action)
