"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class MatchVerb(LabelEnum):
    TAKE_UP = "take_up", lazy("接手")
    RELEASE = "release", lazy("放回")
    TURN_DOWN = "turn_down", lazy("不感兴趣")
