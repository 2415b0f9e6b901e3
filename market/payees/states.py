"""The verbs of the audit log, and who may do what with payees' accounts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof


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

FRESH: Mapping[StrEnum, FreshProof] = {
    PayeeAct.PROPOSE_ACCOUNT: FreshProof.TO_ACT,
    PayeeAct.CONFIRM_ACCOUNT: FreshProof.TO_ACT,
    PayeeAct.CONFIRM_COMPARISON: FreshProof.TO_ACT,
}


class PayeeVerb(LabelEnum):
    """What the audit log says of an organisation's accounts."""

    PROPOSE_ACCOUNT = "propose_account", lazy("提交收款账户")
    COMPARE_ACCOUNT = "compare_account", lazy("比对账户证明")
    CONFIRM_ACCOUNT = "confirm_account", lazy("确认收款账户")
    REJECT_ACCOUNT = "reject_account", lazy("退回收款账户")
