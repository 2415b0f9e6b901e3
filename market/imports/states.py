"""Statuses of imports and their rows, the workflow, and their audit verbs."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class ImportStatus(LabelEnum):
    UPLOADED = "uploaded", lazy("待对列"), "due"
    MAPPED = "mapped", lazy("正在核对"), "act"
    CHECKED = "checked", lazy("待导入"), "due"
    IMPORTING = "importing", lazy("正在导入"), "act"
    IMPORTED = "imported", lazy("已导入"), "done"
    SUBMITTED = "submitted", lazy("整批待审"), "due"
    RETURNED = "returned", lazy("整批退回"), "wrong"
    PUBLISHING = "publishing", lazy("正在发布"), "act"
    PUBLISHED = "published", lazy("已整批发布"), "done"
    UNDONE = "undone", lazy("已撤销")
    DISCARDED = "discarded", lazy("已放弃")


class ImportAction(LabelEnum):
    """Actions of the workflow; also the verbs of the audit log."""

    MAP = "mapped", lazy("对列")
    CHECK = "checked", lazy("核对完成")
    FAIL = "failed", lazy("没有读成")
    RUN = "run", lazy("开始导入")
    FINISH = "imported", lazy("导入完成")
    SUBMIT = "submitted", lazy("整批送审")
    RETURN = "returned", lazy("整批退回")
    PUBLISH = "publish", lazy("抽检通过，整批发布")
    PUBLISHED = "published", lazy("整批发布完成")
    UNDO = "undone", lazy("整批撤销")
    DISCARD = "discarded", lazy("放弃")


S, A = ImportStatus, ImportAction
_TRANSITIONS: Mapping[tuple[ImportStatus, ImportAction], ImportStatus] = {
    **{(status, A.MAP): S.MAPPED for status in (S.UPLOADED, S.CHECKED)},
    (S.MAPPED, A.CHECK): S.CHECKED,
    (S.MAPPED, A.FAIL): S.UPLOADED,
    (S.CHECKED, A.RUN): S.IMPORTING,
    (S.IMPORTING, A.FINISH): S.IMPORTED,
    **{(status, A.SUBMIT): S.SUBMITTED for status in (S.IMPORTED, S.RETURNED)},
    (S.SUBMITTED, A.RETURN): S.RETURNED,
    (S.SUBMITTED, A.PUBLISH): S.PUBLISHING,
    (S.PUBLISHING, A.PUBLISHED): S.PUBLISHED,
    **{(status, A.UNDO): S.UNDONE for status in (S.IMPORTED, S.RETURNED)},
    **{(status, A.DISCARD): S.DISCARDED for status in (S.UPLOADED, S.MAPPED, S.CHECKED)},
}
IMPORT_WORKFLOW = Workflow(_TRANSITIONS, refusal=lazy("这次导入的状态已经变了，请刷新后再看。"))
WORKING = frozenset({S.MAPPED, S.IMPORTING, S.PUBLISHING})
"""A job is at work; the page shows how far it is."""
BEGUN = frozenset({S.IMPORTED, S.SUBMITTED, S.RETURNED, S.PUBLISHING, S.PUBLISHED})
"""The rows have become listings."""


class RowStanding(LabelEnum):
    """What the check found of a row."""

    READY = "ready", lazy("可以导入"), "done"
    FAULTY = "faulty", lazy("有错"), "wrong"
    ALIKE = "alike", lazy("等您定"), "due"
    """A listing of the organisation is alike; the person says what becomes of the row."""
    SAME = "same", lazy("没有变化")
    LEFT_OUT = "left_out", lazy("不导入")


class RowOutcome(LabelEnum):
    """What became of a row."""

    CREATED = "created", lazy("新建"), "done"
    UPDATED = "updated", lazy("已更新"), "done"
    SAME = "same", lazy("没有变化")
    REFUSED = "refused", lazy("没有导入"), "wrong"


class ImportVerb(LabelEnum):
    """Audit verbs besides the actions of the workflow."""

    UPLOADED = "uploaded", lazy("上传")


class UndoneVerb(LabelEnum):
    """Audit verbs of listings whose import was undone."""

    REMOVED = "import undone", lazy("随导入撤销删除")
    RESTORED = "import reverted", lazy("随导入撤销恢复")
