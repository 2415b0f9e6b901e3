"""How the log's kinds and acts are called on the auditor's pages."""

from __future__ import annotations

from collections.abc import Mapping

from market.accounts.permissions import Role
from market.codes import lists
from market.kit.i18n import Lazy, lazy
from market.kit.room import rooms

_ACTS: Mapping[str, Lazy] = {
    "register": lazy("登记"),
    "connect_account": lazy("开通收款账户"),
    "enter_contract": lazy("填写合同"),
    "sign": lazy("签署"),
    "record_remittance": lazy("登记转账"),
    "receive": lazy("确认到账"),
    "start": lazy("发起支付"),
    "succeed": lazy("支付成功"),
    "fail": lazy("支付未成功"),
    "expire": lazy("超时关闭"),
    "record": lazy("登记"),
    "confirm": lazy("确认"),
    "reject": lazy("核对不符"),
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
    return str(_ACTS.get(action) or action)


def role_words(role: str) -> str:
    """Return whom somebody acted as."""
    return str(_ROLES.get(role) or lists.MEMBER_ROLES.get(role) or lists.STAFF_ROLES.get(role) or role)
