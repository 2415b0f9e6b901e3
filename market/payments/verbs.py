"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class PaymentVerb(LabelEnum):
    START = "start", lazy("发起支付")


class RemittanceVerb(LabelEnum):
    RECORD = "record", lazy("登记转账")


class RefundVerb(LabelEnum):
    REQUEST = "request", lazy("申请在线退款")
    RECORD = "record", lazy("登记退款")
    ADOPT = "adopt", lazy("记入平台上的退款")


class DisputeVerb(LabelEnum):
    REPORT = "report", lazy("收到拒付")


class StatementVerb(LabelEnum):
    IMPORT = "import", lazy("导入")
    MATCH = "match", lazy("自动匹配")


class AccountVerb(LabelEnum):
    CONNECT = "connect_account", lazy("开通收款账户")
