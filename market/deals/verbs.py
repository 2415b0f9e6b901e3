"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class DealVerb(LabelEnum):
    OPEN = "open", lazy("发起洽谈")
    INTRODUCE = "introduce", lazy("登记引荐")
    AGREE_INTRODUCTION = "agree_introduction", lazy("同意引荐")
    ADD_FILE = "add_file", lazy("上传文件")
    FOLLOW_UP = "follow_up", lazy("登记跟进")
    COMMISSION = "commission", lazy("计入应付佣金")
