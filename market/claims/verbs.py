"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class ClaimVerb(LabelEnum):
    CREATE = "create", lazy("新建")
    ADD_EVIDENCE = "add_evidence", lazy("上传佐证")
    REMOVE_EVIDENCE = "remove_evidence", lazy("移去佐证")
    """Before the first submission."""
    WITHDRAW_EVIDENCE = "withdraw_evidence", lazy("撤下佐证")
    """After it: the paper stays on record."""
    REJECT_EVIDENCE = "reject_evidence", lazy("不采信佐证")
    STATE_FACTS = "state_facts", lazy("填报事实")
    PROPOSE_REFUSAL = "propose_refusal", lazy("提出不予支持")
    RETURN_REFUSAL = "return_refusal", lazy("退回不予支持")
    PAYEE_CHANGED = "payee_changed", lazy("收款账户有变更")
    PROPOSE_PAYEE_CHANGE = "propose_payee_change", lazy("提出变更收款账户")
    CHANGE_PAYEE = "change_payee", lazy("批准变更收款账户")
    REJECT_PAYEE_CHANGE = "reject_payee_change", lazy("不批准变更收款账户")
    ASSIGN = "assign", lazy("分派经办人")
    STATE_TOTALS = "state_totals", lazy("填报年度数据")


class SalesVerb(LabelEnum):
    REPORT_SALES = "report_sales", lazy("填报新增销售")
