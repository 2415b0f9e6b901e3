"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, Role


class PayeeAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    PROPOSE_ACCOUNT = "propose_account"
    CONFIRM_ACCOUNT = "confirm_account"
    COMPARE_ACCOUNT = "compare_account"
    CONFIRM_COMPARISON = "confirm_comparison"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    PayeeAct.PROPOSE_ACCOUNT: frozenset({Role.ADMIN, Role.FINANCE}),
    PayeeAct.CONFIRM_ACCOUNT: ALL_MEMBERS,
    PayeeAct.COMPARE_ACCOUNT: frozenset({Role.OFFICER}),
    PayeeAct.CONFIRM_COMPARISON: frozenset({Role.RECHECKER}),
}
