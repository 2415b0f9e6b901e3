"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class JobVerb(LabelEnum):
    REBUILD_INDEX = "rebuild_index", lazy("重建索引")
    RETRY_DOCUMENT = "retry_document", lazy("重新入索引")
    RETRY_JOB = "retry_job", lazy("重试任务")
