"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class MatchVerb(LabelEnum):
    TURN_DOWN = "turn_down", lazy("不感兴趣")
