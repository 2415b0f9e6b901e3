"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class NoticeVerb(LabelEnum):
    PUBLISH = "publish", lazy("发起公示")
    EXTEND = "extend", lazy("延长公示期")
    MOVE_END = "move_end", lazy("重新计算截止日")


class ObjectionVerb(LabelEnum):
    FILE = "file", lazy("提出")


class HolidayYearVerb(LabelEnum):
    PROPOSE = "propose", lazy("录入")
    CONFIRM = "confirm", lazy("确认")
    REJECT = "reject", lazy("退回")
