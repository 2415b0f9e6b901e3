"""Where a match may go: every pair of states."""

from __future__ import annotations

from itertools import product

import pytest

from market.kit.errors import Conflict
from market.matching.models import MatchStatus
from market.matching.states import MOVES, require_move

S = MatchStatus
ALLOWED = {
    (S.SUGGESTED, S.ASSIGNED),
    (S.SUGGESTED, S.INTERESTED),
    (S.SUGGESTED, S.DROPPED),
    (S.ASSIGNED, S.SUGGESTED),
    (S.ASSIGNED, S.INTERESTED),
    (S.ASSIGNED, S.DROPPED),
    (S.INTERESTED, S.TALKING),
    (S.INTERESTED, S.DEALT),
    (S.INTERESTED, S.DROPPED),
    (S.TALKING, S.DEALT),
    (S.TALKING, S.DROPPED),
    (S.DEALT, S.DROPPED),
    (S.DROPPED, S.INTERESTED),
}


@pytest.mark.parametrize(("before", "after"), list(product(MatchStatus, repeat=2)))
def test_only_known_moves_pass(before: MatchStatus, after: MatchStatus) -> None:
    if (before, after) in ALLOWED:
        require_move(before, after)
    else:
        with pytest.raises(Conflict):
            require_move(before, after)


def test_every_state_has_its_row() -> None:
    assert set(MOVES) == set(MatchStatus)
