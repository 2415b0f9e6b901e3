"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, ORGANISATION, Role


class RewardAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    SHARE_REWARDS = "share_rewards"
    SEE_REWARDS = "see_rewards"
    PAY_REWARDS = "pay_rewards"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    RewardAct.SHARE_REWARDS: ORGANISATION,
    RewardAct.SEE_REWARDS: ALL_MEMBERS | {Role.AUDITOR},
    RewardAct.PAY_REWARDS: frozenset({Role.FINANCE}),
}
