"""Statuses and workflow of sanctions, and when one is binding. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.integrity.models import Scope
from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class SanctionStatus(LabelEnum):
    FILED = "filed", lazy("登记"), "due"
    HEARD = "heard", lazy("告知申辩"), "due"
    CONFIRMED = "confirmed", lazy("认定"), "wrong"
    ACTIVE = "active", lazy("生效"), "wrong"
    EXPIRED = "expired", lazy("期满")
    REPAIRED = "repaired", lazy("已修复"), "done"


S = SanctionStatus


class SanctionAction(LabelEnum):
    HEAR = "hear", lazy("告知申辩")
    """告知申辩: the subject was informed and may respond."""
    CONFIRM = "confirm", lazy("认定")
    REPAIR = "repair", lazy("修复")
    """信用修复"""
    LIFT = "lift", lazy("申诉成立，解除")
    BEGIN = "active", lazy("生效")
    """The term begins today."""
    EXPIRE = "expired", lazy("期满")


A = SanctionAction

WORKFLOW: Workflow[SanctionStatus, SanctionAction] = Workflow(
    {
        (S.FILED, A.HEAR): S.HEARD,
        (S.FILED, A.LIFT): S.REPAIRED,
        (S.HEARD, A.CONFIRM): S.CONFIRMED,
        (S.HEARD, A.LIFT): S.REPAIRED,
        (S.CONFIRMED, A.BEGIN): S.ACTIVE,
        (S.CONFIRMED, A.EXPIRE): S.EXPIRED,
        (S.CONFIRMED, A.REPAIR): S.REPAIRED,
        (S.CONFIRMED, A.LIFT): S.REPAIRED,
        (S.ACTIVE, A.EXPIRE): S.EXPIRED,
        (S.ACTIVE, A.REPAIR): S.REPAIRED,
        (S.ACTIVE, A.LIFT): S.REPAIRED,
    }
)
BINDING = frozenset({S.CONFIRMED, S.ACTIVE})
"""Statuses in which a sanction is binding on the days of its term."""
APPEALABLE = frozenset({S.FILED, S.HEARD, S.CONFIRMED, S.ACTIVE})
"""Statuses in which the subject may appeal."""


def due_action(status: S, starts_on: date, ends_on: date | None, today: date) -> SanctionAction | None:
    """Return the action due today: the term begins or is over; None if neither."""
    if status not in BINDING:
        return None
    if ends_on is not None and ends_on < today:
        return A.EXPIRE
    return A.BEGIN if status is S.CONFIRMED and starts_on <= today else None


def next_change(status: S, starts_on: date, ends_on: date | None) -> date | None:
    """Return the day on which a record's term begins or is over next; None: no day changes anything."""
    if status is S.CONFIRMED:
        return starts_on
    return ends_on + timedelta(days=1) if status is S.ACTIVE and ends_on is not None else None


def is_binding(
    status: S, scopes: Collection[str], starts_on: date, ends_on: date | None, scope: Scope, today: date
) -> bool:
    """Return whether a sanction bars its subject from `scope` today; both ends of the term are included."""
    return (
        status in BINDING
        and scope.value in scopes
        and starts_on <= today
        and (ends_on is None or today <= ends_on)
    )


class SanctionRuling(LabelEnum):
    """What two persons decide about a sanction: the operator proposes it, the approver confirms."""

    CONFIRM = "confirm", lazy("认定"), "wrong"
    REPAIR = "repair", lazy("信用修复"), "done"
    UPHOLD_APPEAL = "uphold", lazy("申诉成立，解除限制"), "done"
    DISMISS_APPEAL = "dismiss", lazy("申诉不成立，维持记录")

    @property
    def is_of_appeal(self) -> bool:
        return self in (SanctionRuling.UPHOLD_APPEAL, SanctionRuling.DISMISS_APPEAL)

    @property
    def action(self) -> SanctionAction | None:
        """Return the action of the workflow that the ruling carries out; None: the status stays."""
        return {
            SanctionRuling.CONFIRM: SanctionAction.CONFIRM,
            SanctionRuling.REPAIR: SanctionAction.REPAIR,
            SanctionRuling.UPHOLD_APPEAL: SanctionAction.LIFT,
        }.get(self)


class SanctionVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    FILE = "file", lazy("登记")
    APPEAL = "appeal", lazy("申辩或申诉")
    ANSWER_APPEAL = "answer_appeal", lazy("答复申诉")
    PROPOSE_RULING = "propose_ruling", lazy("提请决定")
    RETURN_RULING = "return_ruling", lazy("退回提请")


class ConflictVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    DECLARE_CONFLICT = "declare_conflict", lazy("声明回避")


class RelatedPartyVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    ENTER_TIE = "enter_tie", lazy("登记关联关系")
    KEY_TIE = "key_tie", lazy("证件号校验值改为加密")
    REMOVE_TIE = "remove_tie", lazy("删去须重新登记的关联关系")


class IntegrityAct(StrEnum):
    """Acts of this room that need a permission."""

    SEE_SANCTIONS = "see_sanctions"
    MANAGE_SANCTIONS = "manage_sanctions"
    DECIDE_SANCTION = "decide_sanction"
    DECLARE_CONFLICT = "declare_conflict"
    ENTER_RELATED_PARTIES = "enter_related_parties"
    APPEAL_SANCTION = "appeal_sanction"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    IntegrityAct.SEE_SANCTIONS: frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR}),
    IntegrityAct.MANAGE_SANCTIONS: frozenset({Role.OPERATOR}),
    IntegrityAct.DECIDE_SANCTION: frozenset({Role.APPROVER}),
    IntegrityAct.DECLARE_CONFLICT: frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER}),
    IntegrityAct.ENTER_RELATED_PARTIES: frozenset({Role.OFFICER}),
    IntegrityAct.APPEAL_SANCTION: ORGANISATION,
}

FRESH: Mapping[StrEnum, FreshProof] = {
    IntegrityAct.MANAGE_SANCTIONS: FreshProof.TO_ACT,
    IntegrityAct.DECIDE_SANCTION: FreshProof.TO_ACT,
}
