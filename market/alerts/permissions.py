"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_SIGNED_IN, Role


class AlertAct(StrEnum):
    """Acts of this room that need a permission."""

    SAVE_SEARCH = "save_search"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    AlertAct.SAVE_SEARCH: ALL_SIGNED_IN - {Role.AUDITOR},
}
