"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class NoticeVerb(LabelEnum):
    PUBLISH = "publish", lazy("发起公示")
    OBJECT = "object", lazy("收到异议")
    DECIDE = "decide", lazy("裁定异议")
    CLEAR = "clear", lazy("公示无异议")
    EXTEND = "extend", lazy("延长公示期")
    MOVE_END = "move_end", lazy("重新计算截止日")
    REPLACE = "replace", lazy("修改文本重新公示")
    WITHDRAW = "withdraw", lazy("撤回")


class ObjectionVerb(LabelEnum):
    FILE = "file", lazy("提出")
    ANSWER = "answer", lazy("答复")
    UPHOLD = "uphold", lazy("裁定异议成立")
    DISMISS = "dismiss", lazy("裁定异议不成立")


class HolidayYearVerb(LabelEnum):
    PROPOSE = "propose", lazy("录入")
    CONFIRM = "confirm", lazy("确认")
    REJECT = "reject", lazy("退回")
