"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role


class MatchAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    SEE_MATCHES = "see_matches"
    JUDGE_MATCH = "judge_match"
    TAKE_UP = "take_up"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    MatchAct.SEE_MATCHES: ORGANISATION | {Role.BROKER},
    MatchAct.JUDGE_MATCH: ORGANISATION,
    MatchAct.TAKE_UP: frozenset({Role.BROKER}),
}
