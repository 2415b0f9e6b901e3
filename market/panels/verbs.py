"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class PanelVerb(LabelEnum):
    ASSIGN_EXPERTS = "assign_experts", lazy("指派专家")
    SCORE = "score", lazy("专家评分")
    DECLINE_REVIEW = "decline_review", lazy("专家声明回避")
