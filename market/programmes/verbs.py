"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class TermsVerb(LabelEnum):
    LOAD = "load", lazy("载入")
    DRAFT = "draft", lazy("起草")
