"""The frequencies of alerts, and the permissions of this room."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_SIGNED_IN, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class Frequency(LabelEnum):
    IMMEDIATE = "immediate", lazy("立即提醒")
    DAILY = "daily", lazy("每天提醒")
    OFF = "off", lazy("不提醒")
    """Paused, or unsubscribed by the link of a mail."""


class AlertAct(StrEnum):
    """Acts of this room that need a permission."""

    SAVE_SEARCH = "save_search"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    AlertAct.SAVE_SEARCH: ALL_SIGNED_IN - {Role.AUDITOR},
}
