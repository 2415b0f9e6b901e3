"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class RewardRuleVerb(LabelEnum):
    ENTER_REWARD_RULE = "enter_reward_rule", lazy("登记奖励办法")
