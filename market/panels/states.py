"""Audit verbs and permissions of expert reviews."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class PanelVerb(LabelEnum):
    """Audit verbs of single experts, who were assigned before there were rounds; logs hold them."""

    ASSIGN_EXPERTS = "assign_experts", lazy("指派专家")
    SCORE = "score", lazy("专家评分")
    DECLINE_REVIEW = "decline_review", lazy("专家声明回避")
    UNASSIGN_EXPERT = "unassign_expert", lazy("撤换专家")
    EXTEND_REVIEW = "extend_review", lazy("延长评审期限")
    SECOND_LOOK = "second_look", lazy("跨档复议")
    CONCLUDE_PANEL = "conclude_panel", lazy("专家评审结论")


class SecondLook(LabelEnum):
    """How a spread across a band was looked at once more."""

    MORE_EXPERTS = "more_experts", lazy("增加专家")
    SECOND_ROUND = "second_round", lazy("第二轮评分")


class PanelAct(StrEnum):
    """Acts of this room that need a permission."""

    RUN_ROUNDS = "run_rounds"
    """Prepare, draw, call reserves, replace experts, tell results."""
    JUDGE = "judge"
    """Declare, score and report for a seat of one's own."""
    APPROVE_REDRAW = "approve_redraw"
    CONCLUDE_ROUND = "conclude_round"
    OBJECT_TO_RESULT = "object_to_result"
    DECIDE_RESULT_OBJECTION = "decide_result_objection"
    AUDIT_ROUNDS = "audit_rounds"
    """Replay draws, read what was reported."""


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    PanelAct.RUN_ROUNDS: frozenset({Role.OPERATOR}),
    PanelAct.JUDGE: frozenset({Role.PERSON}),
    PanelAct.APPROVE_REDRAW: frozenset({Role.APPROVER}),
    PanelAct.CONCLUDE_ROUND: frozenset({Role.RECHECKER, Role.APPROVER}),
    PanelAct.OBJECT_TO_RESULT: ORGANISATION,
    PanelAct.DECIDE_RESULT_OBJECTION: frozenset({Role.APPROVER}),
    PanelAct.AUDIT_ROUNDS: frozenset({Role.AUDITOR}),
}
