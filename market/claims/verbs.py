"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class ClaimVerb(LabelEnum):
    CREATE = "create", lazy("新建")
    ADD_EVIDENCE = "add_evidence", lazy("上传佐证")
    REMOVE_EVIDENCE = "remove_evidence", lazy("移去佐证")
    STATE_FACTS = "state_facts", lazy("填报事实")
    STATE_TOTALS = "state_totals", lazy("填报年度数据")


class SalesVerb(LabelEnum):
    REPORT_SALES = "report_sales", lazy("填报新增销售")
