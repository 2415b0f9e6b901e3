"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role


class BudgetAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    MAKE_LIST = "make_list"
    CONFIRM_LIST = "confirm_list"
    START_CLAWBACK = "start_clawback"
    CONFIRM_CLAWBACK = "confirm_clawback"
    CONFIRM_RETURN = "confirm_return"
    APPROVE = "approve"
    DISBURSE = "disburse"
    RELEASE_PAYMENT = "release_payment"
    CONFIRM_RESULT = "confirm_result"
    TAKE_BACK_RESULT = "take_back_result"
    DECIDE_TAKE_BACK = "decide_take_back"
    DRAFT_LAYOUT = "draft_layout"
    CONFIRM_LAYOUT = "confirm_layout"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    BudgetAct.MAKE_LIST: frozenset({Role.OFFICER, Role.RECHECKER}),
    BudgetAct.CONFIRM_LIST: frozenset({Role.RECHECKER}),
    BudgetAct.START_CLAWBACK: frozenset({Role.OFFICER}),
    BudgetAct.CONFIRM_CLAWBACK: frozenset({Role.APPROVER}),
    BudgetAct.CONFIRM_RETURN: frozenset({Role.RECHECKER}),
    BudgetAct.APPROVE: frozenset({Role.APPROVER}),
    BudgetAct.DISBURSE: frozenset({Role.OFFICER}),
    BudgetAct.RELEASE_PAYMENT: frozenset({Role.RECHECKER}),
    BudgetAct.CONFIRM_RESULT: frozenset({Role.RECHECKER}),
    BudgetAct.TAKE_BACK_RESULT: frozenset({Role.RECHECKER}),
    BudgetAct.DECIDE_TAKE_BACK: frozenset({Role.APPROVER}),
    BudgetAct.DRAFT_LAYOUT: frozenset({Role.OFFICER}),
    BudgetAct.CONFIRM_LAYOUT: frozenset({Role.RECHECKER}),
}
