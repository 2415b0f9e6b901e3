"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class SanctionVerb(LabelEnum):
    FILE = "file", lazy("登记")
    APPEAL = "appeal", lazy("申辩或申诉")
    ANSWER_APPEAL = "answer_appeal", lazy("答复申诉")


class ConflictVerb(LabelEnum):
    DECLARE_CONFLICT = "declare_conflict", lazy("声明回避")


class RelatedPartyVerb(LabelEnum):
    ENTER_TIE = "enter_tie", lazy("登记关联关系")
