"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role


class IntegrityAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    MANAGE_SANCTIONS = "manage_sanctions"
    DECLARE_CONFLICT = "declare_conflict"
    ENTER_RELATED_PARTIES = "enter_related_parties"
    APPEAL_SANCTION = "appeal_sanction"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    IntegrityAct.MANAGE_SANCTIONS: frozenset({Role.OPERATOR}),
    IntegrityAct.DECLARE_CONFLICT: frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER}),
    IntegrityAct.ENTER_RELATED_PARTIES: frozenset({Role.OFFICER}),
    IntegrityAct.APPEAL_SANCTION: ORGANISATION,
}
