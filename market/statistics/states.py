"""Statuses of monthly reports, events of definitions, audit verbs and permissions of statistics."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import DESK, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class Event(LabelEnum):
    """The day on which a contract counts."""

    REGISTERED = "registered", lazy("登记日")
    SIGNED = "signed", lazy("签订日")


class DefinitionVerb(LabelEnum):
    PROPOSE = "propose_statistics", lazy("提出统计口径")
    DECIDE = "decide_statistics", lazy("决定统计口径")


class BulletinStatus(LabelEnum):
    BUILDING = "building", lazy("正在编制"), "note"
    CHECKING = "checking", lazy("初步数，待核定"), "due"
    ISSUED = "issued", lazy("最终数，已发布"), "done"
    RETURNED = "returned", lazy("已退回"), "wrong"
    REPLACED = "replaced", lazy("已被更正")


class BulletinAction(LabelEnum):
    FREEZE = "freeze", lazy("封存")
    ISSUE = "issue", lazy("核定并发布")
    RETURN = "return", lazy("退回")
    REPLACE = "replace", lazy("被更正")


class BulletinVerb(LabelEnum):
    ORDER = "order_bulletin", lazy("编制月报")


class MonthVerb(LabelEnum):
    CLOSE = "close_month", lazy("关账")


class StatisticsAct(StrEnum):
    READ_STATISTICS = "read_statistics"
    """See all rows and the sums of parts."""
    RUN_STATISTICS = "run_statistics"
    DECIDE_STATISTICS = "decide_statistics"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    StatisticsAct.READ_STATISTICS: DESK,
    StatisticsAct.RUN_STATISTICS: frozenset({Role.OPERATOR}),
    StatisticsAct.DECIDE_STATISTICS: frozenset({Role.APPROVER}),
}

S, A = BulletinStatus, BulletinAction
BULLETIN_WORKFLOW = Workflow(
    {
        (S.BUILDING, A.FREEZE): S.CHECKING,
        (S.CHECKING, A.ISSUE): S.ISSUED,
        (S.CHECKING, A.RETURN): S.RETURNED,
        (S.ISSUED, A.REPLACE): S.REPLACED,
    }
)
