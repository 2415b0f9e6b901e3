"""Audit verbs of background jobs, and permissions of the back office."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class JobVerb(LabelEnum):
    REBUILD_INDEX = "rebuild_index", lazy("重建索引")
    RETRY_DOCUMENT = "retry_document", lazy("重新入索引")
    RETRY_JOB = "retry_job", lazy("重试任务")


class BackofficeAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    RUN_JOBS = "run_jobs"
    MOVE_CLOCK = "move_clock"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    BackofficeAct.RUN_JOBS: frozenset({Role.OPERATOR}),
    BackofficeAct.MOVE_CLOCK: frozenset({Role.OPERATOR}),
}
