"""How the log's kinds and acts are called on the auditor's pages."""

from __future__ import annotations

from collections.abc import Mapping

from market.accounts.permissions import Role
from market.codes import labels, lists
from market.kit.i18n import Lazy, lazy
from market.kit.room import rooms

_ACTS: Mapping[str, Lazy] = {
    "register": lazy("登记"),
    "verify": lazy("认证"),
    "return": lazy("退回修改"),
    "resubmit": lazy("改后重新提交"),
    "update": lazy("修改信息"),
    "ask_to_join": lazy("申请加入"),
    "approve_member": lazy("同意加入"),
    "refuse_member": lazy("不同意加入"),
    "change_role": lazy("改成员身份"),
    "end_membership": lazy("移出成员"),
    "connect_account": lazy("开通收款账户"),
    "confirm_email": lazy("确认邮箱"),
    "change_password": lazy("修改密码"),
    "reset_password": lazy("重设密码"),
    "rename": lazy("改姓名"),
    "apply_as_broker": lazy("登记经纪人证书"),
    "verify_broker": lazy("认证经纪人"),
    "return_broker": lazy("退回经纪人资料"),
    "create_operator": lazy("设立平台管理员"),
    "erase": lazy("注销账号"),
    "created": lazy("新建"),
    "create": lazy("新建"),
    "edited": lazy("修改"),
    "imported": lazy("导入"),
    "imported again": lazy("再次导入"),
    "submitted": lazy("提交审核"),
    "returned": lazy("退回"),
    "published": lazy("审核通过并发布"),
    "unlisted": lazy("下架"),
    "renewed": lazy("续期"),
    "expired": lazy("到期"),
    "licensed": lazy("许可"),
    "sold": lazy("转让"),
    "solved": lazy("解决"),
    "matched": lazy("进入对接"),
    "take_up": lazy("接手"),
    "release": lazy("发布或放回"),
    "dismissed": lazy("不感兴趣"),
    "open": lazy("发起洽谈"),
    "introduce": lazy("登记引荐"),
    "agree_introduction": lazy("同意引荐"),
    "offer_expired": lazy("报价过期"),
    "add_file": lazy("上传文件"),
    "enter_contract": lazy("填写合同"),
    "sign": lazy("签署"),
    "record_remittance": lazy("登记转账"),
    "receive": lazy("确认到账"),
    "report_sales": lazy("填报新增销售"),
    "start": lazy("发起支付"),
    "succeed": lazy("支付成功"),
    "fail": lazy("支付未成功"),
    "expire": lazy("超时关闭"),
    "record": lazy("登记"),
    "confirm": lazy("确认"),
    "reject": lazy("核对不符"),
    "publish": lazy("发起公示"),
    "object": lazy("提出异议"),
    "decide": lazy("裁定异议"),
    "clear": lazy("公示无异议"),
    "withdraw": lazy("撤回"),
    "file": lazy("提出"),
    "answer": lazy("答复"),
    "uphold": lazy("裁定异议成立"),
    "dismiss": lazy("裁定异议不成立"),
    "make": lazy("编制"),
    "approve": lazy("批准"),
    "order": lazy("下达"),
    "order_payment": lazy("下达拨付"),
    "paid": lazy("已拨付"),
    "draft": lazy("起草"),
    "load": lazy("载入"),
    "add_evidence": lazy("上传佐证"),
    "remove_evidence": lazy("移去佐证"),
    "take_off_list": lazy("移出名单"),
    "hear": lazy("告知申辩"),
    "activate": lazy("生效"),
    "active": lazy("生效"),
    "repair": lazy("修复"),
    "repaired": lazy("修复"),
    "retry_job": lazy("重试任务"),
    "propose": lazy("录入"),
    "move_end": lazy("重新计算截止日"),
}

_ROLES: Mapping[str, Lazy] = {
    Role.PERSON: lazy("本人"),
    Role.BROKER: lazy("技术经纪人"),
    "job": lazy("系统"),
}


def kind_words(kind: str) -> str:
    """Return what people call this kind of record."""
    subject = rooms().subjects.get(kind)
    return str(subject.label) if subject else kind


def act_words(kind: str, action: str) -> str:
    """Return what people call this act, or the log's own word for an act that has no name yet."""
    if declared := rooms().verb_label(kind, action):
        return str(declared)
    own: Mapping[str, Lazy] = {
        "deal": labels.labels("deal_action"),
        "claim": labels.labels("claim_action"),
    }.get(kind, {})
    return str(own.get(action) or _ACTS.get(action) or action)


def role_words(role: str) -> str:
    """Return whom somebody acted as."""
    return str(_ROLES.get(role) or lists.MEMBER_ROLES.get(role) or lists.STAFF_ROLES.get(role) or role)
