"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class UserVerb(LabelEnum):
    REGISTER = "register", lazy("注册")
    CONFIRM_EMAIL = "confirm_email", lazy("确认邮箱")
    CHANGE_PASSWORD = "change_password", lazy("修改密码")
    RESET_PASSWORD = "reset_password", lazy("重设密码")
    RENAME = "rename", lazy("改姓名")
    APPLY_AS_BROKER = "apply_as_broker", lazy("登记经纪人证书")
    VERIFY_BROKER = "verify_broker", lazy("认证经纪人")
    RETURN_BROKER = "return_broker", lazy("退回经纪人资料")
    CREATE_OPERATOR = "create_operator", lazy("设立平台管理员")
    ERASE = "erase", lazy("注销账号")


class OrganisationVerb(LabelEnum):
    REGISTER = "register", lazy("登记")
    UPDATE = "update", lazy("修改信息")
    ASK_TO_JOIN = "ask_to_join", lazy("申请加入")
    APPROVE_MEMBER = "approve_member", lazy("同意加入")
    REFUSE_MEMBER = "refuse_member", lazy("不同意加入")
    CHANGE_ROLE = "change_role", lazy("改成员身份")
    END_MEMBERSHIP = "end_membership", lazy("移出成员")
