"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role


class ProgrammeAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    DRAFT_TERMS = "draft_terms"
    RELEASE_TERMS = "release_terms"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ProgrammeAct.DRAFT_TERMS: frozenset({Role.OFFICER}),
    ProgrammeAct.RELEASE_TERMS: frozenset({Role.APPROVER}),
}
