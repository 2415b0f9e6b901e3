"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role


class ListingAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    WRITE_LISTING = "write_listing"
    MODERATE = "moderate"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ListingAct.WRITE_LISTING: ORGANISATION,
    ListingAct.MODERATE: frozenset({Role.OPERATOR}),
}
