"""How an integrity record goes on, and when it binds. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from market.integrity.models import SanctionStatus as S
from market.integrity.models import Scope
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class SanctionAction(LabelEnum):
    HEAR = "hear", lazy("告知申辩")
    """告知申辩: the subject was told and may speak."""
    CONFIRM = "confirm", lazy("认定")
    REPAIR = "repair", lazy("修复")
    """信用修复"""


TABLE: dict[S, dict[SanctionAction, S]] = {
    S.FILED: {SanctionAction.HEAR: S.HEARD},
    S.HEARD: {SanctionAction.CONFIRM: S.CONFIRMED},
    S.CONFIRMED: {SanctionAction.REPAIR: S.REPAIRED},
    S.ACTIVE: {SanctionAction.REPAIR: S.REPAIRED},
    S.EXPIRED: {},
    S.REPAIRED: {},
}
BINDING = frozenset({S.CONFIRMED, S.ACTIVE})
"""States in which a record binds on the days of its term."""
APPEALABLE = frozenset({S.FILED, S.HEARD, S.CONFIRMED, S.ACTIVE})
"""States in which the subject may speak against a record."""


def next_status(status: S, action: SanctionAction) -> S:
    """Return where `action` takes a record.

    Raises:
        Conflict: a record in this state does not take that step.
    """
    if action not in TABLE[status]:
        raise Conflict(_("这条记录的状态已经变化，请刷新后再看。"))
    return TABLE[status][action]


def standing(status: S, starts_on: date, ends_on: date | None, today: date) -> S:
    """Return how a record stands on a day: confirmed before its term, active in it, expired after."""
    if status not in BINDING:
        return status
    if ends_on is not None and ends_on < today:
        return S.EXPIRED
    return S.ACTIVE if starts_on <= today else S.CONFIRMED


def is_binding(
    status: S, scopes: Collection[str], starts_on: date, ends_on: date | None, scope: Scope, today: date
) -> bool:
    """Tell whether a record bars its subject from `scope` on this day; both ends of its term count."""
    return (
        status in BINDING
        and scope.value in scopes
        and starts_on <= today
        and (ends_on is None or today <= ends_on)
    )
