"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, ORGANISATION, Role


class ContractAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    CHANGE_CONTRACT = "change_contract"
    STATE_ROYALTY = "state_royalty"
    CONFIRM_REMITTANCE = "confirm_remittance"
    CONFIRM_PAID_IN = "confirm_paid_in"
    IMPORT_STATEMENT = "import_statement"
    """Hand in a bank statement and say what its lines pay."""
    REFUND = "refund"
    CONFIRM_REFUND = "confirm_refund"
    SEE_RECONCILIATION = "see_reconciliation"
    """Compare our record of online payments with the gateway's: finance its own, operators all."""
    PAY_ONLINE = "pay_online"
    CONNECT_ACCOUNT = "connect_account"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ContractAct.CHANGE_CONTRACT: ORGANISATION,
    ContractAct.STATE_ROYALTY: ALL_MEMBERS,
    ContractAct.CONFIRM_REMITTANCE: frozenset({Role.FINANCE}),
    ContractAct.CONFIRM_PAID_IN: frozenset({Role.FINANCE}),
    ContractAct.IMPORT_STATEMENT: ALL_MEMBERS,
    ContractAct.REFUND: frozenset({Role.ADMIN, Role.FINANCE}),
    ContractAct.CONFIRM_REFUND: frozenset({Role.FINANCE}),
    ContractAct.SEE_RECONCILIATION: frozenset({Role.FINANCE, Role.OFFICER, Role.OPERATOR, Role.AUDITOR}),
    ContractAct.PAY_ONLINE: ALL_MEMBERS,
    ContractAct.CONNECT_ACCOUNT: frozenset({Role.ADMIN, Role.FINANCE}),
}
