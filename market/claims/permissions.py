"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role


class ClaimAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    REPORT_SALES = "report_sales"
    WRITE_CLAIM = "write_claim"
    ACCEPT_CLAIM = "accept_claim"
    ASSIGN_CLAIM = "assign_claim"
    CALCULATE = "calculate"
    RECHECK = "recheck"
    DECIDE_REFUSAL = "decide_refusal"
    PROPOSE_PAYEE_CHANGE = "propose_payee_change"
    DECIDE_PAYEE_CHANGE = "decide_payee_change"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ClaimAct.REPORT_SALES: ORGANISATION,
    ClaimAct.WRITE_CLAIM: ORGANISATION,
    ClaimAct.ACCEPT_CLAIM: frozenset({Role.OFFICER}),
    ClaimAct.ASSIGN_CLAIM: frozenset({Role.OFFICER}),
    ClaimAct.CALCULATE: frozenset({Role.OFFICER}),
    ClaimAct.RECHECK: frozenset({Role.RECHECKER}),
    ClaimAct.DECIDE_REFUSAL: frozenset({Role.RECHECKER}),
    ClaimAct.PROPOSE_PAYEE_CHANGE: frozenset({Role.RECHECKER}),
    ClaimAct.DECIDE_PAYEE_CHANGE: frozenset({Role.APPROVER}),
}
