"""Statuses of a match (对接), their workflow, audit verbs and permissions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class MatchStatus(LabelEnum):
    SUGGESTED = "suggested", lazy("系统推荐")
    ASSIGNED = "assigned", lazy("经纪人跟进"), "due"
    """经纪人跟进"""
    INTERESTED = "interested", lazy("双方有意向"), "act"
    """双方有意向: introduced by the broker."""
    TALKING = "talking", lazy("洽谈中"), "act"
    DEALT = "dealt", lazy("转交易"), "done"
    DROPPED = "dropped", lazy("已终止")


class MatchAction(LabelEnum):
    TAKE_UP = "take_up", lazy("接手")
    RELEASE = "release", lazy("放回")
    INTEREST = "interest", lazy("双方有意向")
    TALK = "talk", lazy("开始洽谈")
    CONCLUDE = "conclude", lazy("转交易")
    DROP = "drop", lazy("终止")


S, A = MatchStatus, MatchAction
TARGETS = {
    A.TAKE_UP: S.ASSIGNED,
    A.RELEASE: S.SUGGESTED,
    A.INTEREST: S.INTERESTED,
    A.TALK: S.TALKING,
    A.CONCLUDE: S.DEALT,
    A.DROP: S.DROPPED,
}
"""An action leads to one status, wherever it is permitted."""
WORKFLOW: Workflow[MatchStatus, MatchAction] = Workflow(
    {
        (status, action): TARGETS[action]
        for status, actions in {
            # The two sides may find each other without a broker.
            S.SUGGESTED: (A.TAKE_UP, A.INTEREST, A.DROP),
            S.ASSIGNED: (A.RELEASE, A.INTEREST, A.DROP),
            S.INTERESTED: (A.TALK, A.CONCLUDE, A.DROP),
            S.TALKING: (A.CONCLUDE, A.DROP),
            # A deal may end without a contract.
            S.DEALT: (A.DROP,),
            # Whoever refused a match may return to it.
            S.DROPPED: (A.INTEREST,),
        }.items()
        for action in actions
    },
    refusal=lazy("这条对接的状态已经变化，请刷新后再看。"),
)


class MatchVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    TURN_DOWN = "turn_down", lazy("不感兴趣")
    PASS_OVER = "pass_over", lazy("不再推荐给我")
    ASK_FOR_BROKER = "ask_for_broker", lazy("请经纪人对接")


class MatchAct(StrEnum):
    """Acts of this room that need a permission."""

    SEE_MATCHES = "see_matches"
    JUDGE_MATCH = "judge_match"
    TAKE_UP = "take_up"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    MatchAct.SEE_MATCHES: ORGANISATION | {Role.BROKER},
    MatchAct.JUDGE_MATCH: ORGANISATION,
    MatchAct.TAKE_UP: frozenset({Role.BROKER}),
}
