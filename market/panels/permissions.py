"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role


class PanelAct(StrEnum):
    """Acts of this room that need a permission."""

    ASSIGN_EXPERTS = "assign_experts"
    SCORE_CLAIM = "score_claim"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    PanelAct.ASSIGN_EXPERTS: frozenset({Role.OPERATOR}),
    PanelAct.SCORE_CLAIM: frozenset({Role.REVIEWER}),
}
