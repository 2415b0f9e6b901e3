"""Audit verbs and permissions of expert reviews."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class PanelVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    ASSIGN_EXPERTS = "assign_experts", lazy("指派专家")
    SCORE = "score", lazy("专家评分")
    DECLINE_REVIEW = "decline_review", lazy("专家声明回避")


class PanelAct(StrEnum):
    """Acts of this room that need a permission."""

    ASSIGN_EXPERTS = "assign_experts"
    SCORE_CLAIM = "score_claim"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    PanelAct.ASSIGN_EXPERTS: frozenset({Role.OPERATOR}),
    PanelAct.SCORE_CLAIM: frozenset({Role.REVIEWER}),
}
