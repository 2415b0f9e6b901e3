"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role


class BackofficeAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    RUN_JOBS = "run_jobs"
    MOVE_CLOCK = "move_clock"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    BackofficeAct.RUN_JOBS: frozenset({Role.OPERATOR}),
    BackofficeAct.MOVE_CLOCK: frozenset({Role.OPERATOR}),
}
